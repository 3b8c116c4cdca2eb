# %% [markdown]
# # Modules
#
# At the end of this page a network is a tree of parts, each of which knows what it learns. You can make one, walk
# through it, give it good first numbers, save it, and draw its graph part by part.
#
# **Where this sits.** derivative → graph → rules → backward → tensors → **modules** → losses → optimizers. The engine
# works. What is missing is order among the many tensors that a network consists of.
#
# *About 60 minutes. You need lesson 04 (backward) and 06 (matrices); what you have not built comes from the package.*

# %%
import math

import tinygrad_course as tg
from tinygrad_course import course, nn, plots
from tinygrad_course.course import check, hint, lesson, predict, solution

lesson("08")
tg.set_default_dtype(tg.float64)
tg.manual_seed(0);

# %% [markdown]
# ## A list that somebody has to keep
#
# In lesson 04 a network of two layers was four tensors, a function, and a list called `parameters`. Every new layer
# means two more names, and a list to be kept up by hand. Forget one, and it never learns, without any error.
#
# A **Module** is an object that holds tensors and a function, and keeps that list for you. A **Parameter** is a
# tensor that is to be learned; it says so by its type.

# %%
class Scale(nn.Module):
    """Multiply by a number that is learned."""

    def __init__(self):
        super().__init__()
        self.factor = nn.Parameter(tg.tensor([2.0]))

    def forward(self, x):
        return x * self.factor


scale = Scale()
x = tg.tensor([1.0, 2.0, 3.0])
print(dict(scale.named_parameters()))
tg.draw(scale, x)

# %% [markdown]
# You write `forward` and call the module itself: `scale(x)`. The frame in the picture is the module. The box with the
# double border is its parameter.
#
# The most used module of all computes x Wᵀ + b. How many numbers does `Linear(64, 32)` learn?

# %%
predict("how-many", 2080)  ### ANSWER

# %% [markdown]
# ### Exercise 1 · A layer
#
# *Difficulty 2 of 5 · about 10 minutes · builds `nn.layers.Linear`*
#
# `tg.empty(n, m)` makes room for numbers, and `.uniform_(a, b)` fills it with random ones between `a` and `b`.

# %%
class Linear(nn.Module):
    """x @ weight.T + bias: x of shape (..., in_features) becomes (..., out_features).

    weight: a Parameter of shape (out_features, in_features). bias: a Parameter of shape
    (out_features,), or None with bias=False. Both begin evenly spread between ±1/√in_features.
    in_features and out_features stay as attributes.

    >>> Linear(3, 2)(tg.ones(5, 3)).shape
    (5, 2)
    """

    def __init__(self, in_features, out_features, bias=True):
        ### BEGIN SOLUTION
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        bound = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(tg.empty(out_features, in_features).uniform_(-bound, bound))
        self.bias = nn.Parameter(tg.empty(out_features).uniform_(-bound, bound)) if bias else None
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        z = x @ self.weight.mT
        return z if self.bias is None else z + self.bias
        ### END SOLUTION


# %%
Linear = check(Linear)

# %% [markdown]
# **In PyTorch:** `torch.nn.Linear(3, 2)`, with the same names, shapes and bounds. The package's own beside yours:

# %%
course.show("08.Linear")

# %% [markdown]
# ### Exercise 2 · Layers in a row
#
# *Difficulty 2 of 5 · about 7 minutes · builds `nn.containers.Sequential`*
#
# A module that is set as an attribute of another becomes a part of it. `setattr(self, "0", layer)` sets an attribute
# whose name is not known beforehand. `vars(self)` is the dict of all attributes, in the order in which they were set;
# some are no modules. One layer may stand in the row twice.

# %%
class Sequential(nn.Module):
    """Modules in a row, called "0", "1", …: each one's output is the next one's input.

    >>> model = Sequential(Linear(2, 3), nn.Tanh(), Linear(3, 1))
    >>> [name for name, parameter in model.named_parameters()]
    ['0.weight', '0.bias', '2.weight', '2.bias']
    """

    def __init__(self, *modules):
        ### BEGIN SOLUTION
        super().__init__()
        for i, module in enumerate(modules):
            setattr(self, str(i), module)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        for part in vars(self).values():
            if isinstance(part, nn.Module):
                x = part(x)
        return x
        ### END SOLUTION


# %%
Sequential = check(Sequential)

# %% [markdown]
# **In PyTorch:** `torch.nn.Sequential(...)`.
#
# ### Bug hunt 1
#
# Somebody keeps the layers in a plain list. The network runs. How many parameters does an optimizer find in it?

# %%
course.show("08.Sequential")


class Deep(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(2, 8), nn.Linear(8, 1)]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


print(Deep()(tg.ones(5, 2)).shape)

# %%
predict("in-a-list", 0)  ### ANSWER

# %% [markdown]
# ## A tree, and how to walk it
#
# Modules in modules make a tree. Printed, it shows its branches; each has a **path**, the names from the root to it
# with dots between.

# %%
class Classifier(nn.Module):
    """Two numbers in, a score for each of two classes out."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh())
        self.head = nn.Linear(16, 2)

    def forward(self, x):
        return self.head(self.body(x))


classifier = Classifier()
classifier

# %% [markdown]
# ### Exercise 3 · Every module
#
# *Difficulty 3 of 5 · about 10 minutes · builds `nn.module.Module.named_modules`*
#
# This is a method, so its first argument is the module itself. `self.named_children()` gives pairs (name, module) of
# what is directly inside. A function with `yield` gives its results one at a time; `yield from` passes on those of
# another.

# %%
def named_modules(self, memo=None, prefix="", remove_duplicate=True):
    """Yield (path, module) for this module and every one inside it, a module before its children.

    prefix: this module's own path, "" for the root. memo: the set of modules that were listed
    already, each of which is passed over; None at the root. With remove_duplicate=False no module
    goes into it: one that is used at two places is listed at both.

    >>> [path for path, module in named_modules(Sequential(Linear(2, 3), nn.Tanh()))]
    ['', '0', '1']
    """
    ### BEGIN SOLUTION
    memo = set() if memo is None else memo
    if self in memo:
        return
    if remove_duplicate:
        memo.add(self)
    yield prefix, self
    for name, child in self.named_children():
        path = f"{prefix}.{name}" if prefix else name
        yield from child.named_modules(memo, path, remove_duplicate)
    ### END SOLUTION


# %%
named_modules = check(named_modules)

# %% [markdown]
# ### Exercise 4 · Every parameter
#
# *Difficulty 2 of 5 · about 8 minutes · builds `nn.module.Module.named_parameters`*
#
# Parameters are attributes too: `vars(module)` has them. Two layers may share one weight.

# %%
def named_parameters(self, prefix=""):
    """Yield (path, parameter) for every nn.Parameter here and in the modules inside, each once.

    prefix: this module's own path.

    >>> [name for name, parameter in named_parameters(Linear(3, 2), prefix="head")]
    ['head.weight', 'head.bias']
    """
    ### BEGIN SOLUTION
    seen = set()
    for path, module in self.named_modules(prefix=prefix):
        for name, value in vars(module).items():
            if isinstance(value, nn.Parameter) and value not in seen:
                seen.add(value)
                yield f"{path}.{name}" if path else name, value
    ### END SOLUTION


# %%
named_parameters = check(named_parameters)

# %% [markdown]
# **In PyTorch:** `model.named_modules()` and `model.named_parameters()`.
#
# ### Bug hunt 2
#
# Somebody forgot a line. Which line of this program fails: 1, 2, 3, 4 or 5?
#
# ```python
# class Net(nn.Module):                        # 1
#     def __init__(self):
#         self.layer = nn.Linear(2, 1)         # 2
#     def forward(self, x):
#         return self.layer(x)                 # 3
# model = Net()                                # 4
# model(tg.ones(5, 2))                         # 5
# ```

# %%
predict("bug-no-init", 2)  ### ANSWER

# %% [markdown]
# ## The first numbers
#
# All zeros would be no beginning: every unit of a layer would learn the same. So weights begin at random. How large?
#
# Suppose that inputs and weights are independent, of mean 0 and standard deviation 1. A layer of 16 inputs adds up 16
# products. By which factor do its outputs spread more than its inputs: `"4"`, `"16"` or `"256"`?

# %%
predict("growth", "4")  ### ANSWER

# %% [markdown]
# Six such layers one after the other. Look at the standard deviations on the right.

# %%
course.show("08.named_modules")
course.show("08.named_parameters")
deep = nn.Sequential(*(nn.Linear(16, 16, bias=False) for _ in range(6)))
with tg.no_grad():
    for weight in deep.parameters():
        weight.normal_()
with plots.record_activations(deep) as layers:
    deep(tg.randn(500, 16))
plots.activations(layers)

# %% [markdown]
# The signal explodes; with numbers too small it would die out. Glorot and Bengio (2010) asked for weights that keep
# the spread. On the way forward a layer adds up its inputs; on the way back, gradients come from its outputs and are
# added up. Their compromise is the bound
#
# a = gain · √(6 / (inputs + outputs))
#
# for numbers spread evenly between −a and a. The `gain` makes up for what a nonlinearity takes away.
#
# ### Exercise 5 · A bound that keeps the signal
#
# *Difficulty 2 of 5 · about 6 minutes · builds `nn.init.xavier_uniform_`*

# %%
def xavier_uniform_(tensor, gain=1.0):
    """Fill tensor (outputs, inputs) evenly between ±gain·√(6 / (inputs + outputs)); return it.

    In place and without being recorded: tensor may be a Parameter.
    """
    ### BEGIN SOLUTION
    outputs, inputs = tensor.shape
    bound = gain * math.sqrt(6 / (inputs + outputs))
    with tg.no_grad():
        return tensor.uniform_(-bound, bound)
    ### END SOLUTION


# %%
xavier_uniform_ = check(xavier_uniform_)

# %%
course.show("08.xavier_uniform_")
for weight in deep.parameters():
    xavier_uniform_(weight)
with plots.record_activations(deep) as layers:
    deep(tg.randn(500, 16))
plots.activations(layers)

# %% [markdown]
# **In PyTorch:** `torch.nn.init.xavier_uniform_(weight)`.
#
# ## Saved and loaded
#
# What a model has learned is its parameters. `state_dict()` gives them by path; nothing else has to be kept.
#
# ### Exercise 6 · Load
#
# *Difficulty 3 of 5 · about 12 minutes · builds `nn.module.Module.load_state_dict`*
#
# `parameter.copy_(value)` writes numbers into a tensor that is there; under `tg.no_grad()` nothing is recorded.

# %%
def load_state_dict(self, state_dict):
    """Copy state_dict, a dict from path to Tensor, into this module's parameters: all, or none.

    Raises RuntimeError if a name is on one side alone, or if a shape differs; then nothing was
    changed. The Parameters stay the objects that they are, and share no memory with the dict.
    """
    ### BEGIN SOLUTION
    own = dict(self.named_parameters())
    if own.keys() != state_dict.keys():
        raise RuntimeError(f"these names are on one side alone: {own.keys() ^ state_dict.keys()}")
    for name in own:
        if own[name].shape != state_dict[name].shape:
            raise RuntimeError(f"{name} has shape {own[name].shape}, not {state_dict[name].shape}")
    with tg.no_grad():
        for name in own:
            own[name].copy_(state_dict[name])
    ### END SOLUTION


# %%
load_state_dict = check(load_state_dict)

# %% [markdown]
# **In PyTorch:** `model.load_state_dict(torch.load("model.pt"))`. One trap is left. During training somebody writes
#
# `if loss < best_loss: best = model.state_dict()`
#
# and afterwards `model.load_state_dict(best)`. Which weights has the model then: `"the best"`, `"the last"` or
# `"the first"`?

# %%
predict("bug-best", "the last")  ### ANSWER

# %% [markdown]
# ## A network as a tree, on your own modules
#
# Two moons again. Inside `course.mine()` the model is made of your `Linear` and `Sequential`, begins with your
# numbers, is walked by your methods, and what it has learned is loaded into a second one.

# %%
course.show("08.load_state_dict")
points, labels = tg.data.moons(200)[:]
target = labels.to(tg.float64) * 2 - 1
with course.mine():
    model, copy = (nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1)) for _ in range(2))
    for name, parameter in model.named_parameters():
        if name.endswith("weight"):
            nn.init.xavier_uniform_(parameter, nn.init.calculate_gain("tanh"))
    for _ in range(300):
        model.zero_grad()
        loss = ((model(points)[:, 0] - target) ** 2).mean()
        loss.backward()
        with tg.no_grad():
            for parameter in model.parameters():
                parameter -= 0.1 * parameter.grad
    copy.load_state_dict(model.state_dict())
    same = bool((copy(points) == model(points)).all())
print(f"loss {loss.item():.2f}; the copy gives the same answers: {same}")
plots.decision_boundary(lambda x: copy(x)[:, 0], points, labels)

# %% [markdown]
# And the graph of a network by its modules: `open=1` opens the outermost alone, and every other is one box.

# %%
tg.draw(classifier, points[:5], open=1)

# %% [markdown]
# ## What you have built
#
# - A module holds parameters and a forward; setting an attribute is all that it takes to belong.
# - A tree is walked by asking each part for its own; paths are names for saved files.
# - First numbers keep the signal's spread from layer to layer.
# - Loading copies all or nothing, into the parameters that are there.
#
# **Next:** lesson 09, *Losses*: what a network is told about its mistakes.
