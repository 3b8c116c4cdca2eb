# %% [markdown]
# # Matrices and shapes
#
# At the end of this page your engine multiplies matrices and picks elements, a check of yours has tried every rule
# so far, and three kinds of iris are told apart.
#
# **Where this sits.** … → rules → backward → tensors → **matrices and shapes** → dynamic graphs → modules. A network
# is, for the most part, matrix products, and between them the same numbers laid out in other shapes.
#
# *About 60 minutes. You need lesson 04 (backward) and 05 (tensors); what you have not built comes from the package.*

# %%
import numpy as np

import tinygrad_course as tg
from tinygrad_course import course, plots
from tinygrad_course.autograd.gradcheck import (
    GradcheckError,
    jacobian_by_difference,
    jacobian_by_rule,
)
from tinygrad_course.course import bar, check, hint, lesson, predict, solution
from tinygrad_course.draw import side_by_side
from tinygrad_course.graph import Op
from tinygrad_course.ops.indexing import fill

lesson("06")
tg.set_default_dtype(tg.float64)

# %% [markdown]
# ## A product of matrices
#
# The number in row i and column j of the result is row i of `x` times column j of `y`, number by number, added up. At
# 0, 0 below it is 1·1 + 2·2 + 3·0 = 5. A neuron does that with its inputs and its weights; one product does it for many
# neurons and many inputs. In a graph it is one node.

# %%
x = tg.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
y = tg.tensor([[1.0, 0.0], [2.0, 1.0], [0.0, 1.0]], requires_grad=True)
z = x @ y
z[0, 1].backward()
tg.draw(z)

# %% [markdown]
# The pass began at one number of the result, in row 0 and column 1. Look at the two gradients: only row 0 of `x` had
# a say in it, and there each number's slope is its partner in column 1 of `y`. Of `y` only that column had a say, and
# its slopes are row 0 of `x`.
#
# Now `x` has shape (2, 3) and `y` shape (3, 4). The rule for `y` gets `g`, of shape (2, 4). What is the shape of the
# gradient that it gives?

# %%
predict("one-column", (3, 4))  ### ANSWER

# %% [markdown]
# With all of `g` at once, these sums along rows and columns are matrix products themselves. To find which, write
# shapes: what can be put together from `g` (n, m) and `y` (k, m), so that (n, k) comes out? `.mT` turns the last two
# axes round.
#
# ### Exercise 1 · The rules of a product
#
# *Difficulty 3 of 5 · about 10 minutes · builds `ops.matrix.MatMul`*

# %%
class MatMul(Op):
    """Matrix product of x (..., n, k) and y (..., k, m); any axes in front are a batch of matrices.

    grad_x gets g, the gradient of the output, of shape (..., n, m), and y; grad_y gets g and x.
    Each gives the gradient of its argument. g may be a Tensor: use operators and .mT, not NumPy's
    functions.

    >>> MatMul.grad_x(np.array([[1.0]]), np.array([[2.0], [3.0]]))
    array([[2., 3.]])
    """

    label = "@"

    def forward(x, y):
        return x @ y

    def grad_x(g, y):
        ### BEGIN SOLUTION
        return g @ y.mT
        ### END SOLUTION

    def grad_y(g, x):
        ### BEGIN SOLUTION
        return x.mT @ g
        ### END SOLUTION


# %%
MatMul = check(MatMul)

# %%
course.show("06.MatMul")
row = tg.tensor([[1.0, 2.0]], requires_grad=True)
column = tg.tensor([[3.0], [4.0]], requires_grad=True)
tg.play(row @ column * 2)

# %% [markdown]
# **In PyTorch:** `x @ y`, the same line.
#
# ## The same numbers in another shape
#
# In memory a matrix is one row of numbers behind the other. `reshape` cuts the same stream at other places. What is
# `x.reshape(3, 2)[0, 1]` for the `x` above, with rows (1, 2, 3) and (4, 5, 6)?

# %%
predict("reshaped", 2)  ### ANSWER

# %% [markdown]
# ### Exercise 2 · Reshape
#
# *Difficulty 1 of 5 · about 3 minutes · builds `ops.movement.Reshape`*

# %%
class Reshape(Op):
    """The same numbers, in the same order, in the shape `size`.

    grad_x gets g, of shape `size`, and may read `shape`, that of x. It gives the gradient of x.

    >>> Reshape.grad_x(np.array([1.0, 2.0, 3.0, 4.0]), (2, 2))
    array([[1., 2.],
           [3., 4.]])
    """

    label, views = "reshape", True

    def forward(x, *, size):
        return x.reshape(size)

    def grad_x(g, shape):
        ### BEGIN SOLUTION
        return g.reshape(shape)
        ### END SOLUTION


# %%
Reshape = check(Reshape)

# %% [markdown]
# ### Exercise 3 · Permute
#
# *Difficulty 3 of 5 · about 7 minutes · builds `ops.movement.Permute`*
#
# Here numbers do change their places: axis i of the output is axis `axes[i]` of `x`. With axes (1, 0) it is the
# transpose. A rule may use other operations: `Permute(g, axes=...)` is there.

# %%
class Permute(Op):
    """The axes in another order: axis i of the output is axis axes[i] of x, each axis once.

    grad_x gets g, and reads axes. It gives the gradient of x: g with its axes where they came from.

    >>> Permute.grad_x(np.zeros((4, 2, 3)), (2, 0, 1)).shape
    (2, 3, 4)
    """

    label, views = "permute", True

    def forward(x, *, axes):
        return x.transpose(axes)

    def grad_x(g, axes):
        ### BEGIN SOLUTION
        back = tuple(axes.index(i) for i in range(len(axes)))
        return Permute(g, axes=back)
        ### END SOLUTION


# %%
Permute = check(Permute)

# %% [markdown]
# **In PyTorch:** `x.reshape(3, 2)` and `x.permute(1, 0)`. Here they are side by side on one matrix: the same shape,
# and not the same numbers.

# %%
course.show("06.Permute")
course.show("06.Reshape")
x.grad = None
side_by_side(x.reshape(3, 2), x.permute(1, 0), captions=["reshape", "permute"])

# %% [markdown]
# ## Picking elements
#
# `x[[0, 0, 1]]` picks rows 0, 0 and 1. After `x[[0, 0, 1]].sum().backward()`, what is each gradient in row 0?

# %%
predict("picked-twice", 2)  ### ANSWER

# %%
x.grad = None
picked = x[[0, 0, 1]]
print(picked.node.params["key"], "filled:", fill(("array",), [np.array([0, 0, 1])]))
picked.sum().backward()
tg.draw(picked)

# %% [markdown]
# The reverse of picking is to add into zeros. A node keeps what stood between the brackets in a tuple, `key`, with the
# word `"array"` in place of each index array; the arrays themselves are inputs. `fill(key, indices)` puts them back, as
# printed above, and `z[fill(key, indices)]` is what was picked. (`Ellipsis` stands for all axes that are left.)
#
# ### Exercise 4 · The reverse of indexing
#
# *Difficulty 3 of 5 · about 9 minutes · builds `ops.indexing.AddInto`*

# %%
class AddInto(Op):
    """Zeros of shape `size`, with the elements of x added in at key; those that meet are summed.

    forward gets arrays: x, and the index arrays. It gives a new array and leaves x as it is.

    >>> AddInto(np.array([1.0, 2.0, 3.0]), np.array([0, 0, 2]), size=(4,), key=("array",))
    array([3., 0., 3., 0.])
    """

    label = "add into"

    def forward(x, *indices, size, key):
        ### BEGIN SOLUTION
        z = np.zeros(size, x.dtype)
        np.add.at(z, fill(key, indices), x)
        return z
        ### END SOLUTION


# %%
AddInto = check(AddInto)

# %% [markdown]
# **In PyTorch:** `z.index_put_(indices, x, accumulate=True)`.
#
# ## A check for every rule
#
# You have written a dozen rules by now. A rule that is wrong does not crash: the network just learns badly. So each
# is compared with central differences (lesson 01). For a function with several inputs and outputs, all slopes
# together make a table, the **Jacobian**: a row for each number that comes out, a column for each that goes in.

# %%
course.show("06.AddInto")
w = tg.tensor([1.0, 2.0], requires_grad=True)
by_rule = jacobian_by_rule(lambda w: w * w, [w], w)
print(by_rule, jacobian_by_difference(lambda w: w * w, [w], w, 1e-6).round(6), sep="\n")

# %% [markdown]
# ### Exercise 5 · Gradcheck
#
# *Difficulty 3 of 5 · about 10 minutes · builds `autograd.gradcheck.gradcheck`*
#
# Differences are never exact. `np.allclose(a, b, rtol, atol)` asks whether all |a − b| are at most atol + rtol · |b|.
# `b` is what is expected, here the differences.

# %%
def gradcheck(func, inputs, eps=1e-6, atol=1e-5, rtol=1e-3, raise_exception=True):
    """Whether func's gradients are the central differences, for every input that wants gradients.

    inputs: a Tensor of float64, or a list of them; func(*inputs) gives a Tensor. For an input x the
    two tables are jacobian_by_rule(func, inputs, x) and jacobian_by_difference(func, inputs, x,
    eps), both with inputs as a list. Where they differ: raises GradcheckError, or returns False
    with raise_exception=False.

    >>> a, b = tg.tensor([1.0], requires_grad=True), tg.tensor([2.0], requires_grad=True)
    >>> gradcheck(lambda a, b: a * b, [a, b])
    True
    """
    ### BEGIN SOLUTION
    xs = [inputs] if isinstance(inputs, tg.Tensor) else inputs
    for x in xs:
        if x.requires_grad:
            rule, slopes = jacobian_by_rule(func, xs, x), jacobian_by_difference(func, xs, x, eps)
            if not np.allclose(rule, slopes, rtol, atol):
                if raise_exception:
                    raise GradcheckError(f"the rules give\n{rule}\nand differences\n{slopes}")
                return False
    return True
    ### END SOLUTION


# %%
gradcheck = check(gradcheck)

# %% [markdown]
# **In PyTorch:** `torch.autograd.gradcheck(func, inputs)`. Here it goes through everything so far, on the rules that
# you wrote where you wrote them.

# %%
course.show("06.gradcheck")
tg.manual_seed(0)
a, b = (tg.rand(2, 3).add(0.5).requires_grad_() for _ in range(2))
programs = {
    "a + b, a - b": lambda a, b: (a + b) * (a - b),
    "a * b, a / b": lambda a, b: a * b + a / b,
    "a ** b, exp, log": lambda a, b: a**b + a.exp() * b.log(),
    "tanh, relu": lambda a, b: a.tanh() * (b - a).relu(),
    "sum, mean, max": lambda a, b: a.sum(0) + b.mean(1, keepdim=True) * a.amax(),
    "product, permute": lambda a, b: a @ b.permute(1, 0),
    "reshape, indexing": lambda a, b: a.reshape(3, 2)[[0, 0, 2]] * b[1, :2],
}
with course.mine():
    for name, program in programs.items():
        print(f"{name:18} {tg.autograd.gradcheck(program, [a, b])}")

# %% [markdown]
# ### Bug hunt 1
#
# This program squares three numbers. The rule of `*` is right, and the check says that it is not: False. Below are
# the slopes by rule and those by difference. What is to blame: `"the rule"`, `"float32"` or `"the function"`?

# %%
def square(t):
    x = t.to(tg.float32)
    return x * x


t = tg.tensor([1.0, 2.0, 300.0], requires_grad=True)
print(jacobian_by_rule(square, [t], t))
print(jacobian_by_difference(square, [t], t, 1e-6).round(6))
tg.autograd.gradcheck(square, [t], raise_exception=False)

# %%
predict("bug-float32", "float32")  ### ANSWER

# %% [markdown]
# ## Three kinds of iris
#
# Four measurements `x`, of shape (n, 4). A matrix of weights gives each flower a score for each kind. The right kind
# should lead every other by at least 1. The loss says how much is missing, for each flower and kind:
# max(0, score − right + 1).
#
# ### Exercise 6 · A loss with a margin
#
# *Difficulty 3 of 5 · about 9 minutes*
#
# Two index tensors of one length pick an entry for each pair: `scores[rows, columns]`. Each flower is one pair.
# `tg.arange(n)` counts from 0 to n - 1, and `.relu()` is max(0, ·) of every number.

# %%
def margin_loss(scores, classes):
    """The mean, over flowers and kinds, of max(0, score − right + 1); right: its own kind's score.

    scores: (n, kinds). classes: (n,), integers. Its own kind counts too, and costs 1. A Tensor of
    one number.

    >>> margin_loss(tg.tensor([[2.0, 1.5, 0.0]]), tg.tensor([0]))
    tensor(0.5000)
    """
    ### BEGIN SOLUTION
    right = scores[tg.arange(len(classes)), classes]
    return (scores - right.reshape(-1, 1) + 1).relu().mean()
    ### END SOLUTION


# %%
margin_loss = check(margin_loss)

# %% [markdown]
# **In PyTorch:** `torch.nn.functional.multi_margin_loss(scores, classes)`, which leaves the own kind out: with three
# kinds it is smaller by 1/3. The package's own losses are lesson 09.
#
# ### Bug hunt 2
#
# The table comes as four columns, one for each measurement: shape (4, 150). Somebody needs a row for each flower. The
# loss stays high. (Steps are taken under `no_grad`, as in lesson 04.) What is wrong: `"reshape"`, `"the loss"` or
# `"the learning rate"`?

# %% tags=["taste"]
table, species = tg.data.iris()[:]
columns = table.mT


def train(x):
    """Weights after 300 steps, and the losses."""
    W, b, losses = tg.zeros(4, 3).requires_grad_(), tg.zeros(3).requires_grad_(), []
    for _ in bar(range(300), "training"):
        loss = margin_loss(x @ W + b, species)
        W.grad = b.grad = None
        loss.backward()
        with tg.no_grad():
            W -= 0.1 * W.grad
            b -= 0.1 * b.grad
        losses.append(loss.item())
    return W, b, losses


*_, mixed = train(columns.reshape(150, 4))
print(f"loss {mixed[0]:.2f} at first, {mixed[-1]:.2f} at the end")

# %%
predict("bug-reshape", "reshape")  ### ANSWER

# %%
with course.mine():
    x = columns.permute(1, 0)
    W, b, losses = train(x)
    right = ((x @ W + b).argmax(1) == species).double().mean().item()
print(f"loss {losses[-1]:.2f} at the end, right {right:.3f}")
plots.curves({"reshaped": mixed, "permuted": losses}, y="loss")

# %% [markdown]
# At a kink of max(0, ·) the slope changes at once, and a step can go too far: hence the jumps.
#
# ## What you have built
#
# - `MatMul`: the gradient of a product is two products; shapes tell which.
# - `Reshape` moves no number, `Permute` does; each is undone by its own reverse.
# - `AddInto`: what was picked twice receives twice.
# - `gradcheck`: no rule without a check, and the check in float64.
#
# **Next:** lesson 07, *Dynamic graphs*: programs with if, for and recursion, and gradients of gradients.
