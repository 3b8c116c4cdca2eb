"""Networks that read a sequence step by step and keep a state: RNN, LSTM, GRU, and the cell of each.

A state is a tuple: (h,), or (h, c) of an LSTM. Each kind is one function from what the input contributes to a step,
and the state before it, to the state after it; a sequence repeats that step, or is one fused operation.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from ..creation import zeros
from ..fused import FusedGRU, FusedLSTM, FusedRNN
from ..methods.joining import cat, stack
from ..modes import modes
from ..ops import GetItem
from ..tensor import Tensor
from . import init
from .layers import dropout, linear
from .module import Module
from .parameter import blank

State = tuple[Tensor, ...]


# One step


def rnn_step(x: Tensor, state: State, weight: Tensor, bias: Tensor | None, nonlinearity: str) -> State:
    """h' = tanh(x + W h + b), or relu of it (Elman, 1990). x: what the input contributes, (n, hidden)."""
    z = x + linear(state[0], weight, bias)
    return (z.tanh() if nonlinearity == "tanh" else z.relu(),)


def lstm_step(x: Tensor, state: State, weight: Tensor, bias: Tensor | None) -> State:
    """Gates decide what the memory c forgets, takes in and shows (Hochreiter and Schmidhuber, 1997).

    x: what the input contributes to the four gates, (n, 4 * hidden).
    """
    h, c = state
    take, forget, new, show = (x + linear(h, weight, bias)).chunk(4, -1)
    c = forget.sigmoid() * c + take.sigmoid() * new.tanh()
    return show.sigmoid() * c.tanh(), c


def gru_step(x: Tensor, state: State, weight: Tensor, bias: Tensor | None) -> State:
    """Gates decide how much of h is used for the new state, and how much of it stays (Cho et al., 2014).

    x: what the input contributes to the two gates and the new state, (n, 3 * hidden).
    """
    (h,) = state
    (xr, xz, xn), (hr, hz, hn) = x.chunk(3, -1), linear(h, weight, bias).chunk(3, -1)
    new = (xn + (xr + hr).sigmoid() * hn).tanh()
    return (new + (xz + hz).sigmoid() * (h - new),)


# A whole sequence. x: (t, n, input), or (n, input) for one step. h, c: the state before it, (n, hidden). w_x, b_x: the
# weight and bias of x; w_h, b_h: those of h.


def rnn(
    x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b_x: Tensor | None = None, b_h: Tensor | None = None, *,
    nonlinearity: str = "tanh",
) -> Tensor:  # fmt: skip
    """Return h after every step of an RNN, (t, n, hidden)."""
    if inputs := to_fuse(x, h, w_x, w_h, b_x, b_h):
        return FusedRNN(*inputs, nonlinearity=nonlinearity)
    return repeat(partial(rnn_step, nonlinearity=nonlinearity), x, (h,), w_x, w_h, b_x, b_h)


def lstm(
    x: Tensor, h: Tensor, c: Tensor, w_x: Tensor, w_h: Tensor, b_x: Tensor | None = None, b_h: Tensor | None = None
) -> Tensor:
    """Return h after every step of an LSTM, and then c after the last: (t + 1, n, hidden)."""
    if inputs := to_fuse(x, h, c, w_x, w_h, b_x, b_h):
        return FusedLSTM(*inputs)
    return repeat(lstm_step, x, (h, c), w_x, w_h, b_x, b_h)


def gru(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, b_x: Tensor | None = None, b_h: Tensor | None = None) -> Tensor:
    """Return h after every step of a GRU, (t, n, hidden)."""
    if inputs := to_fuse(x, h, w_x, w_h, b_x, b_h):
        return FusedGRU(*inputs)
    return repeat(gru_step, x, (h,), w_x, w_h, b_x, b_h)


def to_fuse(*inputs: Tensor | None) -> list[Tensor]:
    """The inputs that there are, for a fused operation; none where that is off, or where their dtypes differ."""
    there = [x for x in inputs if x is not None]
    return there if modes.fused and len({x.dtype for x in there}) == 1 else []


def repeat(
    step: Callable[..., State], x: Tensor, state: State, w_x: Tensor, w_h: Tensor, b_x: Tensor | None,
    b_h: Tensor | None,
) -> Tensor:  # fmt: skip
    """Take a step for each row of x; h after every step, and then the rest of the last state, stacked."""
    seen = []
    into = linear(x, w_x, b_x)  # one product for all steps
    for now in into.unbind(0) if x.ndim == 3 else (into,):
        state = step(now, state, w_h, b_h)
        seen.append(state[0])
    return stack([*seen, *state[1:]])


KINDS: dict[str, tuple[Callable[..., Tensor], int, int]] = {
    "RNN": (rnn, 1, 1),
    "LSTM": (lstm, 4, 2),
    "GRU": (gru, 3, 1),
}
"""Of each kind: a sequence, how many gates it has, and of how many tensors its state is made."""


class Recurrent(Module):
    """What all of this file share: weights for the input and for the state, evenly spread between ±1/√hidden_size."""

    kind: ClassVar[str]
    nonlinearity: str  # of an RNN

    def __init__(self, input_size: int, hidden_size: int, bias: bool) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        self.sequence, self.gates, self.parts = KINDS[self.kind]

    def make(self, suffix: str, inputs: int, device: Any, dtype: Any) -> None:
        """Set the weights and biases of one layer in one direction."""
        rows = self.gates * self.hidden_size
        for name, shape in (("weight_ih", (rows, inputs)), ("weight_hh", (rows, self.hidden_size))):
            self.register_parameter(name + suffix, blank(*shape, device=device, dtype=dtype))
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name + suffix, blank(rows, device=device, dtype=dtype) if self.bias else None)

    def reset_parameters(self) -> None:
        """Give every weight and bias new random numbers."""
        init.spread_(self.hidden_size, *self.parameters())

    def read(self, x: Tensor, state: State, suffix: str = "") -> Tensor:
        """One layer in one direction over (t, n, input): h after every step, then the rest of the last state."""
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        options = {"nonlinearity": self.nonlinearity} if self.kind == "RNN" else {}
        return self.sequence(x, *state, *[getattr(self, name + suffix) for name in names], **options)

    def as_state(self, given: Any, like: Tensor, shape: tuple[int, ...]) -> State:
        """The state that a call begins with: what was given, or zeros. Raises RuntimeError for a wrong shape."""
        if given is None:
            return tuple(zeros(shape, dtype=like.dtype) for _ in range(self.parts))
        state = given if isinstance(given, tuple) else (given,)
        if len(state) != self.parts or any(part.shape != shape for part in state):
            expected = f"{type(self).__name__}: expected {self.parts} tensors of shape {list(shape)} as the state"
            raise RuntimeError(f"{expected}, got shapes {[list(part.shape) for part in state]}")
        return state

    def given_back(self, state: State) -> Any:
        """A state as PyTorch returns it: h alone, or (h, c)."""
        return state if self.parts > 1 else state[0]

    def check_input(self, x: Tensor, axes: tuple[int, int]) -> None:
        """Raise what is wrong with an input's shape."""
        if x.ndim not in axes or x.shape[-1] != self.input_size:
            expected = f"{axes[0]}D or {axes[1]}D with a last axis of {self.input_size} (input_size)"
            raise RuntimeError(f"{type(self).__name__}: Expected input to be {expected}, got shape {list(x.shape)}")

    def extra_repr(self) -> str:
        """The sizes; settings that are as usual stay out."""
        usual = {"num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0, "bidirectional": False}
        changed = [f"{k}={getattr(self, k)}" for k, value in usual.items() if getattr(self, k, value) != value]
        return ", ".join([f"{self.input_size}, {self.hidden_size}", *changed])


def entries(z: Tensor, start: int) -> State:
    """z[start] and those after it."""
    return tuple(GetItem(z, key=(i,)) for i in range(start, len(z)))


def known(nonlinearity: str) -> str:
    """The name of a nonlinearity. Raises ValueError for one that an RNN does not have."""
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
    return nonlinearity


class Cell(Recurrent):
    """One step: (n, input_size) and a state become the next state, (n, hidden_size)."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, *, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias)
        self.make("", input_size, device, dtype)
        self.reset_parameters()

    def forward(self, input: Tensor, hx: Any = None) -> Any:
        """Return the state after one step; the state before it is zeros where it is not given."""
        self.check_input(input, (1, 2))
        state = self.as_state(hx, input, (*input.shape[:-1], self.hidden_size))
        if input.ndim == 1:
            after = self.read(input.unsqueeze(0), tuple(part.unsqueeze(0) for part in state)).squeeze(1)
        else:
            after = self.read(input, state)
        return self.given_back(entries(after, 0))


class RNNCell(Cell):
    """One step of an RNN, with nonlinearity "tanh" or "relu"."""

    kind = "RNN"

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", *, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, device=device, dtype=dtype)
        self.nonlinearity = known(nonlinearity)


class LSTMCell(Cell):
    """One step of an LSTM; its state is (h, c)."""

    kind = "LSTM"


class GRUCell(Cell):
    """One step of a GRU."""

    kind = "GRU"


class Layers(Recurrent):
    """A whole sequence, through layers one above the other: (t, n, input_size) becomes (t, n, hidden_size).

    batch_first: (n, t, ...) in place of (t, n, ...); an input of (t, input_size) is one sequence alone. dropout:
    between layers, while training. bidirectional: a second network reads from the end; the outputs lie side by side.
    Returns the output and the last state of each layer and direction, (layers * directions, n, hidden_size).
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
        dropout: float = 0.0, bidirectional: bool = False, *, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias)
        if not 0 <= dropout <= 1:
            raise ValueError(f"dropout should be a number in range [0, 1] and is {dropout}")
        self.num_layers, self.batch_first, self.dropout = num_layers, batch_first, dropout
        self.bidirectional, self.directions = bidirectional, ("", "_reverse") if bidirectional else ("",)
        for layer in range(num_layers):
            inputs = hidden_size * len(self.directions) if layer else input_size
            for direction in self.directions:
                self.make(f"_l{layer}{direction}", inputs, device, dtype)
        self.reset_parameters()

    def forward(self, input: Tensor, hx: Any = None) -> tuple[Tensor, Any]:
        """Return the output at every step, and the last state; the first state is zeros where it is not given."""
        self.check_input(input, (2, 3))
        alone = input.ndim == 2
        x = input.unsqueeze(1) if alone else input.transpose(0, 1) if self.batch_first else input
        if alone and hx is not None:
            hx = tuple(part.unsqueeze(1) for part in hx) if isinstance(hx, tuple) else hx.unsqueeze(1)
        if not len(x):
            raise RuntimeError(f"{type(self).__name__}: Expected sequence length to be larger than 0 in RNN")
        first = self.as_state(hx, x, (self.num_layers * len(self.directions), x.shape[1], self.hidden_size))
        output, last = self.run(x, first)
        if alone:
            return output.squeeze(1), self.given_back(tuple(part.squeeze(1) for part in last))
        return output.transpose(0, 1) if self.batch_first else output, self.given_back(last)

    def run(self, x: Tensor, first: State) -> tuple[Tensor, State]:
        """Send (t, n, input_size) through every layer; first: the states to begin with, stacked."""
        ends: list[State] = []
        for layer in range(self.num_layers):
            if layer:
                x = dropout(x, self.dropout, self.training)
            outputs = []
            for direction in self.directions:
                back = direction == "_reverse"
                state = tuple(part[len(ends)] for part in first)
                z = self.read(x.flip(0) if back else x, state, f"_l{layer}{direction}")
                outputs.append(z[: len(x)].flip(0) if back else z[: len(x)])
                ends.append(entries(z, len(x) - 1))
            x = cat(outputs, -1) if len(outputs) > 1 else outputs[0]
        return x, tuple(stack(parts) for parts in zip(*ends, strict=True))


class RNN(Layers):
    """Layers of Elman networks, h' = tanh(W x + U h + b), or nonlinearity="relu" of it: see Layers."""

    kind = "RNN"

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh", bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, *, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        where: Any = {"device": device, "dtype": dtype}
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, **where)
        self.nonlinearity = known(nonlinearity)


class LSTM(Layers):
    """Layers of long short-term memories; their state is (h, c): see Layers."""

    kind = "LSTM"


class GRU(Layers):
    """Layers of gated recurrent units: see Layers."""

    kind = "GRU"
