# %% [markdown]
# # One rule for each operation
#
# At the end of this page you have written the gradient rules of six operations, in the form in which the framework
# keeps its own, and you can fill in every gradient of a graph by hand.
#
# **Where this sits.** derivative → graph → **rules** → backward → tensors → modules → networks. The record says what
# was done. A rule says what that does to a slope.
#
# *About 60 minutes. You need lesson 01 (slopes) and 02 (graphs); what you have not built comes from the package.*

# %%
import inspect
import math

import numpy as np

import tinygrad_course as tg
from tinygrad_course import course, plots
from tinygrad_course.course import check, hint, lesson, predict, solution
from tinygrad_course.graph import Op
from tinygrad_course.ops.elementwise import Add, Log, Mul

lesson("03")
tg.set_default_dtype(tg.float64)

# %% [markdown]
# ## Nudge one operation
#
# Nobody knows the slope of a long program by heart. But a program is made of small operations, and each of those is
# easy. Take a product, and move one of its inputs a little:

# %%
x, y, h = 3.0, -2.0, 0.01
by_x, by_y = (x + h) * y - x * y, x * (y + h) - x * y
print(f"x grows by {h}: the product changes by {by_x:.4f}, which is {by_x / h:.1f} times as much")
print(f"y grows by {h}: the product changes by {by_y:.4f}, which is {by_y / h:.1f} times as much")

# %% [markdown]
# The slope for `x` is the value of `y`, and the other way round.
#
# What comes after the product need not be known. Say that the end result grows by `g` for each 1 that the product
# grows. If `x` grows by 1, the product grows by `y`, and so the result by `g * y`. Slopes along a path are
# multiplied: this is the *chain rule*.
#
# An operation is a class. `forward` computes, and each input has a *gradient rule*, from `g`, the gradient of the
# output, to its own: `grad_x` is that of `x`. After `g` it names what it reads, and gets just that. The class is
# called like a function; no object of it is made, so nothing says `self`.
#
# Here is the package's product. `Pointwise` is an `Op`, as every operation is, for each number by itself. `label` is
# its sign in drawings, `onnx` a name for lesson 19.

# %%
print(inspect.getsource(Mul))
print("if g is 10 and y is 3, the gradient of x is", Mul.grad_x(10.0, y=3.0))
x, w = tg.tensor(3.0, requires_grad=True), tg.tensor(-2.0, requires_grad=True)
p = Mul(x, w)
result = p * 4
tg.draw(result)

# %% [markdown]
# Inside `Mul`'s rules x and y are its first and its second input, whatever you call them: here its y is your `w`.
#
# The gradient of `result` by itself is 1. So the gradient at `p` is 4, the number it is multiplied by. One step further
# back, which gradient arrives at `x`: the 4 as it is, 4 times 3, or 4 times -2? Write the number.

# %%
predict("arrow", -8)  ### ANSWER

# %% [markdown]
# ### Exercise 1 · Difference
#
# *Difficulty 1 of 5 · about 4 minutes · builds `ops.elementwise.Sub`*
#
# Nudge each input in your head. By how much does the difference change?
#
# Rules get arrays, or Tensors where the slope of a slope is wanted (lesson 07). Operators such as `*` take both;
# NumPy's functions and `.exp()` do not.

# %%
class Sub(Op):
    """x - y, element by element.

    grad_x and grad_y get g, the gradient of the output: an array or a Tensor. Each gives the
    gradient of its input.

    >>> Sub.grad_x(np.array([5.0, -4.0]))
    array([ 5., -4.])
    """

    label = "−"

    def forward(x, y):
        return x - y

    def grad_x(g):
        ### BEGIN SOLUTION
        return g
        ### END SOLUTION

    def grad_y(g):
        ### BEGIN SOLUTION
        return -g
        ### END SOLUTION


# %%
Sub = check(Sub)

# %% [markdown]
# ### Exercise 2 · Quotient
#
# *Difficulty 3 of 5 · about 8 minutes · builds `ops.elementwise.Div`*
#
# The two inputs of a quotient play different parts. For `x` it is easy: `x / y` is `x` times the fixed number `1 / y`.
#
# For `y`, start with `1 / y`. Its slope is
#
# $$-\frac{1}{y^2}$$
#
# It falls, and the nearer to 0 the steeper. `x / y` is `x` times that. If you are in doubt, nudge:
# `(12 / 4.01 - 12 / 4) / 0.01` should be near your rule's answer for `g = 1`.

# %%
class Div(Op):
    """x / y, element by element.

    grad_x gets g and y, grad_y gets g, x and y: arrays or Tensors of one shape. Each gives the
    gradient of its input.

    >>> Div.grad_y(np.array([1.0]), np.array([12.0]), np.array([4.0]))
    array([-0.75])
    """

    label = "÷"

    def forward(x, y):
        return x / y

    def grad_x(g, y):
        ### BEGIN SOLUTION
        return g / y
        ### END SOLUTION

    def grad_y(g, x, y):
        ### BEGIN SOLUTION
        return -g * x / (y * y)
        ### END SOLUTION


# %%
Div = check(Div)

# %%
course.show("03.Sub")
course.show("03.Div")

# %% [markdown]
# **In PyTorch** these two are `x - y` and `x / y`. (`promotes` says that whole numbers become floats first.)
#
# ## Rules that read the output
#
# The package's rule for a divisor reads `z`, the output, in place of `x`. Sometimes the output is all that a rule
# needs. Here are two curves, and beside each its slope, measured by lesson 01's central difference. The last column is
# what the slope of tanh lacks of 1.
#
# | x | exp(x) | slope | tanh(x) | slope | 1 - slope |
# |--:|--:|--:|--:|--:|--:|
# | 0.0 | 1.0000 | 1.0000 | 0.0000 | 1.0000 | 0.0000 |
# | 0.5 | 1.6487 | 1.6487 | 0.4621 | 0.7864 | 0.2136 |
# | 1.0 | 2.7183 | 2.7183 | 0.7616 | 0.4200 | 0.5800 |
# | 2.0 | 7.3891 | 7.3891 | 0.9640 | 0.0707 | 0.9293 |
#
# ### Exercise 3 · Exponential
#
# *Difficulty 1 of 5 · about 4 minutes · builds `ops.elementwise.Exp`*
#
# Look at the columns of exp. This rule is handed both `x`, the input, and `z`, the output. Use what you need. The
# package's own names only that, since what a rule names is kept in memory until backward.

# %%
class Exp(Op):
    """e to the power of x, element by element.

    grad_x gets g, x and the output z: arrays or Tensors of one shape, so use operators. It gives
    the gradient of x.

    >>> Exp.grad_x(np.array([3.0]), np.array([0.0]), np.array([1.0]))
    array([3.])
    """

    label = "exp"

    def forward(x):
        return np.exp(x)

    def grad_x(g, x, z):
        ### BEGIN SOLUTION
        return g * z
        ### END SOLUTION


# %%
Exp = check(Exp)

# %% [markdown]
# ### Exercise 4 · Hyperbolic tangent
#
# *Difficulty 2 of 5 · about 6 minutes · builds `ops.functions.Tanh`*
#
# tanh runs from -1 to 1: steep in the middle, flat at the ends. Compare the last column of the table with the column
# `tanh(x)`. What happens to 0.7616 that makes it 0.5800, and does the same turn 0.9640 into 0.9293?

# %%
class Tanh(Op):
    """Hyperbolic tangent of x, element by element: from -1 to 1.

    grad_x gets g and the output z: arrays or Tensors of one shape. It gives the gradient of x.

    >>> Tanh.grad_x(np.array([10.0, 10.0]), np.array([0.0, 1.0]))
    array([10.,  0.])
    """

    label = "tanh"

    def forward(x):
        return np.tanh(x)

    def grad_x(g, z):
        ### BEGIN SOLUTION
        return g * (1 - z * z)
        ### END SOLUTION


# %%
Tanh = check(Tanh)

# %% [markdown]
# **In PyTorch** these two are `x.exp()` and `x.tanh()`. The package's own rules come at the end of the
# next output.
#
# ### Bug hunt 1
#
# A book says: the *sigmoid*, s = 1 / (1 + e⁻ˣ), a curve from 0 to 1, has the slope s (1 − s). Somebody writes it down,
# and what is measured is something else. What is to blame: `"the formula"`, `"the letter"` or `"the measuring"`?

# %%
class Sigmoid(Op):
    def forward(x):
        return 1 / (1 + np.exp(-x))

    def grad_x(g, x):
        return g * x * (1 - x)


for at in (np.array(0.0), np.array(3.0)):
    measured = tg.autograd.central_difference(Sigmoid, at)
    print(f"at {at}: the rule gives {Sigmoid.grad_x(1.0, at):.4f}, measured {measured:.4f}")
course.show("03.Exp")
course.show("03.Tanh")

# %%
predict("bug-letter", "the letter")  ### ANSWER

# %% [markdown]
# ## A corner
#
# relu(x) is `x` where that is positive, else 0. At 0 the line has a corner. What does the central difference say
# there: 0, 0.5 or 1?

# %%
predict("corner", 0.5)  ### ANSWER

# %% [markdown]
# That is the slope of neither side. At a corner there is no right answer, only an agreement. PyTorch, TensorFlow and
# this package agree on 0.
#
# ### Exercise 5 · ReLU
#
# *Difficulty 2 of 5 · about 6 minutes · builds `ops.functions.ReLU`*
#
# Comparing an array with a number gives an array of True and False, which count as 1 and 0 when you multiply.

# %%
class ReLU(Op):
    """x where it is positive, else 0, element by element.

    grad_x gets g and x: arrays or Tensors of one shape. It gives the gradient of x. The slope at 0
    is taken as 0. g stays as it is.

    >>> ReLU.grad_x(np.array([5.0, 7.0]), np.array([2.0, -2.0]))
    array([5., 0.])
    """

    label = "relu"

    def forward(x):
        return np.maximum(x, 0)

    def grad_x(g, x):
        ### BEGIN SOLUTION
        return g * (x > 0)
        ### END SOLUTION


# %%
ReLU = check(ReLU)

# %% [markdown]
# ### Exercise 6 · Power
#
# *Difficulty 4 of 5 · about 15 minutes · builds `ops.elementwise.Pow`*
#
# Mostly the exponent is a constant, as in `x ** 3`. Then only `grad_x` is called: nobody asks for a gradient that goes
# nowhere. You may know that the slope of x³ is 3x², and that of x² is 2x.
#
# But in `2 ** y` the exponent varies. Since `x ** y` is `exp(y * log(x))`, its slope in `y` is that of exp, which you
# have written, times `log(x)`. The package's operation `Log(...)` computes that.
#
# The first line of each rule is given. It makes `base`: that is `x`, but 1 where 0⁻¹ or log(0) would come up. Use it in
# place of `x`.

# %%
class Pow(Op):
    """x to the power of y, element by element.

    grad_x gets g, x and y; grad_y gets g, x, y and the output z: arrays or Tensors of one shape. y
    may be a number.

    >>> Pow.grad_x(np.array([1.0]), np.array([5.0]), np.array([3.0]))
    array([75.])
    >>> Pow.grad_y(np.array([1.0]), np.array([2.0]), np.array([3.0]), np.array([8.0])).round(4)
    array([5.5452])
    """

    label = "xʸ"

    def forward(x, y):
        return x**y

    def grad_x(g, x, y):
        base = x + (x == 0) * (y == 0)  # 0 becomes 1 where y is 0
        ### BEGIN SOLUTION
        return g * (y * base ** (y - 1))
        ### END SOLUTION

    def grad_y(g, x, y, z):
        base = x + (x == 0) * (y >= 0)  # 0 becomes 1 where y is 0 or more
        ### BEGIN SOLUTION
        return g * (z * Log(base))
        ### END SOLUTION


# %%
Pow = check(Pow)

# %%
course.show("03.ReLU")
course.show("03.Pow")
w, a, b = (tg.tensor(value, requires_grad=True) for value in (0.5, 3.0, -1.25))
p = Mul(w, a)
s = Add(p, b)
z = Tanh(s)
tg.draw(z)

# %% [markdown]
# **In PyTorch** these two are `x.relu()` and `x ** y`.
#
# ## The chain, by hand
#
# The graph above is made by calling operations, your `Tanh` among them. It is a *neuron*: an input `a`, weighed by `w`,
# shifted by `b`, bent by tanh. Its gradients follow the arrows backwards. Each rule's answer is
# the next rule's `g`.
#
# ### Exercise 7 · A rule for a whole neuron
#
# *Difficulty 3 of 5 · about 12 minutes*
#
# Rules work on plain numbers too. A sum's rules hand `g` on: `Add.grad_x(g)` and `Add.grad_y(g)` are both `g`. For
# `Mul(w, a)`, the rule `grad_x` is that of `w`, and the `y` that it reads is `a`.

# %%
def neuron_rule(g, w, a, b):
    """The gradients of w, a and b, where z = tanh(w * a + b) and g is the gradient of z.

    All are plain numbers. Returns three of them, in the order w, a, b.

    >>> neuron_rule(1.0, 2.0, 3.0, -6.0)
    (3.0, 2.0, 1.0)
    """
    p = w * a
    s = p + b
    z = math.tanh(s)
    ### BEGIN SOLUTION
    g_s = Tanh.grad_x(g, z)
    g_p, g_b = Add.grad_x(g_s), Add.grad_y(g_s)
    return Mul.grad_x(g_p, a), Mul.grad_y(g_p, w), g_b
    ### END SOLUTION


# %%
neuron_rule = check(neuron_rule)

# %% [markdown]
# **In PyTorch** nobody writes a rule for a whole neuron, and in the package neither: its engine goes from rule to rule
# as you just did. It is lesson 04.
#
# ### Bug hunt 2
#
# The rule of this operation has a mistake, and its author's test does not see it. The test compares `x.grad` with the
# central difference after `Square(x).backward()`.
#
# ```python
# class Square(Op):
#     def forward(x):
#         return x * x
#
#     def grad_x(g, x):
#         return 2 * x
# ```
#
# Which program does show the mistake: `"Square(x)"`, `"Square(2 * x)"` or `"2 * Square(x)"`?

# %%
predict("bug-tested", "2 * Square(x)")  ### ANSWER

# %% [markdown]
# ## Fill in the picture
#
# Take pen and paper. Begin at `y` with 1, and go back arrow by arrow. All the numbers that the rules read stand in the
# boxes.

# %%
a, b, c, d = (tg.tensor(value, requires_grad=True) for value in (5.0, 2.0, 4.0, 3.0))
p = Mul(a, b)
s = Sub(p, c)
r = ReLU(s)
q = Div(r, d)
y = Pow(q, 3)
tg.draw(y)

# %%
predict("fill-q", 12)  ### ANSWER
predict("fill-r", 4)  ### ANSWER
predict("fill-d", -8)  ### ANSWER
predict("fill-s", 4)  ### ANSWER
predict("fill-c", -4)  ### ANSWER
predict("fill-b", 20)  ### ANSWER

# %% [markdown]
# ## On your own rules
#
# Here is the same program inside `course.mine()`, which runs the framework on the rules that you wrote and counts their
# calls. The central difference, which knows no rules, says whether they are right. A second program in there is a curve
# that stands in no book. It is drawn last, with its slopes at 200 places; the jump is relu's corner.
#
# In the player, step through your graph. Going back, each step names the rule that it applies.

# %%
def program(a, b, c, d):
    return ((a * b - c).relu() / d) ** 3


def curve(x):
    return x.tanh() - (1 - x**2).exp() / 2 + (x - 1).relu() / 2


for leaf in (a, b, c, d):
    leaf.grad = None  # or a second run would add to the first, as lesson 04 tells

with course.mine():
    program(a, b, c, d).backward()
    x = tg.linspace(-3, 3, 200).requires_grad_()
    height = curve(x)
    height.sum().backward()
here = np.array([5.0, 2.0, 4.0, 3.0])
moved = tg.autograd.central_difference(lambda at: program(*tg.tensor(at)).item(), here)
print("by your rules:", np.array([leaf.grad.item() for leaf in (a, b, c, d)]))
print("by moving:    ", moved.round(4))
tg.play(y)

# %%
here = x.detach().numpy()
moved = tg.autograd.central_difference(lambda at: curve(tg.tensor(at)).sum().item(), here)
print("your rules and the central difference agree:", np.allclose(x.grad.numpy(), moved, atol=1e-5))
plots.lines(x.detach(), {"curve": height.detach(), "slope, by your rules": x.grad})

# %% [markdown]
# ## What you have built
#
# - A rule for each input: from `g`, the gradient of the output, to the gradient of the input.
# - Rules name what they read: inputs, or `z`, the output.
# - The chain rule: along a path slopes are multiplied, and each rule's answer is the next one's `g`.
# - A test in which `g` is 1 does not see a `g` that was forgotten.
#
# **Next:** lesson 04, *Backward*. You went along the arrows yourself; there you write the engine that does it, for any
# graph, also where two paths meet.
