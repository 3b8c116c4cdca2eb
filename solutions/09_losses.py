# %% [markdown]
# # Losses
#
# At the end of this page you have the losses that classifiers are trained with, you have seen the plain formulas turn
# into nan, and yours train where those fail.
#
# **Where this sits.** … → backward → tensors → modules → **losses** → optimizers → the training loop. A loss is one
# number that says how wrong a model is. Its gradient is all that the model ever hears about its mistakes.
#
# *About 60 minutes. You need lesson 04 (backward) and 05 (tensors); what you have not built comes from the package.*

# %%
import math

import tinygrad_course as tg
from tinygrad_course import course, nn, plots
from tinygrad_course.course import bar, check, hint, lesson, predict, solution
from tinygrad_course.draw import side_by_side

lesson("09")
tg.set_default_dtype(tg.float64)

# %% [markdown]
# ## How far off
#
# For numbers the usual loss is the mean of the squared differences. `reduction` says what is done with the losses of
# the elements: their mean, their sum, or nothing.
#
# ### Exercise 1 · Mean squared error
#
# *Difficulty 1 of 5 · about 5 minutes · builds `nn.loss.mse_loss`*

# %%
def mse_loss(input, target, reduction="mean"):
    """The squared difference of input and target, tensors of one shape.

    reduction: "mean" or "sum" gives a Tensor of one number, "none" one of input's shape.

    >>> mse_loss(tg.tensor([1.0, 5.0]), tg.tensor([1.0, 2.0]))
    tensor(4.5000)
    """
    ### BEGIN SOLUTION
    squares = (input - target) ** 2
    if reduction == "none":
        return squares
    return squares.sum() if reduction == "sum" else squares.mean()
    ### END SOLUTION


# %%
mse_loss = check(mse_loss)

# %% [markdown]
# **In PyTorch:** `torch.nn.functional.mse_loss(input, target)`.
#
# ## From scores to probabilities
#
# A classifier gives a **score** for each class, any real number. (They are called logits, too.) Softmax makes
# probabilities of them: e to the power of each score, divided by their sum.

# %%
course.show("09.mse_loss")


def naive_softmax(scores):
    z = scores.exp()
    return z / z.sum()


print(naive_softmax(tg.tensor([1.0, 2.0, 4.0])))

# %% [markdown]
# Add 100 to every score. Does the largest probability become `"larger"`, `"smaller"` or stay `"the same"`? And what
# does the first number become for the scores (1000, 998): `"0.5"`, `"inf"` or `"nan"`?

# %%
predict("shift", "the same")  ### ANSWER
predict("naive", "nan")  ### ANSWER

# %% [markdown]
# Look at the graph of the naive one where it breaks, beside one in which the largest score was taken away first.

# %%
scores = tg.tensor([1000.0, 998.0], requires_grad=True)
broken = naive_softmax(scores)
sound = naive_softmax(scores - 1000)
side_by_side(broken, sound, captions=["as the formula says", "the largest taken away"])

# %% [markdown]
# ### Exercise 2 · Softmax
#
# *Difficulty 2 of 5 · about 8 minutes · builds `methods.reductions.Reductions.softmax`*
#
# A method of Tensor, so its first argument is the scores. `self.amax(dim, keepdim=True)` is the largest along an
# axis; no gradient needs to flow through it, so detach it (lesson 07).

# %%
def softmax(self, dim):
    """Probabilities along the axis dim: exp(x) / sum(exp(x)), in self's shape, for any scores.

    >>> softmax(tg.tensor([[0.0, 0.0], [1000.0, 0.0]]), dim=1)
    tensor([[0.5000, 0.5000],
            [1.0000, 0.0000]])
    """
    ### BEGIN SOLUTION
    z = (self - self.detach().amax(dim, keepdim=True)).exp()
    return z / z.sum(dim, keepdim=True)
    ### END SOLUTION


# %%
softmax = check(softmax)

# %% [markdown]
# **In PyTorch:** `scores.softmax(dim=1)`.
#
# ## Surprise
#
# What should a wrong answer cost? If the model gave the right class the probability p, it is surprised by −log p: not
# at all for p = 1, and without limit as p goes to 0. Compare it with a squared error.

# %%
course.show("09.softmax")
p = tg.linspace(0.01, 1, 100)
named = {"surprise, -log p": -p.log(), "squared, (1 - p)²": (1 - p) ** 2}
plots.lines(p, named, x="probability of the right class", y="loss")

# %% [markdown]
# A model that knows nothing gives each of 10 classes the same probability. What is its loss?

# %%
predict("no-idea", 2.303)  ### ANSWER

# %% [markdown]
# The logarithm of softmax is the score minus the logarithm of the sum of exponentials. That last part has a name of
# its own. With m the largest score, log Σ eˣ = m + log Σ eˣ⁻ᵐ.
#
# ### Exercise 3 · Logsumexp
#
# *Difficulty 3 of 5 · about 8 minutes · builds `methods.reductions.Reductions.logsumexp`*

# %%
def logsumexp(self, dim, keepdim=False):
    """log(sum(exp(x))) along the axis dim, for any numbers; keepdim=True keeps it, with size 1.

    >>> logsumexp(tg.tensor([1000.0, 1000.0]), dim=0)
    tensor(1000.6931)
    """
    ### BEGIN SOLUTION
    largest = self.detach().amax(dim, keepdim=True)
    total = (self - largest).exp().sum(dim, keepdim=keepdim)
    return total.log() + largest.reshape(total.shape)
    ### END SOLUTION


# %%
logsumexp = check(logsumexp)

# %% [markdown]
# ### Exercise 4 · The logarithm of softmax
#
# *Difficulty 2 of 5 · about 5 minutes · builds `methods.reductions.Reductions.log_softmax`*

# %%
def log_softmax(self, dim):
    """The logarithm of softmax along the axis dim; exact also where softmax itself rounds to 0.

    >>> log_softmax(tg.tensor([1000.0, 0.0]), dim=0)
    tensor([    0., -1000.])
    """
    ### BEGIN SOLUTION
    return self - self.logsumexp(dim, keepdim=True)
    ### END SOLUTION


# %%
log_softmax = check(log_softmax)

# %% [markdown]
# **In PyTorch:** `scores.logsumexp(dim=1)` and `scores.log_softmax(dim=1)`.
#
# ### Exercise 5 · Cross-entropy
#
# *Difficulty 3 of 5 · about 10 minutes · builds `nn.loss.cross_entropy`*
#
# The average surprise over a batch. Two index tensors of one length pick an entry for each pair. With n rows,
# `rows[tg.arange(n), target]` is one entry of each row: the one at its target.

# %%
def cross_entropy(input, target, reduction="mean"):
    """Minus the log probability of the right class.

    input: scores of shape (n, classes). target: the right classes, integers of shape (n,).
    reduction: "mean" or "sum" over the rows, or "none" for a Tensor of shape (n,).

    >>> cross_entropy(tg.tensor([[0.0, 0.0]]), tg.tensor([1]))
    tensor(0.6931)
    """
    ### BEGIN SOLUTION
    surprise = -input.log_softmax(1)[tg.arange(len(target)), target]
    if reduction == "none":
        return surprise
    return surprise.sum() if reduction == "sum" else surprise.mean()
    ### END SOLUTION


# %%
cross_entropy = check(cross_entropy)

# %% [markdown]
# **In PyTorch:** `torch.nn.functional.cross_entropy(scores, target)`. What does backward tell the scores? Step
# through it, and compare what arrives at `s` with `softmax(s)`.

# %%
course.show("09.logsumexp")
course.show("09.log_softmax")
s = tg.tensor([[1.0, 2.0, 4.0]], requires_grad=True)
right = tg.tensor([0])
probabilities = softmax(s.detach(), dim=1)
print("softmax(s)", probabilities)
tg.play(cross_entropy(s, right))

# %% [markdown]
# The gradient is the probabilities, minus 1 at the right class: p − y. A class that got too much is pushed down by as
# much as it got, and the right one is pulled up by what it lacks.
#
# ### Bug hunt 1
#
# Somebody ends the network with a softmax, and hands its output to cross-entropy. The network is sure and right on
# everything, and the loss stops falling. At which value, for three classes: `"0"`, `"0.55"` or `"1.10"`?

# %%
sure = tg.tensor([[50.0, 0.0, 0.0]]).softmax(1)
looks_right = (sure.argmax(1) == 0).all().item()
print("probabilities", sure, "right:", looks_right)

# %%
predict("bug-twice", "0.55")  ### ANSWER

# %% [markdown]
# ### Bug hunt 2
#
# Cross-entropy as the textbook writes it, with targets of 0 and 1 in a row. The model below is right and completely
# sure, and the loss is nan. Where does it come from: `"log 1"`, `"0 · log 0"` or `"the sum"`?

# %%
p, y = tg.tensor([1.0, 0.0]), tg.tensor([1.0, 0.0])
print(-(y * p.log()).sum())

# %%
predict("bug-zero-times", "0 · log 0")  ### ANSWER

# %% [markdown]
# ## Two classes
#
# With two classes one score x is enough: the sigmoid of x is the probability of "yes". The surprise for a target y is
# −y log σ(x) − (1 − y) log(1 − σ(x)). Worked out, without any sigmoid:
#
# max(x, 0) − x y + log(1 + e^(−|x|))
#
# ### Exercise 6 · Binary cross-entropy
#
# *Difficulty 4 of 5 · about 10 minutes · builds `nn.loss.binary_cross_entropy_with_logits`*

# %%
def binary_cross_entropy_with_logits(input, target, reduction="mean"):
    """The surprise of sigmoid(input) at targets from 0 to 1, of one shape; for any scores.

    >>> scores, target = tg.tensor([0.0, 1000.0]), tg.tensor([1.0, 0.0])
    >>> binary_cross_entropy_with_logits(scores, target, reduction="none")
    tensor([   0.6931, 1000.0000])
    """
    ### BEGIN SOLUTION
    surprise = input.relu() - input * target + (1 + (-input.abs()).exp()).log()
    if reduction == "none":
        return surprise
    return surprise.sum() if reduction == "sum" else surprise.mean()
    ### END SOLUTION


# %%
binary_cross_entropy_with_logits = check(binary_cross_entropy_with_logits)

# %% [markdown]
# **In PyTorch:** `torch.nn.functional.binary_cross_entropy_with_logits(scores, target)`. The package's, beside yours:

# %%
course.show("09.cross_entropy")
course.show("09.binary_cross_entropy_with_logits")
# %% [markdown]
# ## Why it matters, seen
#
# Iris again: four measurements of a flower, three species. The measurements are in micrometres here, so the first
# scores are large. One network is trained with the naive loss, and the same network with yours.

# %%
x, species = tg.data.iris()[:]
x = x.to(tg.float64) * 1000


def naive_loss(scores, target):
    z = scores.exp()
    return -(z / z.sum(1, keepdim=True))[tg.arange(len(target)), target].log().mean()


def trained(loss_function, target, outputs):
    """A layer after 300 steps, and the losses of all steps."""
    tg.manual_seed(0)
    model, losses = nn.Linear(4, outputs), []
    for _ in bar(range(300), "training"):
        model.zero_grad()
        loss = loss_function(model(x).squeeze(1), target)
        loss.backward()
        with tg.no_grad():
            for parameter in model.parameters():
                parameter -= 1e-5 * parameter.grad
        losses.append(loss.item())
    return model, losses


naive_model, naive = trained(naive_loss, species, 3)
print(f"naive: loss {naive[0]} at first, {naive[-1]} at the end")

# %% [markdown]
# Now yours: all three species, then the question whether a flower is a setosa (species 0). The last line is the Brier
# score, the squared error of probabilities.

# %%
with course.mine():
    model, losses = trained(nn.functional.cross_entropy, species, 3)
    setosa = (species == 0).to(tg.float64)
    yes_no, binary = trained(nn.functional.binary_cross_entropy_with_logits, setosa, 1)
    right = (model(x).argmax(1) == species).to(tg.float64).mean().item()
    brier = nn.functional.mse_loss(model(x).softmax(1), tg.eye(3)[species]).item()
print(f"three species: loss {losses[-1]:.2f}, right {right:.2f}, Brier score {brier:.2f}")
print(f"setosa or not: loss {binary[-1]:.4f}")
plots.curves({"three species": losses}, log=True)

# %% [markdown]
# ## What you have built
#
# - A loss reduces: to a mean, so that its gradient does not grow with the batch.
# - Softmax and logsumexp take the largest score out first; nothing else in them is needed for safety.
# - Cross-entropy works on scores. Its gradient is p − y.
# - log(softmax(x)) and log(1 − σ(x)) are not computed in two steps: each has a stable form of its own.
#
# **Next:** lesson 10, *Optimizers*: better ways down than straight.
