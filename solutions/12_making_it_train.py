# %% [markdown]
# # Making it train
#
# At the end of this page a network of ten layers that would not learn does learn. You can say what was wrong with it,
# and show it in a picture.
#
# **Where this sits.** … → optimizers → the training loop → **making it train** → convolution. The parts are right. A
# deep network can still stand still, because the signal, or its gradient, dies on the way.
#
# *About 55 minutes. You need lesson 08 (modules) and 11 (the training loop); what you have not built comes from the
# package.*

# %%
import math

import tinygrad_course as tg
from tinygrad_course import course, nn, optim, plots
from tinygrad_course.course import bar, check, hint, lesson, predict, solution

lesson("12")
tg.set_default_dtype(tg.float64)

# %% [markdown]
# ## A network that does not learn
#
# Digits again, 8 by 8 pixels. Ten layers of 32 units, sigmoid after each, the way it was done in 1990.

# %%
x, y = tg.data.digits()[:]
x_test, y_test = tg.data.digits(train=False)[:]
x, x_test = x.flatten(1), x_test.flatten(1)


def deep(activation, depth=10, width=32, extra=None):
    """A network of so many hidden layers, an activation after each, something extra before it."""
    layers, before = [], 64
    for _ in range(depth):
        layers += [nn.Linear(before, width), *([extra(width)] if extra else []), activation()]
        before = width
    return nn.Sequential(*layers, nn.Linear(width, 10))


def learn(model, epochs=10, lr=0.003):
    """Train on batches of 100; the loss of each step."""
    optimizer, losses = optim.Adam(model.parameters(), lr=lr), []
    batches = tg.data.DataLoader(tg.data.TensorDataset(x, y), 100, shuffle=True)
    for _ in bar(range(epochs), "training"):
        for images, labels in batches:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


def right(model):
    """The share of test digits that the model reads right."""
    model.eval()
    share = (model(x_test).argmax(1) == y_test).double().mean().item()
    model.train()
    return share


tg.manual_seed(0)
old = deep(nn.Sigmoid)
history = {"sigmoid": learn(old)}
print(f"loss {history['sigmoid'][-1]:.2f}, right {right(old):.2f}")

# %% [markdown]
# A loss of 2.30 is log 10: the network says a tenth for every class. Nothing was learned. Where does it stop?
#
# The slope of the sigmoid is 0.25 at most, at 0. What is left, at best, of a gradient that goes back through ten of
# them: `"a quarter"`, `"a hundredth"` or `"a millionth"`?

# %%
predict("ten-sigmoids", "a millionth")  ### ANSWER

# %% [markdown]
# ### Exercise 1 · Measure it
#
# *Difficulty 2 of 5 · about 6 minutes*
#
# The root mean square says how large numbers usually are, whatever their sign: square, mean, root.

# %%
def gradient_sizes(model):
    """The root mean square of every parameter's gradient: a dict from its path to a float.

    Parameters without a gradient are left out.

    >>> model = nn.Linear(2, 1); model(tg.tensor([[3.0, 4.0]])).sum().backward()
    >>> gradient_sizes(model)["bias"]
    1.0
    """
    ### BEGIN SOLUTION
    sizes = {}
    for name, p in model.named_parameters():
        if p.grad is not None:
            sizes[name] = (p.grad**2).mean().sqrt().item()
    return sizes
    ### END SOLUTION


# %%
gradient_sizes = check(gradient_sizes)

# %%
def one_pass(model):
    """Gradients of one batch, from a fresh start."""
    model.zero_grad()
    nn.functional.cross_entropy(model(x[:100]), y[:100]).backward()
    return model


tg.manual_seed(0)
old = one_pass(deep(nn.Sigmoid))
sizes = gradient_sizes(old)
print(f"first layer {sizes['0.weight']:.0e}, last layer {sizes['20.weight']:.0e}")
plots.gradient_flow(old)

# %% [markdown]
# The first layers get next to nothing: the gradient vanishes. The bars are on a logarithmic scale. This plot is the
# first thing to draw when a network does not learn. **In PyTorch** there is no call for it; the loop above is the
# same.
#
# ## Another activation, and the numbers it wants
#
# ReLU has a slope of 1 wherever its input is positive. Suppose that its inputs are spread evenly to both sides of 0.
# Which share of the power, the mean of the squares, comes through: `"a quarter"`, `"half"` or `"all"`?

# %%
predict("relu-power", "half")  ### ANSWER

# %% [markdown]
# Halved ten times, a thousandth is left, so the first numbers have to make up for it. He and others (2015): weights of
# standard deviation gain / √fan, where fan is the number of inputs, and for ReLU the gain is √2.
#
# ### Exercise 2 · First numbers for ReLU
#
# *Difficulty 2 of 5 · about 6 minutes · builds `nn.init.kaiming_normal_`*
#
# `nn.init.calculate_gain(nonlinearity, a)` gives the gain. `tensor.normal_(mean, std)` fills with normal numbers.

# %%
def kaiming_normal_(tensor, a=0.0, mode="fan_in", nonlinearity="leaky_relu"):
    """Fill tensor (outputs, inputs) in place with normal numbers of mean 0, and return it.

    Their standard deviation is gain / √fan; fan is the number of inputs, or with mode="fan_out"
    that of outputs. Nothing is recorded.
    """
    ### BEGIN SOLUTION
    fan = tensor.shape[1] if mode == "fan_in" else tensor.shape[0]
    std = nn.init.calculate_gain(nonlinearity, a) / math.sqrt(fan)
    with tg.no_grad():
        return tensor.normal_(0, std)
    ### END SOLUTION


# %%
kaiming_normal_ = check(kaiming_normal_)

# %%
course.show("12.kaiming_normal_")


def begun_well(model):
    """The model with first numbers for ReLU."""
    for name, p in model.named_parameters():
        if name.endswith("weight") and p.ndim == 2:
            kaiming_normal_(p, nonlinearity="relu")
    return model


tg.manual_seed(0)
relu = begun_well(deep(nn.ReLU))
with plots.record_activations(relu) as seen:
    one_pass(relu)
plots.activations({name: z for name, z in seen.items() if "ReLU" in name})

# %%
history["ReLU, its first numbers"] = learn(relu)
print(f"loss {history['ReLU, its first numbers'][-1]:.2f}, right {right(relu):.2f}")

# %% [markdown]
# **In PyTorch:** `torch.nn.init.kaiming_normal_(weight, nonlinearity="relu")`.
#
# ## Normalise on the way
#
# First numbers care for the beginning alone. A normalisation layer brings the numbers to mean 0 and variance 1 at
# every step, and then lets the network choose spread and middle, with a weight and a bias that are learned.
#
# z = (x − mean) / √(variance + eps) · weight + bias
#
# **Layer norm** takes mean and variance of each example by itself.
#
# ### Exercise 3 · Layer norm
#
# *Difficulty 3 of 5 · about 9 minutes · builds `nn.normalization.layer_norm`*

# %%
def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    """Bring each example to mean 0 and variance 1 over its last axes, then scale and shift.

    normalized_shape: the sizes of the axes that belong together, the last ones of input: (4,) or
    (3, 4). weight, bias: of that shape, or None. The variance is the mean of the squared distances.

    >>> layer_norm(tg.tensor([[1.0, 3.0]]), (2,))
    tensor([[-1.0000,  1.0000]])
    """
    ### BEGIN SOLUTION
    axes = tuple(range(-len(normalized_shape), 0))
    away = input - input.mean(axes, keepdim=True)
    z = away / ((away**2).mean(axes, keepdim=True) + eps).sqrt()
    if weight is not None:
        z = z * weight
    return z if bias is None else z + bias
    ### END SOLUTION


# %%
layer_norm = check(layer_norm)

# %% [markdown]
# **Batch norm** takes mean and variance of each feature over the batch. When the model is used later there may be one
# example alone, so it remembers: in training, running numbers follow those of the batches, by the share `momentum`.
# They stand in when it is used. The running variance speaks for all data, of which a batch is only a sample: that is
# why it is taken with n − 1.
#
# ### Exercise 4 · Batch norm
#
# *Difficulty 4 of 5 · about 14 minutes · builds `nn.normalization.batch_norm`*

# %%
def batch_norm(
    input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5
):
    """Bring each feature of input (n, features) to mean 0, variance 1; then scale and shift it.

    training: by the batch's own mean and variance (the mean of the squared distances), and the
    running ones are moved, in place and without being recorded: (1 − momentum) · old + momentum ·
    new, the new variance times n / (n − 1). Otherwise by the running ones, which stay as they are.
    """
    ### BEGIN SOLUTION
    if training:
        mean, n = input.mean(0), len(input)
        variance = ((input - mean) ** 2).mean(0)
        with tg.no_grad():
            running_mean += momentum * (mean - running_mean)
            running_var += momentum * (variance * n / (n - 1) - running_var)
    else:
        mean, variance = running_mean, running_var
    z = (input - mean) / (variance + eps).sqrt()
    z = z if weight is None else z * weight
    return z if bias is None else z + bias
    ### END SOLUTION


# %%
batch_norm = check(batch_norm)

# %% [markdown]
# **In PyTorch:** `torch.nn.LayerNorm(32)` and `torch.nn.BatchNorm1d(32)`.
#
# ### Bug hunt 1
#
# A network with batch norm, evaluated after its first batch: worse than guessing, although the same batch came out
# well in training. What is to blame: `"the weights"`, `"the running numbers"` or `"the learning rate"`?

# %%
course.show("12.layer_norm")
course.show("12.batch_norm")
tg.manual_seed(0)
hasty = begun_well(deep(nn.ReLU, extra=nn.BatchNorm1d))
hasty(x[:100])
hasty.eval()
norm, batch = hasty[1], hasty[0](x[:100])[:, 0]
mean, variance = norm.running_mean[0].item(), norm.running_var[0].item()
print(f"first BatchNorm: running mean {mean:.2f}, running variance {variance:.2f};", end=" ")
print(f"this batch: variance {batch.var().item():.2f}")

# %%
predict("bug-first-batches", "the running numbers")  ### ANSWER

# %% [markdown]
# ## Too good on what it has seen
#
# A network can learn its training data by heart. **Dropout** sets each number to 0 with probability p, anew at every
# call, so that no unit can rely on one other. What is kept is scaled so that sums stay the same on average. With p =
# 0.2, what does a 1 become where it is kept?

# %%
predict("kept", 1.25)  ### ANSWER

# %% [markdown]
# ### Exercise 5 · Dropout
#
# *Difficulty 2 of 5 · about 8 minutes · builds `nn.layers.dropout`*
#
# `tg.rand(2, 3)` gives evenly spread random numbers from 0 to 1, in shape (2, 3). Comparing gives True and False,
# which count as 1 and 0 in a product.

# %%
def dropout(input, p=0.5, training=True):
    """Set each element of input to 0 with probability p, and divide the others by 1 − p.

    training=False gives the input back as it is.
    """
    ### BEGIN SOLUTION
    if not training:
        return input
    kept = tg.rand(*input.shape) >= p
    return input * kept / (1 - p)
    ### END SOLUTION


# %%
dropout = check(dropout)

# %% [markdown]
# **In PyTorch:** `torch.nn.functional.dropout(x, 0.2, training=self.training)`.
#
# ### Bug hunt 2
#
# A trained model is asked twice about the same digit. Why do the answers differ: `"dropout"`, `"the seed"` or
# `"batch norm"`?

# %%
course.show("12.dropout")
tg.manual_seed(1)
forgetful = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, 10))
with tg.no_grad():
    print("same answer:", bool((forgetful(x[:1]) == forgetful(x[:1])).all()))

# %%
predict("bug-eval", "dropout")  ### ANSWER

# %% [markdown]
# ## The patient, mended
#
# Sigmoids as at the beginning, ten layers, nothing changed but a batch norm in each; ReLU with a layer norm; and ReLU
# with its first numbers, batch norm and a little dropout. All of them on your own pieces.

# %%
class NormAndDrop(nn.Module):
    """Batch norm, then dropout."""

    def __init__(self, width):
        super().__init__()
        self.norm, self.drop = nn.BatchNorm1d(width), nn.Dropout(0.02)

    def forward(self, x):
        return self.drop(self.norm(x))


tg.manual_seed(0)
with course.mine():
    patients = {
        "sigmoid, batch norm": deep(nn.Sigmoid, extra=nn.BatchNorm1d),
        "ReLU, layer norm": deep(nn.ReLU, extra=nn.LayerNorm),
        "ReLU, all of it": deep(nn.ReLU, extra=NormAndDrop),
    }
    for p in patients["ReLU, all of it"].parameters():
        if p.ndim == 2:
            nn.init.kaiming_normal_(p, nonlinearity="relu")
    for name, model in patients.items():
        history[name] = learn(model)
    scores = {name: right(model) for name, model in patients.items()}
for name, score in scores.items():
    print(f"{name}: right {score:.2f}")
fifth = {name: losses[::5] for name, losses in history.items()}
plots.curves(fifth, x="every fifth step", y="loss", log=True)

# %%
plots.gradient_flow(one_pass(patients["sigmoid, batch norm"]))

# %% [markdown]
# The same sigmoids: every layer hears of the loss now.
#
# ## What you have built
#
# - A measure of gradients by layer: the first thing to look at.
# - First numbers fit the activation. Normalisation keeps the signal in shape while the weights change.
# - Dropout and batch norm behave differently in training and in use: `train()` and `eval()` say which it is.
#
# **Next:** lesson 13, *Convolution*: layers that know what a picture is.
