# %% [markdown]
# # What a derivative is
#
# At the end of this page you can measure how steep any function is, you know how far to trust the number, and you
# have built the piece that proves every gradient in this course.
#
# **Where this sits.** **derivative** → graph → rules → backward → tensors → modules → networks. Training moves
# numbers in the direction that makes a result better. The derivative is that direction.
#
# *About 55 minutes. You need Python functions and a little NumPy.*

# %%
import numpy as np

import tinygrad_course as tg
from tinygrad_course import course, plots
from tinygrad_course.course import check, hint, lesson, predict, solution

lesson("01")
tg.set_default_dtype(tg.float64)

# %% [markdown]
# The last line asks for tensors with 16 digits, as Python's own numbers have, instead of 7. You will see below why
# small differences need them.
#
# ## How fast does tea cool?
#
# Freshly made tea has 90 degrees Celsius and the kitchen 20. After `t` minutes the tea has roughly this temperature:

# %%
def tea(t):
    return 20 + 70 * np.exp(-t / 30)


minutes = np.linspace(0, 90, 91)
plots.lines(minutes, {"tea": tea(minutes)}, x="minutes", y="degrees Celsius")

# %% [markdown]
# How fast does it cool, in degrees per minute? There is no single answer: fast at first, then slower. But between two
# moments there is one.
#
# ### Exercise 1 · From here to there
#
# *Difficulty 1 of 5 · about 4 minutes*

# %%
def average_slope(f, a, b):
    """How much f grows from a to b, for each unit that x grows.

    f takes a number and gives a number; a and b are different numbers.

    >>> average_slope(lambda x: x * x, 1.0, 4.0)
    5.0
    """
    ### BEGIN SOLUTION
    return (f(b) - f(a)) / (b - a)
    ### END SOLUTION


# %%
average_slope = check(average_slope)

# %% [markdown]
# **In PyTorch**, and in the package, the line is the same: no framework has a piece for it.
#
# Between two moments that are close together, the speed hardly changes. So let the second come nearer to the first.

# %%
for later in (40, 20, 11, 10.1, 10.01, 10.001, 10.0001):
    print(f"from 10 to {later:7} minutes: {average_slope(tea, 10, later):8.4f} degrees per minute")

# %% [markdown]
# The numbers settle. What they settle to is the *derivative* of `tea` at 10, its slope at one single point. The minus
# says that the tea gets colder.
#
# ### Exercise 2 · One small step
#
# *Difficulty 1 of 5 · about 4 minutes*
#
# Give the small distance a name, `h`. This is the *forward difference*:
#
# $$\frac{f(x + h) - f(x)}{h}$$

# %%
def forward_difference(f, x, h):
    """The slope of f at x, from x and a point h to the right of it.

    >>> forward_difference(lambda x: x * x, 3.0, 0.5)
    6.5
    """
    ### BEGIN SOLUTION
    return (f(x + h) - f(x)) / h
    ### END SOLUTION


# %%
forward_difference = check(forward_difference)

# %% [markdown]
# ## How wrong is it?
#
# The true slope of `x * x` at 3 is 6. With `h = 0.1` the forward difference is wrong by how much: `"0.1"`, `"0.01"`
# or `"0.001"`?

# %%
predict("forward-error", "0.1")  ### ANSWER

# %%
def square(x):
    return x * x


for h in (0.1, 0.01, 0.001):
    print(f"h = {h:5}: wrong by {forward_difference(square, 3.0, h) - 6:.4f}")

at = np.linspace(1, 5, 41)
slopes = {"its slope at 3": 6} | {f"step {h}": forward_difference(square, 3.0, h) for h in (2, -2)}
tangents = {name: 9 + slope * (at - 3) for name, slope in slopes.items()}
plots.lines(at, {"x * x": square(at)} | tangents)

# %% [markdown]
# The picture has two large steps. The one to the right goes uphill on a curve that bends upwards, and sees 8, too
# steep; the one to the left sees 4, too flat. Look to both sides, and the two errors cancel. This is the *symmetric* or
# *central difference*:
#
# $$\frac{f(x + h) - f(x - h)}{2h}$$
#
# ### Exercise 3 · Look both ways
#
# *Difficulty 2 of 5 · about 4 minutes*

# %%
def symmetric_difference(f, x, h):
    """The slope of f at x, from a point h to the left and a point h to the right of it.

    >>> symmetric_difference(lambda x: x * x, 3.0, 0.5)
    6.0
    """
    ### BEGIN SOLUTION
    return (f(x + h) - f(x - h)) / (2 * h)
    ### END SOLUTION


# %%
symmetric_difference = check(symmetric_difference)

# %% [markdown]
# The package has no piece for one number; its own, for whole arrays, is Exercise 7. **In PyTorch** both differences are
# in `torch.gradient(heights, spacing=h)`: symmetric inside a row of heights, forward and backward at its ends.
#
# With `x * x` nothing is left of the error. With `x * x * x` a little is. If the step gets 10 times smaller, the
# error of the symmetric difference gets `"10 times smaller"`, `"100 times smaller"` or `"1000 times smaller"`?

# %%
predict("symmetric-error", "100 times smaller")  ### ANSWER

# %%
def cube(x):
    return x * x * x


exact = 3 * 0.9 * 0.9
for h in (0.1, 0.01, 0.001):
    print(f"h = {h:5}: wrong by {symmetric_difference(cube, 0.9, h) - exact:.6f}")

# %% [markdown]
# ## Why not the smallest step of all?
#
# If smaller is better, why not `h = 1e-17`? Think of the square at `x = 1.0`. What number will the symmetric
# difference give?

# %%
predict("tiny-step", 0)  ### ANSWER

# %% [markdown]
# The next number that a computer has after 1.0 is 1.0000000000000002; with 7 digits it would be 1.0000001. Where `h`
# is smaller than that gap, nothing moves. Where it is a little larger, the two values of `f` agree in nearly all
# their digits, and the few that are left are divided by something tiny. So two errors pull in opposite directions.
# Look at them for steps from 1 to 1e-15:

# %%
print("h = 1e-17:", symmetric_difference(square, 1.0, 1e-17))

steps = [1 / 10**k for k in range(16)]
errors = {
    "forward": [abs(forward_difference(cube, 0.9, h) - exact) for h in steps],
    "symmetric": [abs(symmetric_difference(cube, 0.9, h) - exact) for h in steps],
}
plots.lines(steps, errors, x="step h", y="error of the slope", log=True)

# %% [markdown]
# From one line of the grid to the next it is a factor of 100, on both scales. Read the picture from right to left.
# First the error falls with the step, for the symmetric difference twice as steeply. Then rounding takes over, and it
# rises again. At `h = 1e-15` nearly all that was won is lost.
#
# ### Exercise 4 · The best step
#
# *Difficulty 2 of 5 · about 8 minutes*
#
# `symmetric_difference` from above is there to be used.

# %%
def best_step(f, x, slope, steps):
    """The h among steps whose symmetric difference comes nearest to the known slope.

    steps is a list of numbers. Of two steps that are equally good, the first.

    >>> best_step(lambda x: x ** 3, 2.0, 12.0, [1.0, 0.5, 0.1])
    0.1
    """
    ### BEGIN SOLUTION
    return min(steps, key=lambda h: abs(symmetric_difference(f, x, h) - slope))
    ### END SOLUTION


# %%
best_step = check(best_step)

# %% [markdown]
# Steps of 1e-5 or 1e-6 are good for numbers of ordinary size. The package uses 1e-6, and so does **PyTorch**:
# `torch.autograd.gradcheck(..., eps=1e-06)`.
#
# ## The line that touches
#
# Near one point, a curve and the straight line that touches it can hardly be told apart. That is what a derivative is
# for: to replace something bent by something straight, for a short way. The line is a function, too: it takes a place
# and gives the height there. A function can make a function: after `def adder(n): return lambda k: n + k`,
# `adder(2)(5)` is 7.
#
# ### Exercise 5 · The tangent
#
# *Difficulty 2 of 5 · about 8 minutes*

# %%
def tangent(f, x, h):
    """The straight line that touches f at x, as a function of the place.

    Use symmetric_difference with this h for its slope.

    >>> line = tangent(lambda x: x * x, 3.0, 1e-3)
    >>> line(3.0), round(line(4.0), 6)
    (9.0, 15.0)
    """
    ### BEGIN SOLUTION
    slope, height = symmetric_difference(f, x, h), f(x)
    return lambda at: height + slope * (at - x)
    ### END SOLUTION


# %%
tangent = check(tangent)

# %%
hour = minutes[:61]
touching = {f"tangent at {t}": tangent(tea, t, 1e-5)(hour) for t in (15.0, 40.0)}
plots.lines(hour, {"tea": tea(hour)} | touching, x="minutes", y="degrees Celsius")

# %% [markdown]
# **In PyTorch** `height, rise = torch.func.linearize(f, x)` is this line in two parts: the height at `x`, and the rise
# as a function of the distance. In the package the second part is `tg.autograd.functional.jvp`.
#
# ## Many inputs
#
# A network has thousands of numbers that can move. Each has a slope of its own: how the result changes if this number
# moves and all others stay. It is called the *partial derivative*, and all of them together are the *gradient*.
#
# ### Exercise 6 · One of several
#
# *Difficulty 3 of 5 · about 8 minutes*

# %%
def partial(f, xs, i, h):
    """The slope of f when number i of the list xs moves: the symmetric difference, with step h.

    f takes a list of numbers and gives a number. xs is the same after the call as before it.

    >>> partial(lambda xs: 2 * xs[0] - 3 * xs[1], [1.0, 4.0], 1, 0.5)
    -3.0
    """
    ### BEGIN SOLUTION
    right, left = list(xs), list(xs)
    right[i] += h
    left[i] -= h
    return (f(right) - f(left)) / (2 * h)
    ### END SOLUTION


# %%
partial = check(partial)

# %% [markdown]
# **In PyTorch** one of several is one entry of `torch.autograd.functional.jacobian(f, xs)`. In the package it is a step
# of the loop that you write next.
#
# ### Exercise 7 · The whole gradient
#
# *Difficulty 3 of 5 · about 12 minutes · builds `autograd.gradcheck.central_difference`*
#
# Now for an array of any shape. `np.ndindex(x.shape)` goes through the index of every element. `np.zeros(x.shape)` with
# `eps` in one place is a step in that direction.

# %%
def central_difference(f, x, eps=1e-6):
    """The slope of f for each element of the array x, moved by eps both ways; the others stay.

    f takes an array of x's shape and gives a number. The result has the shape of x, and x is not
    changed. x may hold whole numbers.

    >>> central_difference(lambda x: x[0] * x[1], np.array([2.0, 5.0]), 0.25)
    array([5., 2.])
    """
    ### BEGIN SOLUTION
    slopes = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[place] = eps
        slopes[place] = (f(x + step) - f(x - step)) / (2 * eps)
    return slopes
    ### END SOLUTION


# %%
central_difference = check(central_difference)

# %%
course.show("01.central_difference")

# %% [markdown]
# **In PyTorch** it is at work inside `torch.autograd.gradcheck`, with which PyTorch's own gradients are tested.
#
# ### Bug hunt
#
# The gradient of a sum of squares is twice the numbers: 2, 4 and 6. Somebody's forward difference finds no slope at
# all. What is wrong: `"the copy"`, `"the array"` or `"the step"`?

# %%
def slope(x, i):
    moved = x.copy()
    moved[i] += 1e-6
    return ((moved**2).sum() - (x**2).sum()) / 1e-6


three = np.array([1, 2, 3])
print("slopes:", *(slope(three, i) for i in range(3)))

# %%
predict("bug-whole", "the array")  ### ANSWER

# %% [markdown]
# ## Proof for an engine
#
# In lesson 00 `backward` found slopes without moving anything. Is it right? You have the means to say so.
# `course.mine()` lets the framework run on the pieces that you wrote, and counts their calls: inside it,
# `tg.autograd.central_difference` is yours. It moves each number twice, so for two inputs it runs the program four
# times. `backward` ran it once, and would have run it once for a million numbers.
#
# After that comes the tea, and its slope at all 91 minutes. One minute that moves changes one temperature alone, so
# the slope of their sum is the slope there. With a step of 1e-12 you see what rounding does.

# %%
def program(x):
    return (x[0] * x[1] + x[1] ** 2).exp()


x = tg.tensor([0.5, -1.0], requires_grad=True)
y = program(x)
y.backward()
at = np.array([0.5, -1.0])


def all_of_tea(t):
    return tea(t).sum()


with course.mine():
    by_moving = tg.autograd.central_difference(lambda array: program(tg.tensor(array)).item(), at)
    difference = tg.autograd.central_difference
    cooling = {f"step {h}": difference(all_of_tea, minutes, h) for h in (1e-12, 1e-6)}
print("backward:", x.grad.numpy().round(4))
print("moving:  ", by_moving.round(4))
plots.lines(minutes, cooling, x="minutes", y="degrees per minute")

# %% [markdown]
# Both ways agree. How `backward` can know the slopes without moving anything is what the next lessons are about, and
# whenever you write a rule there, your `central_difference` says whether it is right.
#
# ## What you have built
#
# - A slope between two points, and what it settles to when they meet: the derivative.
# - Forward differences are wrong by about `h`, symmetric ones by about `h` squared; with the smallest
#   steps rounding wins.
# - A gradient has one slope for each number that can move, and the shape of what it belongs to.
#
# **Next:** lesson 02, *Remember what you did*. A program that keeps a record of itself needs no small steps.
