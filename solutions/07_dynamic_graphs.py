# %% [markdown]
# # Dynamic graphs
#
# At the end of this page your programs decide, repeat and call themselves, and are differentiated all the same, twice
# if you like. You can look inside them while they run.
#
# **Where this sits.** … → backward → tensors → matrices → **dynamic graphs** → modules. The graph is a record of what
# the program did. So there is nothing special about `if`, `for` and recursion: whatever ran is recorded.
#
# *About 60 minutes. You need lesson 04 (backward); what you have not built comes from the package.*

# %%
import pdb
from linecache import getline

import tinygrad_course as tg
from tinygrad_course import course, plots
from tinygrad_course.autograd.grad_mode import Switch
from tinygrad_course.course import bar, check, hint, lesson, predict, solution
from tinygrad_course.draw import side_by_side
from tinygrad_course.modes import modes


class Typed(pdb.Pdb):
    """Python's debugger for a page: its commands are typed beforehand; it shows no path."""

    def precmd(self, line):
        print("(Pdb)", line)
        return line

    def print_stack_entry(self, where, *rest):
        print("->", getline(where[0].f_code.co_filename, where[1]).strip())


lesson("07")
tg.set_default_dtype(tg.float64)
debugger = Typed(nosigint=True, readrc=False)

# %% [markdown]
# ## The graph is what ran
#
# Halve while the number is even. How often, only the number knows.
#
# ```python
# def halve(x):
#     while x.item() % 2 == 0:
#         x = x / 2
#     return x * 3
# ```
#
# How many operations does `halve(x)` leave in the graph for x = 12?

# %%
predict("halvings", 3)  ### ANSWER


# %%
def halve(x):
    while x.item() % 2 == 0:
        x = x / 2
    return x * 3


six, twelve = tg.tensor(6.0, requires_grad=True), tg.tensor(12.0, requires_grad=True)
side_by_side(halve(six), halve(twelve), captions=["x = 6", "x = 12"])

# %% [markdown]
# Two runs of one function, two graphs. The `while` itself is in neither: it looked at plain numbers, through
# `item()`, and decided which operations came next.
#
# ### Exercise 1 · A root, by steps
#
# *Difficulty 2 of 5 · about 6 minutes*
#
# Heron's method, two thousand years old: y and x / y lie on both sides of √x, so their mean is nearer.


# %%
def heron(x):
    """The square root of x, a Tensor of one positive number, by Heron's method, with gradients.

    Begin with y = x. While the distance of y · y from x is more than 1e-9, y becomes the mean of y
    and x / y.

    >>> x = tg.tensor(4.0, requires_grad=True); y = heron(x); y.backward(); y, x.grad
    (tensor(2.0000, grad_fn=<Div>), tensor(0.2500))
    """
    ### BEGIN SOLUTION
    y = x
    while abs((y * y - x).item()) > 1e-9:
        y = (y + x / y) / 2
    return y
    ### END SOLUTION


# %%
heron = check(heron)

# %% [markdown]
# **In PyTorch:** the same lines; or `x.sqrt()`, which in the package is one operation, `Sqrt`, with a rule. Here nobody
# derived a rule: the derivative of √x is 1 / (2 √x), 1/4 at 4, and it came out of the steps. But the graph is that of
# the steps, not of √x: at x = 1 the loop ends before it begins, y is x itself, and its slope is 1, not 1/2. Step
# through two rounds:

# %%
x = tg.tensor(1.2, requires_grad=True)
y = x
for _ in range(2):
    y = (y + x / y) / 2
tg.play(y)

# %% [markdown]
# ### Exercise 2 · A network in the shape of its input
#
# *Difficulty 3 of 5 · about 7 minutes*
#
# A sentence has the structure of a tree, and so has a formula. Here a tree is a number, or a pair of trees.


# %%
def tree_value(tree, w):
    """The value of a tree, a Tensor of one number.

    tree: a number, whose value is itself; or a pair (left, right), whose value is tanh(w[0] · value
    of left + w[1] · value of right). w: a Tensor of shape (2,), the same for all pairs.

    >>> tree_value((1.0, (2.0, 3.0)), tg.tensor([0.5, -0.8]))
    tensor(0.8362)
    """
    ### BEGIN SOLUTION
    if not isinstance(tree, tuple):
        return tg.tensor(tree)
    left, right = tree
    return (w[0] * tree_value(left, w) + w[1] * tree_value(right, w)).tanh()
    ### END SOLUTION


# %%
tree_value = check(tree_value)

# %%
w = tg.tensor([0.5, -0.8], requires_grad=True)
tg.draw(tree_value(((1.0, 2.0), 3.0), w), shapes=False, direction="LR")

# %% [markdown]
# Two pairs, two tanh: the graph of the inner pair ends in the first, and the outer pair goes on from there. **In
# PyTorch:** the same lines, and no piece of its own, here or there: the graph takes its shape from your recursion.
#
# ## Not to be recorded
#
# `y.detach()` is the same number without its past: a constant from there on. With x = 3, what is `x.grad` after
# `(2 * x.detach() * x).backward()`?

# %%
predict("detached", 6)  ### ANSWER

# %% [markdown]
# For whole stretches of a program there is `with tg.no_grad():`. Python calls `__enter__` at the `with` and
# `__exit__` at its end, also when an error ends it. `modes.grad` says whether operations are recorded now.
#
# ### Exercise 3 · Recording switched off
#
# *Difficulty 3 of 5 · about 9 minutes · builds `autograd.grad_mode.no_grad`*
#
# `enable_grad` inherits from this class, with `mode = True`. `Switch` lets it stand above a function too, as below:
# each call then runs inside the block. If such a function calls itself, one object is entered again before it is left:
#
# ```python
# @tg.no_grad()
# def depth(tree):
#     return 1 + max(depth(tree[0]), depth(tree[1])) if isinstance(tree, tuple) else 0
# ```


# %%
class no_grad(Switch):
    """A `with` block in which modes.grad is self.mode; afterwards it is what it was before."""

    mode = False

    def __init__(self):
        """Prepare; nothing is switched yet."""
        ### BEGIN SOLUTION
        self.before = []
        ### END SOLUTION

    def __enter__(self):
        ### BEGIN SOLUTION
        self.before.append(modes.grad)
        modes.grad = self.mode
        ### END SOLUTION

    def __exit__(self, *exception):
        """exception: the error that ended the block, or three times None. Errors go on."""
        ### BEGIN SOLUTION
        modes.grad = self.before.pop()
        ### END SOLUTION


# %%
no_grad = check(no_grad)

# %% [markdown]
# **In PyTorch:** `with torch.no_grad():`. The package's own comes with the next cell.
#
# ### Bug hunt 1
#
# The total of all losses is kept, to print the mean at the end. The program needs more memory with every step. Where
# is the mistake: `"w * x"`, `"total + loss"` or `"loss.backward()"`?

# %%
course.show("07.no_grad")
w, total = tg.tensor(1.0, requires_grad=True), tg.tensor(0.0)
for x in (1.0, 3.0):
    loss = (w * x - 2) ** 2
    loss.backward()
    total = total + loss
tg.draw(total)

# %%
predict("bug-growing", "total + loss")  ### ANSWER

# %% [markdown]
# ### Bug hunt 2
#
# PyTorch's most famous error. `mul_`, with an underscore, writes into the array itself, and each write counts up its
# version. (`* 1` is there because a leaf would refuse to be written into.) Which part of the program is to blame:
# `"x * x"`, `"x.mul_(2)"` or `"y.backward()"`?

# %%
x = tg.tensor([1.0, 2.0], requires_grad=True) * 1
y = (x * x).sum()
x.mul_(2)
try:
    y.backward()
except RuntimeError as error:
    print(error)

# %%
predict("bug-in-place", "x.mul_(2)")  ### ANSWER

# %% [markdown]
# Writing in place is safe where no rule reads what is lost: `x.add_(1)` after `y = 2 * x`, say. Two more traps raise at
# once: writing into a leaf that wants gradients, outside of `no_grad`, and calling `backward` twice on one graph.
#
# ## Looking inside
#
# `print` works anywhere on the way forward. On the way back nobody calls your code, unless you leave a **hook** at a
# tensor: a function that is called with its gradient when that is known, and may return another in its place.

# %%
x = tg.tensor([1.0, -2.0], requires_grad=True)
h = x * 3
handle = h.register_hook(lambda g: print("the gradient of h:", g))
(h * h).sum().backward()
handle.remove()

# %% [markdown]
# `handle.remove()` takes the hook away, or it would print in every pass. The hooks of a tensor stand in a dict, a
# number for each, in the order in which they came.
#
# ### Exercise 4 · Call the hooks
#
# *Difficulty 2 of 5 · about 6 minutes · builds `graph.run_hooks`*


# %%
def run_hooks(hooks, g):
    """Call every hook, in order, with the gradient; what one returns, if not None, replaces it.

    hooks: a dict, whose values are functions of one Tensor. A hook may take itself out of the dict
    while it runs. Returns the gradient after all of them.

    >>> run_hooks({0: lambda g: None, 1: lambda g: g * 2}, tg.tensor(3.0))
    tensor(6.)
    """
    ### BEGIN SOLUTION
    for hook in list(hooks.values()):
        answer = hook(g)
        g = g if answer is None else answer
    return g
    ### END SOLUTION


# %%
run_hooks = check(run_hooks)

# %% [markdown]
# **In PyTorch:** `h.register_hook(print)`, too. A *Function* of your own goes further: you write its forward and its
# backward, and call it by `apply`. `ctx` is there to keep things for backward; this one needs none.
#
# ### Exercise 5 · A function of your own
#
# *Difficulty 2 of 5 · about 6 minutes*


# %%
class Clip(tg.autograd.Function):
    """The input as it is; on the way back each number of the gradient is kept between -1 and 1.

    >>> x = tg.tensor([5.0], requires_grad=True); (100 * Clip.apply(x)).sum().backward(); x.grad
    tensor([1.])
    """

    @staticmethod
    def forward(ctx, x):
        """x: a Tensor. Returns one with the same numbers; x.clone() is a copy."""
        ### BEGIN SOLUTION
        return x.clone()
        ### END SOLUTION

    @staticmethod
    def backward(ctx, g):
        """g: the gradient of the output, a Tensor. Returns that of x; there is g.clamp(low,
        high)."""
        ### BEGIN SOLUTION
        return g.clamp(-1, 1)
        ### END SOLUTION


# %%
Clip = check(Clip)

# %% [markdown]
# **In PyTorch:** `class Clip(torch.autograd.Function)`, word for word. The package's `run_hooks` comes first below.
#
# ### In the middle of a pass
#
# `print` works in a forward and in a backward as anywhere else. Where it is too little, there is Python's own debugger,
# `pdb`. The program stops at `pdb.set_trace()`, on the way forward and on the way back, and you type: `p g` prints `g`,
# `n` goes to the next line, `c` goes on.
#
# The slope of x³ at 2 is 12, so 5x³ should bring 60. This rule brings 30. Here the commands were typed beforehand, in
# `cmdqueue`; `->` is the line to come. Then write `pdb.set_trace()` in both places and type them yourself.

# %%
course.show("07.run_hooks")


class Cube(tg.autograd.Function):
    """x³, with a mistake on the way back."""

    @staticmethod
    def forward(ctx, x):
        print("forward: x =", x)
        ctx.save_for_backward(x)
        debugger.set_trace()
        z = x**3
        return z

    @staticmethod
    def backward(ctx, g):
        print("backward: g =", g)
        (x,) = ctx.saved_tensors
        debugger.set_trace()
        slope = 3 * x
        return g * slope


debugger.cmdqueue = ["p x", "n", "p z", "c", "p x", "n", "p slope", "slope = 3 * x * x", "c"]
x = tg.tensor([2.0], requires_grad=True)
(5 * Cube.apply(x)).backward()
print("x.grad", x.grad)

# %% [markdown]
# The way forward is right: z is 8. On the way back the slope was 6 where 3 · 2² is 12. The last command but one set it
# right, for this pass alone. Now you know which line to mend.
#
# ## Gradients of gradients
#
# A backward pass consists of operations as well. With `create_graph=True` it is recorded in its turn, and can be
# differentiated again. `tg.autograd.grad(y, x)` leaves `.grad` alone and gives a tuple, with one gradient for each
# input.

# %%
x = tg.tensor(2.0, requires_grad=True)
(slope,) = tg.autograd.grad(x * x, x, create_graph=True)
tg.draw(slope)

# %% [markdown]
# The slope of x², made by backward: 1.0 is what it began with, each use of x brings that times the other x, and the sum
# is 2x. The third derivative of x⁴ at 1 is found by three calls. What is it?

# %%
predict("third", 24)  ### ANSWER

# %% [markdown]
# ### Exercise 6 · Newton's step
#
# *Difficulty 3 of 5 · about 8 minutes*
#
# Lay a parabola at a function so that three things fit: its value, its slope f′, and its bend f″, the slope of the
# slope. The parabola is level at x − f′ / f″. Where f″ is above 0, that is its lowest place. No learning rate is
# needed. `x.detach().requires_grad_()` is a number without a past that wants gradients.


# %%
def newton_step(f, x):
    """One step of Newton's method towards a place where f is level: x − f′(x) / f″(x).

    f: a function of a Tensor of one number. x: such a Tensor, which wants gradients. Returns a new
    one that wants gradients too, and has no past.

    >>> newton_step(lambda x: (x - 3) ** 2, tg.tensor(1.0, requires_grad=True))
    tensor(3., requires_grad=True)
    """
    ### BEGIN SOLUTION
    (slope,) = tg.autograd.grad(f(x), x, create_graph=True)
    (bend,) = tg.autograd.grad(slope, x)
    return (x - slope / bend).detach().requires_grad_()
    ### END SOLUTION


# %%
newton_step = check(newton_step)

# %% [markdown]
# **In PyTorch:** `torch.autograd.grad(f(x), x, create_graph=True)`; the rest is the same, and neither has Newton's
# method ready.
#
# ## All of it, on your own pieces
#
# First Newton's method on x⁴ − 3x, whose lowest place is the cube root of 3/4. Then a network of trees learns two
# numbers `w`, so that trees of three shapes come near the values that they should have (two numbers cannot meet all
# three); a hook collects the gradients on the way.

# %%
trees = {(1.0, 2.0): 0.2, ((1.0, 2.0), 3.0): -0.5, (1.0, (2.0, (3.0, 1.0))): 0.6}
places, gradients, losses = [2.0], [], []
with course.mine():
    x = tg.tensor(2.0, requires_grad=True)
    for _ in range(6):
        x = newton_step(lambda x: x**4 - 3 * x, x)
        places.append(x.item())
    w = tg.tensor([0.1, 0.1], requires_grad=True)
    w.register_hook(lambda g: gradients.append(g.norm().item()))
    for _ in bar(range(300), "trees"):
        w.grad = None
        loss = sum((tree_value(tree, w) - value) ** 2 for tree, value in trees.items())
        loss.backward()
        with tg.no_grad():
            w -= 0.03 * w.grad
        losses.append(loss.item())
print("Newton:", " ".join(f"{place:.4f}" for place in places))
print(f"The cube root of 3/4 is {0.75 ** (1 / 3):.4f}")
print(f"trees: loss {losses[0]:.3f} at first, {losses[-1]:.4f} at the end")
plots.curves({"loss": losses, "size of the gradient": gradients}, log=True)

# %% [markdown]
# ## How TensorFlow says it
#
# > TensorFlow records on request, on a tape, inside a `with`. Here, as in PyTorch, recording is on wherever a tensor
# > wants gradients. The tape watches variables of its own accord, other tensors only after `tape.watch(x)`. It serves
# > one gradient, unless made with `persistent=True` (for us: `backward(retain_graph=True)`). A tape around a tape is
# > our `create_graph`. The slope is returned, as by `tg.autograd.grad`; nothing adds up.
# >
# > ```python
# > with tf.GradientTape() as tape:
# >     y = x * x
# > slope = tape.gradient(y, x)
# > ```
#
# ## What you have built
#
# - Loops and recursion need nothing special: what ran is recorded.
# - `no_grad` puts back what it found, in every case. `detach` cuts, numbers forget.
# - Hooks, print and pdb: a backward pass is a program that you can look into.
# - With `create_graph` a gradient has a graph of its own.
#
# **Next:** lesson 08, *Modules*: a network as a tree of parts that know what they learn.
