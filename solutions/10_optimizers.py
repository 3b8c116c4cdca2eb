# %% [markdown]
# # Optimizers
#
# At the end of this page SGD with momentum, RMSprop and Adam race over a landscape that you can see, and all of them
# are yours.
#
# **Where this sits.** … → modules → losses → **optimizers** → the training loop. Backward says which way is up at the
# place where the parameters are. The optimizer decides how far to go, and what to remember of the way so far.
#
# *About 60 minutes. You need lesson 04 (descend) and 08 (modules); what you have not built comes from the package.*

# %%
import math

import numpy as np

import tinygrad_course as tg
from tinygrad_course import course, nn, optim, plots
from tinygrad_course.course import bar, check, hint, lesson, predict, solution
from tinygrad_course.optim import Optimizer

lesson("10")
tg.set_default_dtype(tg.float64)

# %% [markdown]
# ## How far is a step
#
# Take the loss p², whose slope at p is 2p. You stand at p = 3 and take steps of lr times the slope, against it. With
# a learning rate of 1, where are you after one step?

# %%
predict("overshoot", -3)  ### ANSWER

# %% [markdown]
# Real losses are worse: steep in one direction and flat in another. Here is such a valley, 30 times steeper across
# than along (the picture stretches y). `race` follows an optimizer through it.

# %%
def valley(x, y):
    """A long valley with its lowest point at (0, 0)."""
    return x * x / 2 + 15 * y * y


def race(make, steps=40, start=(-9.0, 1.5), land=valley):
    """The places that an optimizer, as make(parameters) gives it, comes to."""
    place = tg.tensor(list(start), requires_grad=True)
    optimizer = make([place])
    path = [place.tolist()]
    for _ in range(steps):
        optimizer.zero_grad()
        land(place[0], place[1]).backward()
        optimizer.step()
        path.append(place.tolist())
    return path


paths = {
    "lr 0.01": race(lambda p: optim.SGD(p, lr=0.01)),
    "lr 0.06": race(lambda p: optim.SGD(p, lr=0.06)),
}
plots.loss_surface(valley, paths, x=(-10, 3), y=(-2, 2))

# %% [markdown]
# A small rate hardly moves along the valley. A large one swings from side to side; a little more, and it would fly
# out.
#
# ## Momentum
#
# A ball does better: it keeps its velocity. Steps that agree add up, steps that change their sign cancel out.
#
# v ← momentum · v + g,  p ← p − lr · v
#
# The velocity v begins at 0. With a momentum of 0.9 and a gradient that is always 1, which velocity is reached in the
# end: `"1"`, `"1.9"` or `"10"`?

# %%
predict("final-speed", "10")  ### ANSWER

# %% [markdown]
# An `Optimizer` keeps groups of parameters and their settings. Its `step` calls `update` once for each parameter that
# has a gradient. `update` is all that differs from one optimizer to the next, and it works on NumPy arrays.
#
# ### Exercise 1 · SGD with momentum
#
# *Difficulty 2 of 5 · about 8 minutes · builds `optim.optimizers.SGD`*

# %%
class SGD(Optimizer):
    """Stochastic gradient descent: p ← p − lr · v, where v ← momentum · v + g."""

    def __init__(self, params, lr=1e-3, momentum=0.0):
        super().__init__(params, dict(lr=lr, momentum=momentum))

    def update(self, p, g, state, group):
        """Change the array p in place; g, its gradient, stays as it is.

        state: a dict that belongs to this parameter, empty at first, kept from step to step: v is
        to be kept there. group: the settings, group["lr"] and group["momentum"].
        """
        ### BEGIN SOLUTION
        v = group["momentum"] * state.get("momentum_buffer", 0) + g
        state["momentum_buffer"] = v
        p -= group["lr"] * v
        ### END SOLUTION


# %%
SGD = check(SGD)

# %% [markdown]
# **In PyTorch:** `torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)`, and the loop is the same three lines.
#
# ### Bug hunt 1
#
# In this loop nothing is learned: the loss stays what it was. Which line is at the wrong place, or wrong:
# `"zero_grad"`, `"backward"` or `"the learning rate"`?

# %%
course.show("10.SGD")
place = tg.tensor([3.0], requires_grad=True)
optimizer = SGD([place], lr=0.1)
for _ in range(3):
    loss = (place * place).sum()
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    print(loss.item())

# %%
predict("bug-order", "zero_grad")  ### ANSWER

# %% [markdown]
# ## A step of its own for every parameter
#
# The valley is steep in y and flat in x, so y wants small steps and x large ones. RMSprop measures how large each
# element's gradients usually are, by a running average of their squares, and divides by the root of it.
#
# v ← alpha · v + (1 − alpha) · g²,  p ← p − lr · g / (√v + eps)
#
# v begins at 0. The small eps keeps the division from failing where all gradients were 0.
#
# ### Exercise 2 · RMSprop
#
# *Difficulty 2 of 5 · about 8 minutes · builds `optim.optimizers.RMSprop`*

# %%
class RMSprop(Optimizer):
    """Divide the gradient by a running root mean square of itself, element by element."""

    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8):
        super().__init__(params, dict(lr=lr, alpha=alpha, eps=eps))

    def update(self, p, g, state, group):
        """Change the array p in place; g, state and group are as in SGD."""
        ### BEGIN SOLUTION
        alpha = group["alpha"]
        v = state["square_avg"] = alpha * state.get("square_avg", 0) + (1 - alpha) * g * g
        p -= group["lr"] * g / (np.sqrt(v) + group["eps"])
        ### END SOLUTION


# %%
RMSprop = check(RMSprop)

# %% [markdown]
# **In PyTorch:** `torch.optim.RMSprop(model.parameters())`.
#
# ## Adam
#
# Momentum and a step for every element, together: m averages g, v averages g². Both begin at 0, so they are too small
# at first. After t steps of a gradient that does not change, m is (1 − β₁ᵗ) · g: dividing by 1 − β₁ᵗ makes up for it.
# This is called bias correction.
#
# m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,  p ← p − lr · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + eps)
#
# (β₁ and β₂ are the two numbers of `betas`.) The very first gradient of a parameter is 1000, and lr is 0.1. How far
# does the parameter move: `"0.1"`, `"1"` or `"100"`?

# %%
predict("first-step", "0.1")  ### ANSWER

# %% [markdown]
# **Weight decay** pulls every weight towards 0, so that a weight stays large only if the loss needs it. The plain way
# is to add weight_decay · p to the gradient. But Adam divides by the size of the gradient, and with it divides the
# pull away again. AdamW is Adam with `decoupled = True`: it leaves the gradient alone, and takes lr · weight_decay · p
# off the weight itself, before the step.
#
# ### Exercise 3 · Adam
#
# *Difficulty 4 of 5 · about 15 minutes · builds `optim.optimizers.Adam`*

# %%
class Adam(Optimizer):
    """Adam, and with decoupled = True AdamW."""

    decoupled = False

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay))

    def update(self, p, g, state, group):
        """Change the array p in place; g, state and group are as in SGD.

        self.decoupled: True where weight decay acts on p; else weight_decay · p is added to g.
        Keep in state t (1 at the first step), m and v; PyTorch calls them "step", "exp_avg" and
        "exp_avg_sq".
        """
        ### BEGIN SOLUTION
        lr, (b1, b2), decay = group["lr"], group["betas"], group["weight_decay"]
        if self.decoupled:
            p *= 1 - lr * decay
        else:
            g = g + decay * p
        t = state["step"] = state.get("step", 0) + 1
        m = state["exp_avg"] = b1 * state.get("exp_avg", 0) + (1 - b1) * g
        v = state["exp_avg_sq"] = b2 * state.get("exp_avg_sq", 0) + (1 - b2) * g * g
        p -= lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + group["eps"])
        ### END SOLUTION


# %%
Adam = check(Adam)

# %% [markdown]
# **In PyTorch:** `torch.optim.Adam(model.parameters())` and `torch.optim.AdamW`. The package's own beside yours:

# %%
course.show("10.Adam")
course.show("10.RMSprop")
# %% [markdown]
# ## The race
#
# The same valley, 40 steps each. Each of them is yours, if it passed.

# %%
racers = {
    "SGD": lambda p: SGD(p, lr=0.06),
    "momentum": lambda p: SGD(p, lr=0.02, momentum=0.8),
    "RMSprop": lambda p: RMSprop(p, lr=0.3, alpha=0.9),
    "Adam": lambda p: Adam(p, lr=0.5),
}
paths = {name: race(make) for name, make in racers.items()}
plots.loss_surface(valley, paths, x=(-10, 3), y=(-2, 2))

# %% [markdown]
# Adam is the quickest into the valley, and runs past the goal: nobody wins every race. Here is another land, with a
# bent valley: Rosenbrock's function, lowest at (1, 1).

# %%
def bent(x, y):
    return (1 - x) ** 2 + 10 * (y - x * x) ** 2


racers = {
    "SGD": lambda p: SGD(p, lr=0.005),
    "momentum": lambda p: SGD(p, lr=0.002, momentum=0.9),
    "Adam": lambda p: Adam(p, lr=0.1),
}
paths = {name: race(make, 120, (-1.5, 1.5), bent) for name, make in racers.items()}
plots.loss_surface(bent, paths, x=(-2, 2), y=(-1, 3))

# %% [markdown]
# ## A rate that changes
#
# Far from the goal large steps are good, and near it small ones. A schedule sets the learning rate at every step.
# Half a cosine wave begins slowly, falls, and ends slowly:
#
# rate = eta_min + (base − eta_min) · (1 + cos(π · step / T_max)) / 2
#
# ### Exercise 4 · Half a cosine
#
# *Difficulty 2 of 5 · about 5 minutes · builds `optim.lr_scheduler.CosineAnnealingLR.rate`*

# %%
def rate(self, base, step):
    """The learning rate at a step. Steps count from 0, and base is the rate at step 0.

    A method of the schedule. self.T_max: the number of steps. self.eta_min: the rate at the end.
    """
    ### BEGIN SOLUTION
    down = (1 + math.cos(math.pi * step / self.T_max)) / 2
    return self.eta_min + (base - self.eta_min) * down
    ### END SOLUTION


# %%
rate = check(rate)

# %% [markdown]
# **In PyTorch:** `torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=20)`.
#
# ### Bug hunt 2
#
# The rate should fall once, over the whole training: 20 passes over the data, each cut into 10 batches. The plot
# shows it batch by batch. What is to blame: `step` being called for `"every batch"`, the value of `"eta_min"`, or
# `"the optimizer"`?

# %%
course.show("10.rate")


def rates(epochs=20, batches=10):
    optimizer = SGD([tg.zeros(1).requires_grad_()], lr=0.1)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    for _ in range(epochs):
        for _ in range(batches):
            yield optimizer.param_groups[0]["lr"]
            optimizer.step()
            schedule.step()


plots.curves({"learning rate": list(rates())}, x="batch")

# %%
predict("bug-schedule", "every batch")  ### ANSWER

# %% [markdown]
# ## One bad batch
#
# Now and then a gradient is a thousand times larger than usual, and one step throws away what was learned. Clipping
# looks at all gradients as one long arrow. Its length, the root of the sum of all squares, is called its norm. If it
# is longer than max_norm, every gradient is scaled by the same factor, so that the arrow keeps its direction.
#
# ### Exercise 5 · Clipping
#
# *Difficulty 3 of 5 · about 9 minutes · builds `nn.utils.clip_grad_norm_`*

# %%
def clip_grad_norm_(parameters, max_norm):
    """Scale all gradients together, in place, so that their common norm is max_norm at most.

    parameters: a list of tensors; some may have no gradient. The norm is the root of the sum of all
    squares. Returns what it was before, a Tensor of one number.

    >>> p = tg.zeros(2).requires_grad_()
    >>> p.grad = tg.tensor([3.0, 4.0]); clip_grad_norm_([p], 1.0), p.grad
    (tensor(5.), tensor([0.6000, 0.8000]))
    """
    ### BEGIN SOLUTION
    gradients = [p.grad for p in parameters if p.grad is not None]
    total = sum((g * g).sum().item() for g in gradients) ** 0.5
    if total > max_norm:
        with tg.no_grad():
            for g in gradients:
                g *= max_norm / total
    return tg.tensor(total)
    ### END SOLUTION


# %%
clip_grad_norm_ = check(clip_grad_norm_)

# %% [markdown]
# **In PyTorch:** `torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)`, between backward and step.
#
# ## The same network, five ways down
#
# Iris, a network of two layers, 60 steps. One batch in twenty has a slip: its measurements are 30 times too large.

# %%
course.show("10.clip_grad_norm_")
x, species = tg.data.iris()[:]
x = ((x - x.mean(0)) / x.std(0)).to(tg.float64)


def losses(make, clip=math.inf):
    """The loss of each of 60 steps."""
    tg.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
    optimizer = make(model.parameters())
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=60)
    history = []
    for step in range(60):
        slip = 30 if step % 20 == 10 else 1
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x * slip), species).backward()
        nn.utils.clip_grad_norm_(list(model.parameters()), clip)
        optimizer.step()
        schedule.step()
        history.append(nn.functional.cross_entropy(model(x), species).item())
    return history


with course.mine():
    shown = {
        "SGD": losses(lambda p: optim.SGD(p, lr=0.5)),
        "SGD, clipped": losses(lambda p: optim.SGD(p, lr=0.5), clip=1.0),
        "momentum, clipped": losses(lambda p: optim.SGD(p, lr=0.2, momentum=0.9), clip=1.0),
        "RMSprop": losses(lambda p: optim.RMSprop(p, lr=0.02, alpha=0.9)),
        "AdamW": losses(lambda p: optim.AdamW(p, lr=0.05)),
    }
plots.curves(shown, y="loss", log=True)

# %% [markdown]
# At steps 10 and 30 a slip throws plain SGD back; the same SGD with clipping hardly notices. RMSprop and AdamW divide
# by the size of the gradient, which holds it back as well.
#
# ## What you have built
#
# - Momentum: steps that agree add up.
# - RMSprop and Adam: every element has a step of its own, in units of its usual gradient.
# - Bias correction, for averages that begin at 0; weight decay on the weight, not on the gradient.
# - A schedule is a function of the step; clipping keeps the direction and bounds the length.
#
# **Next:** lesson 11, *Data and the training loop*: batches, epochs, and a network on real digits.
