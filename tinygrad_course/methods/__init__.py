"""The methods of Tensor, by what they do: one class a file, which tensor.py puts together."""
