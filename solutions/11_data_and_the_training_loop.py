# %% [markdown]
# # Data and the training loop
#
# At the end of this page a network reads handwritten digits, more than 96 of 100 that it has never seen, and every
# part of what trained it is yours.
#
# **Where this sits.** … → losses → optimizers → **the training loop** → making it train. Everything is there: a
# model, a loss, an optimizer. What is missing is the part that feeds them, and the part that tells whether it works.
#
# *About 60 minutes. You need lesson 08 (modules), 09 (losses) and 10 (optimizers); what you have not built comes from
# the package.*

# %%
import tinygrad_course as tg
from tinygrad_course import course, nn, optim, plots
from tinygrad_course.course import bar, check, hint, lesson, predict, solution
from tinygrad_course.data import DataLoader, Dataset, Subset

lesson("11")
tg.set_default_dtype(tg.float64)

# %% [markdown]
# ## Examples
#
# 1,437 pictures of digits, 8 by 8 pixels, and for each the digit that it shows. 360 others are kept apart for the
# test.

# %%
digits = tg.data.digits()
images, labels = digits[:]
print(images.shape, labels.shape)
plots.image_grid(images[:10], labels[:10].tolist())

# %% [markdown]
# A **Dataset** has a length, and an item for each position. Any class with these two methods will do: whether the
# items lie in memory, in files, or are made up on the spot, nobody else has to know.
#
# ### Exercise 1 · A dataset
#
# *Difficulty 1 of 5 · about 6 minutes · builds `data.dataset.TensorDataset`*

# %%
class TensorDataset(Dataset):
    """Tensors of one length, side by side: item i is the tuple of their items i.

    An index may be a number, a slice or a list of positions, as for the tensors themselves.
    Raises AssertionError where the tensors differ in length.

    >>> pairs = TensorDataset(tg.tensor([1.0, 2.0]), tg.tensor([3, 4]))
    >>> len(pairs), pairs[1]
    (2, (tensor(2.), tensor(4)))
    """

    def __init__(self, *tensors):
        ### BEGIN SOLUTION
        assert all(len(t) == len(tensors[0]) for t in tensors), "the tensors differ in length"
        self.tensors = tensors
        ### END SOLUTION

    def __getitem__(self, index):
        ### BEGIN SOLUTION
        return tuple(t[index] for t in self.tensors)
        ### END SOLUTION

    def __len__(self):
        ### BEGIN SOLUTION
        return len(self.tensors[0])
        ### END SOLUTION


# %%
TensorDataset = check(TensorDataset)

# %% [markdown]
# **In PyTorch:** `torch.utils.data.TensorDataset(images, labels)`.
#
# ## Batches
#
# A gradient of all examples is exact and slow; that of one is quick and wild. A **batch** of some 10 to 1,000 is the
# usual way between. One pass over all batches is an **epoch**; its last batch may be shorter. How many batches of 64
# does an epoch of these 1,437 digits have?

# %%
predict("how-many-batches", 23)  ### ANSWER

# %% [markdown]
# ### Exercise 2 · Into batches
#
# *Difficulty 2 of 5 · about 6 minutes · builds `data.loader.batched`*
#
# The heart of a DataLoader. Its items are positions. They may come from a generator, so go through them once, in a
# single `for`.

# %%
def batched(items, size, drop_last):
    """Give the items in lists of `size`; the last may be shorter, unless drop_last.

    >>> list(batched(range(5), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """
    ### BEGIN SOLUTION
    batch = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch and not drop_last:
        yield batch
    ### END SOLUTION


# %%
batched = check(batched)

# %% [markdown]
# **In PyTorch** it is a part of `torch.utils.data.DataLoader(dataset, batch_size=64, shuffle=True)`. The package's:

# %%
course.show("11.batched")
course.show("11.TensorDataset")
# %% [markdown]
# ## Apart from the start
#
# What a network has seen says nothing about what it can do. So a part of the data is put aside before anything else:
# it is for **validation**, to see while training how well the network does on digits that it does not train on.
#
# ### Exercise 3 · A split at random
#
# *Difficulty 3 of 5 · about 8 minutes · builds `data.dataset.random_split`*
#
# `tg.randperm(5, generator=generator)` gives the numbers 0 to 4 in random order, `.tolist()` as a list.
# `Subset(dataset, positions)` shows the examples at those positions.

# %%
def random_split(dataset, lengths, generator=None):
    """Split a dataset at random into Subsets of the given lengths, which share no example; a list.

    generator: where the random order comes from; the same one gives the same split.
    Raises ValueError where the lengths do not add up to the dataset's.

    >>> [len(part) for part in random_split(digits, [1200, 237])]
    [1200, 237]
    """
    ### BEGIN SOLUTION
    if sum(lengths) != len(dataset):
        wrong = f"{lengths} add up to {sum(lengths)}"
        raise ValueError(f"{wrong}, and there are {len(dataset)} examples")
    order, parts, start = tg.randperm(len(dataset), generator=generator).tolist(), [], 0
    for n in lengths:
        parts.append(Subset(dataset, order[start : start + n]))
        start += n
    return parts
    ### END SOLUTION


# %%
random_split = check(random_split)

# %% [markdown]
# **In PyTorch:** `torch.utils.data.random_split(dataset, [1200, 237])`.
#
# ### Bug hunt 1
#
# A network that reads every single test digit. Too good. Look at how the data was put together. Which of the three
# holds digits that its name does not promise: `"everything"`, `"to_train"` or `"to_test"`?

# %%
course.show("11.random_split")
more_images, more_labels = tg.data.digits(train=False)[:]
everything = TensorDataset(tg.cat([images, more_images]), tg.cat([labels, more_labels]))
to_train, to_test = everything, Subset(everything, list(range(1437, 1797)))
print(len(to_train), "digits to train on,", len(to_test), "to test with")

# %%
predict("bug-leak", "to_train")  ### ANSWER

# %% [markdown]
# ## The loop
#
# Four lines make a step: clear, loss, backward, step. Around them goes a loop over the batches, and what one wants to
# know of an epoch is its mean loss. Take care with the last, shorter batch. One batch of 10 examples has a mean loss
# of 1, and one of 2 examples a mean loss of 4. What is the mean loss of the 12 examples?

# %%
predict("fair-mean", 1.5)  ### ANSWER

# %% [markdown]
# ### Exercise 4 · An epoch
#
# *Difficulty 3 of 5 · about 8 minutes*
#
# Some layers work in one way while a network learns and in another when it is used; lesson 12 has two. `model.train()`
# puts a model in training mode, `model.eval()` in evaluation mode, and `model.training` tells which it is in.

# %%
def train_epoch(model, batches, loss_function, optimizer):
    """Take a step for each batch, a pair (x, y), with the model in training mode.

    loss_function(model's output, y): the mean loss of a batch. Returns the mean loss of all
    examples, a float.
    """
    ### BEGIN SOLUTION
    model.train()
    total, count = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        total, count = total + loss.item() * len(x), count + len(x)
    return total / count
    ### END SOLUTION


# %%
train_epoch = check(train_epoch)

# %% [markdown]
# **In PyTorch:** the same loop, word for word.
#
# ### Exercise 5 · Measure
#
# *Difficulty 3 of 5 · about 10 minutes · builds `training.fit.evaluate`*
#
# A metric is a number for people: the share of right answers, say. It is a function of all outputs and all targets.
# `tg.cat([a, b])` puts tensors one behind the other. `model.train(True)` is training mode, `model.train(False)` is
# evaluation mode.

# %%
def evaluate(model, data, loss, metrics=None):
    """Loss and metrics of a model over batches (x, y), as floats: {"loss": 0.3, "accuracy": 0.9}.

    metrics: a dict of functions(outputs, targets), which give a number or a Tensor of one; or None.
    In evaluation mode and without recording; afterwards the model is in the mode in which it came.
    All numbers are of all examples together, whatever the sizes of the batches.
    """
    ### BEGIN SOLUTION
    was = model.training
    model.eval()
    with tg.no_grad():
        pairs = [(model(x), y) for x, y in data]
    model.train(was)
    output, target = (tg.cat(part) for part in zip(*pairs, strict=True))
    result = {"loss": loss(output, target).item()}
    for name, metric in (metrics or {}).items():
        result[name] = float(metric(output, target))
    return result
    ### END SOLUTION


# %%
evaluate = check(evaluate)

# %%
course.show("11.evaluate")


def network():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))


tg.manual_seed(0)
model = network()
train, validation = random_split(digits, [1200, 237], tg.Generator().manual_seed(0))
batches, checked = DataLoader(train, 64, shuffle=True), DataLoader(validation, 237)
optimizer = optim.Adam(model.parameters(), lr=0.003)
history = {"loss": [], "val_loss": [], "val_accuracy": []}
accuracy = {"accuracy": tg.metrics.accuracy}
for _ in bar(range(15), "epochs"):
    history["loss"].append(train_epoch(model, batches, nn.functional.cross_entropy, optimizer))
    for name, value in evaluate(model, checked, nn.functional.cross_entropy, accuracy).items():
        history[f"val_{name}"].append(value)
plots.curves(history, x="epoch")

# %% [markdown]
# ### Bug hunt 2
#
# (val_loss begins below loss, since loss is averaged while the network learns, and val_loss measured after it.) Now the
# same network twice, three epochs each. The second reads far fewer digits. What is missing or wrong there: `"shuffle"`,
# `"the learning rate"` or `"the loss"`?

# %%
by_digit = Subset(digits, sorted(train.indices, key=lambda i: labels[i].item()))
loaders = {"first": DataLoader(train, 64, shuffle=True), "second": DataLoader(by_digit, 64)}
for name, batches in loaders.items():
    tg.manual_seed(0)
    model = network()
    optimizer = optim.Adam(model.parameters(), lr=0.003)
    for _ in range(3):
        train_epoch(model, batches, nn.functional.cross_entropy, optimizer)
    measured = evaluate(model, checked, nn.functional.cross_entropy, accuracy)
    print(f"{name}: right {measured['accuracy']:.2f}")

# %%
predict("bug-sorted", "shuffle")  ### ANSWER

# %% [markdown]
# ## One call in place of the loop
#
# You will write this loop again and again: with a bar, with curves, with a stop when it gets no better. `tg.fit` is
# the same loop with these around it. What it does beside the steps is a **callback**: an object that is asked when
# training begins and ends, when an epoch begins and ends, and after each batch.
#
# ```text
# by hand                                        as one call
# you see and can change every line              you say what you want
# print and pdb anywhere                         callbacks at five moments
# nothing is done that you did not write         bar, curves, best weights, Ctrl-C are there
# ```
#
# Keras has it as `model.compile(optimizer, loss)` and `model.fit(x, y, epochs=15)`. PyTorch leaves the loop to you.
#
# The losses on data that a network did not train on were, epoch by epoch: 0.9, 0.6, 0.5, 0.4, 0.5, 0.6, 0.8. Which
# weights would you keep: those of `"epoch 1"`, `"epoch 4"` or `"epoch 7"`?

# %%
predict("which-weights", "epoch 4")  ### ANSWER

# %% [markdown]
# ### Exercise 6 · Stop in time
#
# *Difficulty 2 of 5 · about 5 minutes · builds `training.callbacks.EarlyStopping.on_epoch_end`*

# %%
def on_epoch_end(self, run):
    """Whether to end now: True, or a text that says why, if `self.patience` epochs did no better.

    run.history.epochs: how many epochs there were. run.history.best(*self.measure): the number of
    the best of them, counted from 1, the first if several are as good. A method of a callback, so
    self is the callback; self.measure is what it watches, a tuple such as ("val_loss", "min").
    """
    ### BEGIN SOLUTION
    best = run.history.best(*self.measure)
    waited = run.history.epochs - best
    return f"no epoch was better than epoch {best}" if waited >= self.patience else ""
    ### END SOLUTION


# %%
on_epoch_end = check(on_epoch_end)

# %% [markdown]
# ## Digits, on your own pieces
#
# All of it inside `course.mine()`: your dataset, batches and split, your measuring and stopping; and from earlier
# lessons your layers, loss, optimizer and engine, as far as you have them.

# %%
course.show("11.on_epoch_end")
tg.manual_seed(0)
with course.mine():
    own = tg.data.TensorDataset(images, labels)
    train, validation = tg.data.random_split(own, [1200, 237], tg.Generator().manual_seed(0))
    model = network()
    history = tg.fit(
        model,
        nn.functional.cross_entropy,
        optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.1),
        DataLoader(train, 64, shuffle=True),
        epochs=60,
        validation=DataLoader(validation, 237),
        metrics=accuracy,
        callbacks=[tg.callbacks.Progress(), tg.callbacks.EarlyStopping(patience=8)],
    )
    test_images, test_labels = tg.data.digits(train=False)[:]
    read = model(test_images).argmax(1)
print(f"right on the test: {(read == test_labels).double().mean().item():.3f}")
plots.curves({"loss": history["loss"], "val_loss": history["val_loss"]}, x="epoch", log=True)

# %% [markdown]
# And what it gets wrong: "5 read as 9" is a 5. Would you have read all of them?

# %%
wrong = (read != test_labels).nonzero()[:, 0][:10]
pairs = zip(read[wrong].tolist(), test_labels[wrong].tolist(), strict=True)
told = [f"{t} read as {r}" for r, t in pairs]
plots.image_grid(test_images[wrong], told)

# %% [markdown]
# ## What you have built
#
# - A dataset is a length and an item; a loader puts items into batches, in a new order for every epoch.
# - Four lines make a step. The mean loss weighs batches by their length.
# - Measure on data that was put aside, in evaluation mode, and stop when it gets no better.
#
# **Next:** lesson 12, *Making it train*: when a network does not learn, and what to do about it.
