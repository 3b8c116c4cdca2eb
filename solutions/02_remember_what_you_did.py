# %% [markdown]
# # Remember what you did
#
# At the end of this page you have numbers that keep a record of how they came about, you can read such a record in
# four ways, and you can draw an expression that nobody ever wrote down.
#
# **Where this sits.** derivative → **graph** → rules → backward → tensors → modules → networks. To find slopes
# without moving anything, a program first has to remember what it did.
#
# *About 60 minutes. You need lesson 00, and Python classes with methods such as `__add__`.*

# %%
import inspect

import tinygrad_course as tg
from tinygrad_course import course
from tinygrad_course.course import check, hint, lesson, predict, solution

lesson("02")
tg.set_default_dtype(tg.float64)

# %% [markdown]
# ## Results without a past
#
# Compute something and look at what is left of it.

# %%
a, b = 2.0, 3.0
y = a * b + a
y

# %% [markdown]
# 8.0, and not a word about where it came from: a product, a sum, `a` used twice. Python threw all of it away. What if
# a number kept it?
#
# You can decide what `+` means for objects of your own: Python turns `a + b` into `a.__add__(b)`.
#
# ### Exercise 1 · A number with a past
#
# *Difficulty 2 of 5 · about 8 minutes*
#
# Three things make up a record: the value, the symbol of the operation, and the Numbers it was made from. Keep the
# Numbers themselves, not their values: they have a past of their own.

# %%
class Number:
    """A number that remembers how it was made: by which operation, from which Numbers.

    data: its value. op: "" for a number that was just given, else "+" or "*". inputs: Numbers, as a
    tuple or a list.

    >>> y = Number(2.0) * Number(3.0)
    >>> y.data, y.op, len(y.inputs)
    (6.0, '*', 2)
    """

    def __init__(self, data, op="", inputs=()):
        self.data, self.op, self.inputs = data, op, inputs

    def __add__(self, other):
        ### BEGIN SOLUTION
        return Number(self.data + other.data, "+", (self, other))
        ### END SOLUTION

    def __mul__(self, other):
        ### BEGIN SOLUTION
        return Number(self.data * other.data, "*", (self, other))
        ### END SOLUTION


# %%
Number = check(Number)

# %%
a, b = Number(2.0), Number(3.0)
y = a * b + a
print(y.data, y.op, "made of", [(x.data, x.op) for x in y.inputs])
print("the right input is a itself:", y.inputs[1] is a)

# %% [markdown]
# The program is the same line as before. It ran as any program runs, and while it ran it left a trail. This is the
# whole idea of a dynamic graph; everything that follows is reading the trail.
#
# ## Constants and the other side
#
# `a + 1` does not work yet, since 1 has no `data`. And in `3 * a` the 3 stands first. Which method of `a` does Python
# call: `"__mul__"`, `"__rmul__"` or `"nobody"` at all?

# %%
predict("who-is-asked", "__rmul__")  ### ANSWER

# %% [markdown]
# ### Exercise 2 · Meet plain numbers
#
# *Difficulty 3 of 5 · about 10 minutes*
#
# `AnyNumber` builds on your `Number` and has its `__init__`. A plain number becomes an AnyNumber first, so that every
# input has `data` and `inputs`; an AnyNumber stays the object it is. That is the work of `wrap`: a static method, which
# gets no `self` and is called as `AnyNumber.wrap(x)`. Inputs stand in the order of the program: in `5 - a` the 5 comes
# first.

# %%
class AnyNumber(Number):
    """A Number that also meets plain numbers, on both sides, and can subtract.

    >>> y = 5.0 - AnyNumber(2.0)
    >>> y.data, y.op, [x.data for x in y.inputs]
    (3.0, '-', [5.0, 2.0])
    """

    @staticmethod
    def wrap(x):
        """x, a plain number or an AnyNumber, as an AnyNumber; an AnyNumber stays that object."""
        ### BEGIN SOLUTION
        return x if isinstance(x, AnyNumber) else AnyNumber(x)
        ### END SOLUTION

    def __add__(self, other):
        ### BEGIN SOLUTION
        other = self.wrap(other)
        return AnyNumber(self.data + other.data, "+", (self, other))
        ### END SOLUTION

    def __mul__(self, other):
        ### BEGIN SOLUTION
        other = self.wrap(other)
        return AnyNumber(self.data * other.data, "*", (self, other))
        ### END SOLUTION

    def __sub__(self, other):
        ### BEGIN SOLUTION
        other = self.wrap(other)
        return AnyNumber(self.data - other.data, "-", (self, other))
        ### END SOLUTION

    def __radd__(self, other):
        ### BEGIN SOLUTION
        return self.wrap(other) + self
        ### END SOLUTION

    def __rmul__(self, other):
        ### BEGIN SOLUTION
        return self.wrap(other) * self
        ### END SOLUTION

    def __rsub__(self, other):
        ### BEGIN SOLUTION
        return self.wrap(other) - self
        ### END SOLUTION


# %%
AnyNumber = check(AnyNumber)

# %% [markdown]
# ## Reading the record
#
# ### Exercise 3 · Tell the story
#
# *Difficulty 2 of 5 · about 8 minutes*
#
# The text of a result is made of the texts of its inputs, so `tell` may call itself.

# %%
def tell(number):
    """How a Number came about, with a bracket around every operation.

    A Number without inputs is told by its value, str(number.data).

    >>> tell(AnyNumber(2.0) * AnyNumber(3.0) + 1.0)
    '((2.0 * 3.0) + 1.0)'
    """
    ### BEGIN SOLUTION
    if not number.inputs:
        return str(number.data)
    left, right = number.inputs
    return f"({tell(left)} {number.op} {tell(right)})"
    ### END SOLUTION


# %%
tell = check(tell)

# %% [markdown]
# Now a trap. After these lines, is what `product` tells `"the same as before"`, `"100.0 * 100.0"` or `"an error"`?
#
# ```
# s = a + b
# product = s * s
# s = AnyNumber(100.0)
# ```

# %%
predict("name-taken-away", "the same as before")  ### ANSWER

# %%
a, b = AnyNumber(2.0), AnyNumber(3.0)
s = a + b
product = s * s
s = AnyNumber(100.0)
tell(product)

# %% [markdown]
# `tell` writes `(2.0 + 3.0)` twice, but it was computed once: there is one object, used twice. A text is a *tree*,
# in which no two branches share a part; the record is a *graph*. To see it as one, list its arrows.
#
# ### Exercise 4 · Arrows
#
# *Difficulty 3 of 5 · about 10 minutes*
#
# Write a helper inside, which visits one Number. Keep `id(x)` of those that you have been to.

# %%
def arrows(number):
    """Every arrow of the graph as a pair (input, result), in any order.

    A Number that is used twice is visited once; in s * s, two arrows lead from s to the product.

    >>> len(arrows(product))
    4
    """
    ### BEGIN SOLUTION
    found, seen = [], set()

    def visit(result):
        if id(result) in seen:
            return
        seen.add(id(result))
        for x in result.inputs:
            visit(x)
            found.append((x, result))

    visit(number)
    return found
    ### END SOLUTION


# %%
arrows = check(arrows)

# %% [markdown]
# That is all a drawing needs. Here are your arrows in DOT, the language of Graphviz, a program that lays out graphs:

# %%
from IPython.display import Image

from tinygrad_course.draw import layout


def dot(number):
    """The graph of a Number as DOT text."""
    numbers = {id(x): x for pair in arrows(number) for x in pair}
    place = {key: f"n{i}" for i, key in enumerate(numbers)}
    boxes = [f'{place[key]} [shape=box label="{x.op} {x.data}"]' for key, x in numbers.items()]
    lines = [f"{place[id(x)]} -> {place[id(result)]}" for x, result in arrows(number)]
    return "digraph { rankdir=LR; " + "; ".join(boxes + lines) + " }"


seen = "2.0 and 3.0 lead into + 5.0; two arrows lead from there into * 25.0"
Image(layout.render(dot(product), "png"), alt=seen)

# %% [markdown]
# ## From here on, Tensors
#
# The course's Tensor does what your AnyNumber does, for whole arrays. There is one difference in the record: it is
# kept apart from the value, in an object of its own, a *node*. So a value that nobody needs any longer can be freed
# while the record lives on. `y.node` is the record of the operation that made `y` (PyTorch calls it `y.grad_fn`).
#
# **In PyTorch** the program is the same line, `a * b + a`.
#
# How many nodes does `y = x * x * x` leave behind?

# %%
predict("nodes-of-cube", 2)  ### ANSWER

# %% [markdown]
# The next cell shows the package's own of your first two pieces, and of `tell`, which is `print(tg.draw(y))`. A
# Tensor's operators leave computing and recording to an operation, such as `Mul`, which wraps plain numbers as well.

# %%
x = tg.tensor(2.0, requires_grad=True)
y = x * x * x
for name in ("__mul__", "__rmul__", "__rsub__"):
    print(inspect.getsource(getattr(tg.Tensor, name)))
print(tg.draw(y))
print(y.node, "made from", y.node.inputs)
tg.draw(y)

# %% [markdown]
# A node's `inputs` hold three kinds of things: another node, where an operation made the input; the Tensor itself,
# where it is a leaf that wants gradients; `None` for a constant, since no gradient will ever go there.
#
# ### Exercise 5 · Who is at the beginning?
#
# *Difficulty 3 of 5 · about 10 minutes*

# %%
def leaves(y):
    """The leaf Tensors that y was computed from, each once, from left to right.

    That is, first all that are behind the left input, then those behind the right one. y is no leaf
    itself.

    >>> w = tg.tensor(3.0, requires_grad=True)
    >>> leaves(w - x * 2)
    [tensor(3., requires_grad=True), tensor(2., requires_grad=True)]
    """
    ### BEGIN SOLUTION
    found, seen = [], set()

    def visit(source):
        if source is None or id(source) in seen:
            return
        seen.add(id(source))
        if isinstance(source, tg.Tensor):
            found.append(source)
        else:
            for x in source.inputs:
                visit(x)

    visit(y.node)
    return found
    ### END SOLUTION


# %%
leaves = check(leaves)

# %% [markdown]
# ### Exercise 6 · Only what is near
#
# *Difficulty 3 of 5 · about 10 minutes · builds `draw.scene.nearest`*
#
# A large graph is too much to look at. `tg.draw(y, depth=3)` shows the last three operations on every way back, and
# this is the piece that finds them.

# %%
from tinygrad_course.graph import Node


def nearest(root, depth):
    """The set of nodes at most `depth` operations from root; root is the first: depth 1 is {root}.

    None means no limit, however large the graph is. Of a node's inputs, those are followed that are
    Nodes themselves: isinstance(x, Node).

    >>> len(nearest((x * 2 + 1).node, 1)), len(nearest((x * 2 + 1).node, None))
    (1, 2)
    """
    ### BEGIN SOLUTION
    within, ring = {root}, {root}
    while ring and (depth is None or depth > 1):
        ring = {s for node in ring for s in node.inputs if isinstance(s, Node)} - within
        within.update(ring)
        depth = None if depth is None else depth - 1
    return within
    ### END SOLUTION


# %%
nearest = check(nearest)

# %%
course.show("02.nearest")
z = x
for _ in range(30):
    z = (z * x + 1).tanh()
print(len(nearest(z.node, None)), "operations, of which the drawing shows", len(nearest(z.node, 3)))
tg.draw(z, depth=3)

# %% [markdown]
# **In PyTorch** the record is `y.grad_fn`, and its inputs are `y.grad_fn.next_functions`. Both names work here as
# well, and `arrows`, `leaves` and `nearest` can be written over them: a leaf stands there as an `AccumulateGrad`, whose
# `variable` it is. PyTorch itself draws nothing.
#
# ### Bug hunt 1
#
# Every fresh number here claims to have a past. Which part of the class is to blame: `"inputs=[]"`, `"self.data"` or
# `"append"`?

# %%
class Broken:
    def __init__(self, data, inputs=[]):
        self.data, self.inputs = data, inputs

    def __add__(self, other):
        result = Broken(self.data + other.data)
        result.inputs.append(self)
        result.inputs.append(other)
        return result


total = Broken(1.0) + Broken(2.0)
len(Broken(5.0).inputs)

# %%
predict("bug-list", "inputs=[]")  ### ANSWER

# %% [markdown]
# ### Bug hunt 2
#
# This one computes the right number, but the graph of `y` does not reach `rate`. What cut it: `"exp"`, `"item"` or
# `"the product"`?

# %%
rate = tg.tensor(0.5, requires_grad=True)
growth = rate.exp().item()
y = tg.tensor(100.0) * growth
print(y, y.requires_grad)

# %%
predict("bug-item", "item")  ### ANSWER

# %% [markdown]
# ## An expression nobody wrote
#
# This program makes up an expression as it goes, by throwing dice. No one has ever written it down, and still its
# graph is there the moment it has run. It is drawn inside `course.mine()`, which lets the framework run on the pieces
# that you wrote: here on your `nearest`, which leaves the last three operations on every way back. Twelve are run; what
# does not lead to the result is not in its graph.

# %%
import random

random.seed(348)
x, w = tg.tensor(0.5, requires_grad=True), tg.tensor(-1.0, requires_grad=True)
known = [x, w]
for _ in range(12):
    left, right = random.choice(known), random.choice(known)
    known.append(random.choice([left + right, left * right, left - right, left.tanh(), left.exp()]))
made_up = known[-1]
del left, right  # or one box would be called "left"
print("leaves:", len(leaves(made_up)), " operations:", len(nearest(made_up.node, None)))
with course.mine():
    picture = tg.draw(made_up, depth=3)
picture

# %% [markdown]
# ## What you have built
#
# - Operators that leave a record: value, operation, inputs.
# - Four ways to read it: as a story, as arrows, back to its leaves, and ring by ring.
# - The record holds objects, not names, and it is a graph, not a tree: what is used twice is there once.
#
# **Next:** lesson 03, *One rule for each operation*. The record says what was done; a rule for each operation says
# what that does to the slope.
