# %% [markdown]
# # Tensors
#
# At the end of this page your engine handles whole arrays, and it has learned from a table of 150 flowers how wide a
# petal is.
#
# **Where this sits.** derivative → graph → rules → backward → **tensors** → modules → networks. So far a node held
# one number. A real program has millions, and one node for each would be far too slow.
#
# *About 60 minutes. You need lesson 00 and NumPy's arrays; what you have not built comes from the package.*

# %%
import numpy as np

import tinygrad_course as tg
from tinygrad_course import course, plots
from tinygrad_course.course import bar, check, hint, lesson, predict, solution
from tinygrad_course.graph import Op
from tinygrad_course.ops.reduce import kept

lesson("05")
tg.set_default_dtype(tg.float64)

# %% [markdown]
# ## One node, many numbers
#
# In three sentences, if you come straight from lesson 00: A *node* is the record of one operation, what it did and to
# what. A *rule* turns `g`, the gradient of an operation's output, into the gradient of one of its inputs. `backward`
# begins at the result, applies the rules from the newest node to the oldest, and adds up what arrives at each leaf.
#
# An operation and its rules are one class, in which functions have no `self`: it only keeps them together. `grad_x`
# is the rule for `x`; after `g` it names what it wants to read:
#
# ```python
# class Mul(Op):
#     def forward(x, y):
#         return x * y
#
#     def grad_x(g, y):
#         return g * y
#
#     def grad_y(g, x):
#         return g * x
# ```
#
# Nothing here says that `x` is one number. Hand it an array, and NumPy does the rest.

# %%
x = tg.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
y = (x * x).sum()
y.backward()
tg.draw(y)

# %% [markdown]
# Six numbers, and two nodes, the dark ones. Look at `x`: each number has a slope of its own, in the same place. **A
# gradient always has the shape of what it belongs to.** Where it does not, something is wrong.
#
# ## Shapes that are not equal
#
# You can add a column to a row. What is the shape of the result of `column + row` here? Write it as a tuple.
#
# ```python
# column = tg.tensor([[10.0], [20.0], [30.0]])     # shape (3, 1)
# row = tg.tensor([1.0, 2.0, 3.0, 4.0])            # shape (4,)
# ```

# %%
predict("column-and-row", (3, 4))  ### ANSWER

# %% [markdown]
# This is *broadcasting*: where one of the two has too few numbers, it is repeated. Write the shapes one below the
# other, **flush right**. At each place the sizes must be equal, or one of them is 1 and is stretched. A missing size
# counts as 1.
#
# ```text
#     2  1  4
#        3  1
#     -------
#     2  3  4
# ```
#
# ### Exercise 1 · Which shape?
#
# *Difficulty 2 of 5 · about 7 minutes*


# %%
def broadcast_shape(a, b):
    """The shape of x + y for x of shape a, y of shape b: tuples, () as well; a size may be 0.

    Raises ValueError where two sizes differ and neither is 1.

    >>> broadcast_shape((2, 1, 4), (3, 1))
    (2, 3, 4)
    """
    ### BEGIN SOLUTION
    n = max(len(a), len(b))
    a, b = (1,) * (n - len(a)) + a, (1,) * (n - len(b)) + b
    for i, j in zip(a, b, strict=True):
        if i != j and 1 not in (i, j):
            raise ValueError(f"{a} and {b} do not fit: {i} and {j} differ, and neither is 1")
    return tuple(j if i == 1 else i for i, j in zip(a, b, strict=True))
    ### END SOLUTION


# %%
broadcast_shape = check(broadcast_shape)

# %% [markdown]
# **In PyTorch** the same question is `torch.broadcast_shapes((2, 1, 4), (3, 1))`. The package leaves it to NumPy's own
# `np.broadcast_shapes`.
#
# ## The way back
#
# Here `w` is repeated for both rows of `x`, and the single number `b` for all six. What will `b.grad` be?
#
# ```python
# x = tg.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
# w = tg.tensor([10.0, 20.0, 30.0], requires_grad=True)
# b = tg.tensor(0.5, requires_grad=True)
# y = (x * w + b).sum()
# ```

# %%
predict("one-for-all", 6)  ### ANSWER

# %%
w = tg.tensor([10.0, 20.0, 30.0], requires_grad=True)
b = tg.tensor(0.5, requires_grad=True)
x.grad = None
y = (x * w + b).sum()
y.backward()
tg.draw(y)

# %% [markdown]
# The rule for `w` is `g * x`, of shape (2, 3). But `w` has three numbers. Its 10 was used in both rows, for the 1 and
# for the 4, and each use brings a part of its gradient. Parts add up: 5. So **what was repeated on the way forward is
# summed on the way back**.
#
# ### Exercise 2 · Undo the broadcasting
#
# *Difficulty 4 of 5 · about 12 minutes · builds `graph.sum_to`*
#
# The engine calls this after every rule. `g.sum(axis=..., keepdims=True)` leaves a summed axis in place, with size 1.


# %%
def sum_to(g, shape):
    """Sum g over the axes along which `shape` was repeated, so that the result has that shape.

    `shape` broadcasts to g.shape. g is an array; later in the course a Tensor as well, so use its
    own methods (g.sum, g.reshape) and not NumPy's functions. Both take the same arguments.

    >>> sum_to(np.ones((2, 3)), (3,))
    array([2., 2., 2.])
    >>> sum_to(np.ones((2, 3)), (2, 1))
    array([[3.],
           [3.]])
    """
    ### BEGIN SOLUTION
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    for i, n in enumerate(shape):
        if n == 1:
            g = g.sum(axis=i, keepdims=True)
    return g
    ### END SOLUTION


# %%
sum_to = check(sum_to)

# %% [markdown]
# **In PyTorch**: `g.sum_to_size(3)`.
#
# ### Exercise 3 · Repeating, as an operation
#
# *Difficulty 1 of 5 · about 4 minutes · builds `ops.movement.Expand`*
#
# Broadcasting can also be asked for: `w.expand(2, 3)` is a node of its own, made by `Expand(w, size=(2, 3))`: an
# operation is called like a function. Its rule is a line, now that you have `sum_to`. (`views` says that the output
# shows the memory of `x`; nothing is copied.)


# %%
class Expand(Op):
    """Repeat axes of size 1, and new leading axes, until the shape is `size`.

    grad_x gets g, which has the shape `size`, and `shape`, that of x. It gives the gradient of x.

    >>> Expand.grad_x(np.ones((2, 3)), (2, 1))
    array([[3.],
           [3.]])
    """

    label, views = "expand", True

    def forward(x, *, size):
        return np.broadcast_to(x, size)

    def grad_x(g, shape):
        ### BEGIN SOLUTION
        return sum_to(g, shape)
        ### END SOLUTION


# %%
Expand = check(Expand)

# %%
course.show("05.sum_to")
x.grad = w.grad = None
y = (x * Expand(w, size=(2, 3))).sum()
y.backward()
tg.draw(y)

# %% [markdown]
# This is the product from above, the repeating now in plain sight: same numbers, same gradients.
#
# ## Many numbers become few
#
# `x.sum(axis=1)` folds each row into one number. Every number of the row has the same say in it: if it grows by 1, so
# does the sum. So the rule hands each its row's `g`: **what was summed on the way forward is repeated on the way
# back**.
#
# ### Exercise 4 · The rule of a sum
#
# *Difficulty 3 of 5 · about 9 minutes · builds `ops.reduce.Sum`*
#
# With `keepdims=False` the folded axes are gone from `g`. `kept(shape, axis)` is the shape with 1 in their place:
# `kept((2, 3), (1,))` is `(2, 1)`. Your `Expand` is there to be used; an operation given an array gives an array.


# %%
class Sum(Op):
    """Sum over the axes in the tuple `axis`, counted from 0; keepdims leaves them, with size 1.

    grad_x gets g, of the output's shape, and the shape of x. It gives the gradient of x. It may
    also read keepdims. g may be a Tensor: use operators, methods and operations, not NumPy's
    functions.

    >>> Sum.grad_x(np.array([10.0, 20.0]), (2, 3), (1,))
    array([[10., 10., 10.],
           [20., 20., 20.]])
    """

    label = "Σ"

    def forward(x, *, axis, keepdims):
        return x.sum(axis=axis, keepdims=keepdims)

    def grad_x(g, shape, axis):
        ### BEGIN SOLUTION
        return Expand(g.reshape(kept(shape, axis)), size=shape)
        ### END SOLUTION


# %%
Sum = check(Sum)

# %%
course.show("05.Expand")
course.show("05.Sum")
row_sums = (x * w).sum(1)
y = (row_sums * row_sums).sum()
tg.play(y)

# %% [markdown]
# Step through it with the arrow keys or the buttons. On the way back, each sum hands its gradient to a whole row, and
# `w` collects from both rows. Summing and repeating are each other's rule.
#
# **In PyTorch** the two are `x.sum(dim=1)` and `w.expand(2, 3)`; `dim` and `keepdim` work here as well.
#
# ### Exercise 5 · The mean
#
# *Difficulty 2 of 5 · about 6 minutes · builds `mean`*
#
# Not everything needs a rule. A function that is put together from operations has a graph, and so its gradient comes
# for free. `x.sum` and `x.numel()`, the count of all numbers in `x`, are there.


# %%
def mean(x, dim=None, keepdim=False):
    """The average of a Tensor over `dim`: an axis, a tuple of axes, or None for all of them.

    keepdim leaves the folded axes there, with size 1.

    >>> mean(tg.tensor([[1.0, 2.0], [3.0, 6.0]]), 1)
    tensor([1.5000, 4.5000])
    """
    ### BEGIN SOLUTION
    total = x.sum(dim, keepdim)
    return total / (x.numel() / total.numel())
    ### END SOLUTION


# %%
mean = check(mean)

# %% [markdown]
# ## Who was the largest?
#
# A maximum listens to one number alone: if the largest grows, so does the maximum; the others can move a little
# without a trace. But here two are largest, and mathematics knows no slope: a framework has to choose. No one of the
# two is to be preferred. After `t.amax().backward()`, what is the gradient of the first 5: 1, 0.5 or 0?
#
# ```python
# t = tg.tensor([2.0, 5.0, 5.0], requires_grad=True)
# ```

# %%
predict("ties", 0.5)  ### ANSWER

# %% [markdown]
# ### Exercise 6 · The rule of a maximum
#
# *Difficulty 4 of 5 · about 10 minutes · builds `ops.reduce.Max`*
#
# Comparing two arrays gives an array of True and False, which count as 1 and 0 when you multiply or sum them.


# %%
class Max(Op):
    """Largest value over the axes in the tuple `axis`; keepdims leaves them there, with size 1.

    grad_x gets g and z, the gradient of the output and the output itself, and x. Where several are
    largest, they share the gradient equally. As before: operators and methods, not NumPy's
    functions.

    >>> Max.grad_x(np.array(6.0), np.array([2.0, 5.0, 5.0]), np.array(5.0), (0,), (3,))
    array([0., 3., 3.])
    """

    label = "max"

    def forward(x, *, axis, keepdims):
        return x.max(axis=axis, keepdims=keepdims)

    def grad_x(g, x, z, axis, shape):
        ### BEGIN SOLUTION
        largest = x == z.reshape(kept(shape, axis))
        share = g.reshape(kept(shape, axis)) / largest.sum(axis=axis, keepdims=True)
        return largest * share
        ### END SOLUTION


# %%
Max = check(Max)

# %%
course.show("05.mean")
course.show("05.Max")
t = tg.tensor([2.0, 5.0, 5.0], requires_grad=True)
spread = t.amax() - t.mean()
spread.backward()
tg.draw(spread)

# %% [markdown]
# The mean brought -1/3 to each number, the maximum shared 1 among two. **In PyTorch** these are `x.mean(dim=0)` and
# `x.amax(dim=0)`. `x.max(dim=0)` is another: it also says where the largest is, and gives that one the whole
# gradient.
#
# ## A real table
#
# 150 irises, measured in centimetres: sepal length, sepal width, petal length, petal width. Can the first three tell
# the fourth? *Linear regression* gives each column a weight in `w`, adds them up for each flower, and adds `b`. One
# number, the *loss*, says how wrong that is; a step moves `w` and `b` against its gradient.
#
# ### Exercise 7 · One step of learning
#
# *Difficulty 3 of 5 · about 10 minutes*
#
# Gradients add up from pass to pass, so set them to None before `backward`. And the step is no part of the model:
# change `w` and `b` in place, with `-=`, under `with tg.no_grad():`, where nothing is recorded.


# %%
def step(x, target, w, b, loss, lr):
    """Take one step of linear regression; return the loss before the step: a plain number.

    x is a table (n, k), target (n,). w (k,) and b () want gradients. A row's prediction: each
    number times its weight, added up, plus b. error: prediction minus target, (n,). loss(error)
    gives a Tensor of one number, .item() takes it out. w and b then move, in place, by lr times
    their gradients.

    >>> w, b = tg.tensor([1.0], requires_grad=True), tg.tensor(0.0, requires_grad=True)
    >>> step(tg.tensor([[2.0]]), tg.tensor([5.0]), w, b, lambda error: (error * error).mean(), 0.1)
    9.0
    >>> w, b
    (tensor([2.2000], requires_grad=True), tensor(0.6000, requires_grad=True))
    """
    ### BEGIN SOLUTION
    error = (x * w).sum(1) + b - target
    value = loss(error)
    w.grad = b.grad = None
    value.backward()
    with tg.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    return value.item()
    ### END SOLUTION


# %%
step = check(step)

# %% [markdown]
# **In PyTorch** these are the same lines. In the package, and there, a module brings `w` and `b` (lesson 08), a loss
# `mse_loss` (09) and an optimizer the step (10).
#
# ### Bug hunt 1
#
# Each column is brought to mean 0 and standard deviation 1, so that one learning rate suits all. Then it trains. A
# loss of 0.036 is possible. This program stops at 0.577, no matter how long it runs, with all weights at 0. No error,
# no warning. `step` is right; what is the shape of its `error` here?


# %%
def mean_square(error):
    return (error * error).mean()


table = tg.data.iris()[:][0]
x = (table[:, :3] - table[:, :3].mean(0)) / table[:, :3].std(0)
target = table[:, 3:]
w, b = tg.zeros(3).requires_grad_(), tg.tensor(0.0, requires_grad=True)
losses = [step(x, target, w, b, mean_square, 0.2) for _ in range(500)]
print(f"loss {losses[0]:.4f} at first, {losses[-1]:.4f} at the end;", end=" ")
print(f"x {x.shape}, target {target.shape}")

# %%
predict("bug-square", (150, 150))  ### ANSWER

# %% [markdown]
# ### Bug hunt 2
#
# Mended: `target` is now of shape (150,). But now the numbers explode. What is to blame: `"the loss"`, `"the target"`
# or `"too few steps"`?

# %%
target = table[:, 3]
w, b = tg.zeros(3).requires_grad_(), tg.tensor(0.0, requires_grad=True)
for _ in range(5):
    print(f"{step(x, target, w, b, lambda error: (error * error).sum(), 0.2):.1e}")

# %%
predict("bug-sum", "the loss")  ### ANSWER

# %% [markdown]
# ## On your own pieces
#
# Now all of it, inside `course.mine()`, which runs the framework on what you wrote and counts the calls. First the
# mean square, and beside its answer the exact one from NumPy. Then the same program with another loss: the largest
# error of all, which is where your `Max` comes in. Its gradient does not shrink near the goal, so the learning rate has
# to: 0.01, 0.001, 0.0001.


# %%
def worst(error):
    return error.abs().amax()


w, b = tg.zeros(3).requires_grad_(), tg.tensor(0.0, requires_grad=True)
with course.mine():
    for _ in bar(range(500), "mean square"):
        step(x, target, w, b, mean_square, 0.2)
    found, error = [*w.tolist(), b.item()], (x * w).sum(1) + b - target
    for lr in bar([0.01] * 300 + [0.001] * 300 + [0.0001] * 300, "largest error"):
        step(x, target, w, b, worst, lr)
    careful = (x * w).sum(1) + b - target
exact, *_ = np.linalg.lstsq(np.column_stack([x.numpy(), np.ones(150)]), target.numpy(), rcond=None)
print("step by step:", np.round(found, 3), " NumPy:", exact.round(3))
for name, e in {"mean square": error, "largest error": careful}.items():
    square, largest = mean_square(e).item(), worst(e).item()
    print(f"trained on the {name}: mean square {square:.3f}, largest {largest:.3f} cm")

# %%
both = {"measured": target, "predicted": target + error.detach()}
plots.curves(both, x="flower", y="petal width in cm")

# %% [markdown]
# The table lists 50 flowers of each of three species, one species after the other: hence the three levels.
#
# For the worst flower no such formula can do better than about 0.555 cm. At that point several flowers are
# equally badly off, and to do better for one is to do worse for another: these are the ties.
#
# ## What you have built
#
# - `sum_to` and `Expand`: what is repeated forwards is summed backwards.
# - `Sum`: what is summed forwards is repeated backwards. `Max`: only the largest hear of it.
# - `mean`: put together from operations, it needs no rule.
# - A regression that learns from a table. Print the shapes whenever a loss stays where it is.
#
# **Next:** lesson 06, *Matrices and shapes*: the product at the heart of every network.
