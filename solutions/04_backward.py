# %% [markdown]
# # Backward
#
# At the end of this page you have written an engine that differentiates any program, and it has trained a classifier
# from nothing.
#
# **Where this sits.** derivative → graph → rules → **backward** → tensors → modules → networks. The record says what
# was done, the rules say what each operation does to a slope. The engine sends the slope through all of it.
#
# *About 60 minutes. You need lesson 02 (nodes) and 03 (rules); what you have not built comes from the package.*

# %%
import inspect

import numpy as np

import tinygrad_course as tg
from tinygrad_course import course, plots
from tinygrad_course.course import bar, check, hint, lesson, predict, solution
from tinygrad_course.graph import Node, pull

lesson("04")
tg.set_default_dtype(tg.float64)

# %% [markdown]
# ## What the engine has to do
#
# Here is a small graph. The slope of `y` with respect to itself is 1. From there it travels against the arrows: each
# operation's rules turn the gradient of its output into those of its inputs.

# %%
x = tg.tensor(3.0, requires_grad=True)
y = x * x
tg.draw(y)

# %% [markdown]
# Two arrows leave `x`. Each brings 3.0, the value of the other factor. What should `x.grad` be in the end?

# %%
predict("two-paths", 6.0)  ### ANSWER

# %% [markdown]
# `pull(node, g)` is the piece that applies a node's rules. It takes `g`, the gradient of the node's output, and gives
# a list of pairs (source, gradient), one for each input that wants a gradient. A source is what a node's `inputs` hold:
# a leaf, which is a Tensor, or another Node. A gradient is an array, like `g`. (A node can be pulled once: then the
# values that its rules read are let go.)

# %%
x, w = tg.tensor([2.0], requires_grad=True), tg.tensor([5.0], requires_grad=True)
print(pull((x * w).node, np.ones(1)))
print(pull((x * w * 10).node, np.ones(1)))

# %% [markdown]
# Three pieces are left to write: in which order to go, how a leaf keeps its gradient, and the loop.
#
# ## The order
#
# Look at the graph below and begin at `y`. Its product hands gradients to two operations: the product that made `a`,
# and `exp`. Whose turn is next: `"a"`, `"exp"` or `"either"`?

# %%
x = tg.tensor(0.5, requires_grad=True)
a = x * 2
b = a.exp()
y = a * b
tg.draw(y)

# %%
predict("order", "exp")  ### ANSWER

# %% [markdown]
# A node's turn comes when all that it will ever receive has arrived. Inputs are always older than their results, and
# every node has an `id` that counts up as they are made. So, for any graph, list the nodes by their ids, oldest first;
# the pass back goes through that list from its end.
#
# ### Exercise 1 · Walk
#
# *Difficulty 3 of 5 · about 12 minutes · builds `graph.walk`*

# %%
def walk(node):
    """Every Node that `node` came from, itself included, oldest first: a list ordered by node.id.

    Each Node stands in it once. Leaves (Tensors) and constants (None) do not: follow an input if
    isinstance(source, Node). Chains of many thousands of operations are usual. With y of the cell
    above:

    >>> [n.op.__name__ for n in walk(y.node)]
    ['Mul', 'Exp', 'Mul']
    """
    ### BEGIN SOLUTION
    seen, stack = {node}, [node]
    while stack:
        for source in stack.pop().inputs:
            if isinstance(source, Node) and source not in seen:
                seen.add(source)
                stack.append(source)
    return sorted(seen, key=lambda n: n.id)
    ### END SOLUTION


# %%
walk = check(walk)

# %% [markdown]
# ### Exercise 2 · Bring a gradient home
#
# *Difficulty 2 of 5 · about 5 minutes · builds `graph.accumulate`*
#
# At the end of a pass, `accumulate(leaf, g)` is called for each leaf; `g` is the sum of all that the pass brought
# there. A leaf may have a gradient already, from an earlier pass. Then the two add up: passes from `y1` and from `y2`
# bring what one pass from `y1 + y2` would.

# %%
def accumulate(leaf, g):
    """Add the gradient g to what leaf has received so far.

    leaf.grad is None before the first pass. g is a Tensor of leaf's shape.
    Two leaves must never share one array: keep a copy, g.clone(), and not g itself.

    >>> w = tg.tensor(1.0, requires_grad=True)
    >>> accumulate(w, tg.tensor(3.0)); accumulate(w, tg.tensor(3.0)); w.grad
    tensor(6.)
    """
    ### BEGIN SOLUTION
    leaf.grad = g.clone() if leaf.grad is None else leaf.grad + g
    ### END SOLUTION


# %%
accumulate = check(accumulate)

# %% [markdown]
# If the check said that the second gradient replaces the first, you have met the most common mistake in this field.
# **In PyTorch** the same rule is why every training loop calls `optimizer.zero_grad()`.
#
# ### Exercise 3 · Propagate
#
# *Difficulty 4 of 5 · about 15 minutes · builds `graph.propagate`*
#
# Now the loop. Keep a dict of what has arrived so far; its keys are Nodes and leaves alike. At first the root has `g`
# and nobody else has anything. When a node has its turn, take its gradient out of the dict. After the last turn only
# leaves are left there, each with its sum. Use `walk`, `pull` and `accumulate`.

# %%
def propagate(root, g):
    """Send g, the gradient of root's output, back through the graph to every leaf.

    root is a Node, g an array. What pull gives for a source, Node or leaf, is added to what that
    source has. What arrives at a leaf goes to accumulate as a Tensor: its sum at the end, or each
    part on its own, but none twice. tg.as_tensor makes a Tensor of an array. Add with a + b, which
    makes a new array: rules may hand one array to two inputs.

    >>> x = tg.tensor(3.0, requires_grad=True); y = x * x
    >>> propagate(y.node, np.array(1.0)); x.grad
    tensor(6.)
    """
    ### BEGIN SOLUTION
    arrived = {root: g}
    for node in reversed(walk(root)):
        for source, gx in pull(node, arrived.pop(node)):
            if source in arrived:
                arrived[source] = arrived[source] + gx
            else:
                arrived[source] = gx
    for leaf, total in arrived.items():
        accumulate(leaf, tg.as_tensor(total))
    ### END SOLUTION


# %%
propagate = check(propagate)

# %% [markdown]
# That was the engine. **In PyTorch** the same loop is written in C++, and `loss.backward()` runs it. The package's own,
# to read beside yours. It takes the leaves' sums out of the dict too, so that their memory is free at once:

# %%
course.show("04.propagate")
course.show("04.walk")
course.show("04.accumulate")

# %% [markdown]
# ### Exercise 4 · Backward
#
# *Difficulty 2 of 5 · about 5 minutes*

# %%
def backward(y):
    """Send the gradient of y itself back from y, a Tensor of one number; leaves add up theirs.

    The array that the pass begins with has the shape of y, such as () or (1,).

    >>> x = tg.tensor([2.0], requires_grad=True)
    >>> backward(x * x * x); x.grad
    tensor([12.])
    """
    ### BEGIN SOLUTION
    propagate(y.node, np.ones(y.shape))
    ### END SOLUTION


# %%
backward = check(backward)

# %% [markdown]
# **In PyTorch** this is the method `y.backward()`. The package's, printed below, first asks whether anything wants a
# gradient; `seed` makes the array of ones; and `run_backward` is your `propagate` with options.
#
# Then step through a pass of the package's engine. Use the arrow keys or the buttons; where two paths meet at `a`,
# watch the sum.

# %%
print(inspect.getsource(tg.Tensor.backward))
x = tg.tensor(0.8, requires_grad=True)
a = x * 2
b = a.exp()
y = a * b
tg.play(y)

# %% [markdown]
# ## Learning is walking downhill
#
# A gradient says which way the result grows. A *loss* is a number that says how wrong a program is. To make it
# smaller, move every *parameter*, a tensor that is to learn, a little the other way: by the *learning rate*, `lr`,
# times its gradient.
#
# One thing first. `w.grad` is 5 after one pass through `5 * w`. What is it after a second pass?

# %%
predict("second-pass", 10.0)  ### ANSWER

# %% [markdown]
# ### Exercise 5 · Begin anew
#
# *Difficulty 1 of 5 · about 3 minutes*

# %%
def zero_grad(parameters):
    """Forget the gradient of every parameter in the list: its .grad is None, as it was at first."""
    ### BEGIN SOLUTION
    for p in parameters:
        p.grad = None
    ### END SOLUTION


# %%
zero_grad = check(zero_grad)

# %% [markdown]
# ### Exercise 6 · One step down
#
# *Difficulty 2 of 5 · about 6 minutes*
#
# The step is not part of the model: under `with tg.no_grad():` nothing is recorded.

# %%
def descend(parameters, lr):
    """Move every parameter by lr times its gradient, against the gradient, in place.

    >>> w = tg.tensor([2.0], requires_grad=True)
    >>> (w * w).backward(); descend([w], 0.1); w
    tensor([1.6000], requires_grad=True)
    """
    ### BEGIN SOLUTION
    with tg.no_grad():
        for p in parameters:
            p -= lr * p.grad
    ### END SOLUTION


# %%
descend = check(descend)

# %% [markdown]
# In the package, and **in PyTorch**, these two belong to an *optimizer*, which keeps the list of parameters:
# `optimizer.zero_grad()`, printed after the bug hunt, and `optimizer.step()`, which for `SGD` ends in `p -= lr * g`.
# Lesson 10 builds them.
#
# ### Bug hunt 1
#
# This program should bring `w` to 4, where the loss is 0. The loss falls, then it swings. Is the cause in `"the
# loss"`, in a missing `"zero_grad"` or in `"the learning rate"`? Answer, then mend it and run it again: in the end `w`
# is near 3.995 and the loss about 4e-5.

# %%
w, losses = tg.tensor([0.0], requires_grad=True), []
for _ in range(30):
    loss = ((w - 4) ** 2).sum()
    loss.backward()
    descend([w], 0.1)
    losses.append(loss.item())
plots.curves(losses)

# %% tags=["taste"]
predict("bug-slower", "zero_grad")  ### ANSWER
print(inspect.getsource(tg.optim.Optimizer.zero_grad))

# %% [markdown]
# ### Bug hunt 2
#
# Here nothing is learned at all, and backward complains. Which part cut the graph: `"float"`, `"square"` or
# `"backward"`? Answer, then mend this one too: `w.grad` should be -6.

# %%
w, goal = tg.tensor([1.0], requires_grad=True), tg.tensor([4.0])
try:
    loss = (float(w) - goal) ** 2
    loss.backward()
    print(w.grad)
except RuntimeError as error:
    print(error)

# %%
predict("bug-detached", "float")  ### ANSWER

# %% [markdown]
# ## A classifier from nothing
#
# Two moons of points are to be told apart: a *classifier* is to say 1 for the one and -1 for the other. First one
# *neuron*: each of a point's two numbers times its weight in `w`, added up (`@` does both, for all points), plus `b`,
# bent by tanh. Then a network: 16 neurons side by side, and their 16 answers weighed in turn. How `@` and `+` treat
# whole tables is the matter of the next two lessons; take it as given.
#
# Parameters are plain tensors, and `course.mine()` runs the framework on the pieces that you wrote.

# %%
tg.manual_seed(1)
points, labels = tg.data.moons(200)[:]
target = labels.to(tg.float64) * 2 - 1  # -1 for one moon, 1 for the other
w, b = tg.zeros(2, 1).requires_grad_(), tg.zeros(1).requires_grad_()
W1, b1 = tg.randn(2, 16).requires_grad_(), tg.zeros(16).requires_grad_()
W2, b2 = (tg.randn(16, 1) * 0.3).requires_grad_(), tg.zeros(1).requires_grad_()


def neuron(x):
    return (x @ w + b).tanh()[:, 0]


def network(x):
    return ((x @ W1 + b1).tanh() @ W2 + b2)[:, 0]


def train(program, parameters):
    for _ in bar(range(300), program.__name__):
        loss = ((program(points) - target) ** 2).mean()
        zero_grad(parameters)
        loss.backward()
        descend(parameters, 0.1)
    right = ((program(points) > 0) == (target > 0)).double().mean()
    said = f"{program.__name__}: loss {loss.item():.2f} at the end"
    return f"{said}, {right.item():.2f} of the points right"


with course.mine():
    results = [train(neuron, [w, b]), train(network, [W1, b1, W2, b2])]
print(*results, sep="\n")

# %%
plots.decision_boundary(network, points, labels)

# %% [markdown]
# One neuron draws a straight line, and no straight line parts the moons. The sum of 16 can bend. If you wrote
# `propagate`, every gradient went through your loop, 600 times.
#
# ## What you have built
#
# - `walk`: the order of the ids is right for every graph, and each node is walked into once, without recursion.
# - `accumulate`: the gradients of several passes add up, and nobody shares an array.
# - `propagate`: a node's turn comes when all has arrived; the leaves come last.
# - A training loop is four lines: loss, zero_grad, backward, step.
#
# **Next:** lesson 05, *Tensors*: whole arrays in the nodes, and what broadcasting does to a gradient.
