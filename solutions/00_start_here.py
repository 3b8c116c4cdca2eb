# %% [markdown]
# # Start here
#
# At the end of this page a program of yours has become a graph, a gradient has travelled back through that graph, and
# a small network has read handwritten digits.
#
# **Where this sits.** tensors → **the graph** → backward → modules → optimizers → networks → production. You look at
# the second step first, because everything else stands on it.
#
# *About 15 minutes. You need Python and a little NumPy. Nothing is fetched from the network.*
#
# Click into the next cell and press Shift+Enter to run it. Go on like this, one cell at a time.

# %%
import tinygrad_course as tg
from tinygrad_course.course import bar, check, hint, lesson, predict, solution

lesson("00")

# %% [markdown]
# ## A program and its graph
#
# A *tensor* is an array like NumPy's that can also remember where it came from. Here is one that holds a single
# number, and a program with an `if`. `requires_grad=True` says: remember what is done with `x`, because later I want
# to know how the result depends on it.

# %%
x = tg.tensor([2.0], requires_grad=True)
y = x * 2 if x > 0 else x * 3
y

# %% [markdown]
# `y` holds 4, and `grad_fn` names the operation that made it, a multiplication. Follow that from `y` back to `x` and
# you have a graph. You never have to describe the graph: running the program builds it.

# %%
tg.draw(y)

# %% [markdown]
# `x` is a *leaf*: nothing made it, you did. The 2 is a *constant*. `shape (1,)` says that there is one number.
#
# ## The slope
#
# Move `x` a little, from 2.0 to 2.1, and `y` moves from 4.0 to 4.2: by 0.2 for the 0.1 that `x` moved. The change of
# `y` divided by the change of `x` is the *slope*, or *gradient*, of `y` at `x`.
#
# What is it here? Before you run on, write the number in place of `...` and run the cell. A guess you made yourself is
# what makes the answer stick. Your first answer is the one that is counted, and only you see the count.

# %%
predict("slope-at-2", 2.0)  ### ANSWER

# %%
y.backward()
x.grad

# %% [markdown]
# `backward` starts at `y`, walks against the arrows back to `x`, and leaves the gradient there, in `x.grad`, which
# was empty until then. It does so once for each run of the program: to see it again, first run the cell with `y =
# ...` again.
#
# Look at `x` in the graph now.

# %%
tg.draw(y)

# %% [markdown]
# ## The other branch
#
# The `if` is Python's own. The graph holds what really ran, so another input can make another graph. Take -3.0 and
# the same program. What will the drawn graph multiply by: `"2"`, `"3"` or `"both"`? Write it with its quotes. And
# what is the slope there, a number?

# %%
predict("graph-of-minus-3", "3")  ### ANSWER

# %%
predict("slope-at-minus-3", 3.0)  ### ANSWER

# %%
x_negative = tg.tensor([-3.0], requires_grad=True)
y_negative = x_negative * 2 if x_negative > 0 else x_negative * 3
y_negative.backward()
x_negative.grad

# %%
from tinygrad_course.draw import side_by_side

side_by_side(y, y_negative, captions=["x = 2", "x = -3"])

# %% [markdown]
# One program, two graphs. A framework that works this way is called *dynamic*, or *define-by-run*: the graph is made
# anew each time the program runs. PyTorch is such a framework, and so is the one that you build here.
#
# **In PyTorch** the lines that make `x`, compute `y` and call `backward` are the same, with `torch` in place of `tg`.
# The drawing is this course's own.

# %% [markdown]
# ## How an exercise works
#
# ### Exercise 1 · Double or triple
#
# *Difficulty 1 of 5 · about 3 minutes*
#
# Put the program into a function. Write your code in place of the line that raises `NotImplementedError`, run the
# cell, then run the check below it.

# %%
def double_or_triple(x):
    """Return x * 2 where x is greater than 0, else x * 3.

    x is a tensor of one number. The result is a tensor too, so that a gradient can travel back to
    x.

    >>> double_or_triple(tg.tensor([-3.0]))
    tensor([-9.])
    """
    ### BEGIN SOLUTION
    return x * 2 if x > 0 else x * 3
    ### END SOLUTION


# %% [markdown]
# `check` runs your function on inputs of its own choosing, in a separate process: whatever happens there, this
# notebook goes on. Where your function passes, you keep it. Where it does not, the name `double_or_triple` gets the
# course's own, so that the rest of the page runs; to try again, run your cell and then the check.

# %%
double_or_triple = check(double_or_triple)

# %% [markdown]
# Stuck? Each run of `hint` tells you a little more: first a question, then an approach, then a skeleton. After a try,
# `solution(double_or_triple)` shows the course's own answer: add a cell, with the + in this notebook's own row of
# buttons, and write it there.

# %%
hint(double_or_triple)

# %% [markdown]
# Your function builds a graph too, the graph of the branch that it took. Between 0 and 0.001 the branch changes:

# %%
zero, more = tg.tensor([0.0], requires_grad=True), tg.tensor([0.001], requires_grad=True)
side_by_side(double_or_triple(zero), double_or_triple(more), captions=["x = 0", "x = 0.001"])

# %% [markdown]
# The package has no piece like this one: `if` is Python's own. **In PyTorch** your function works as it stands:
# `double_or_triple(torch.tensor([-3.0]))`.
#
# ### What a mistake looks like
#
# Everybody makes mistakes here, and most of them have been made before. Where yours is one that the course knows, the
# check says which and why. See it happen: this function has its branches the wrong way round. (Your own function
# stays as it is; nothing is done with what this check gives back.)

# %%
def wrong_way_round(x):
    return x * 3 if x > 0 else x * 2


check(wrong_way_round, "00.double_or_triple");

# %% [markdown]
# ## A taste of what you will build
#
# The rest of this page uses pieces that you have not built yet, and words that later lessons explain. Run the cells
# and watch; you need not understand them today. Lesson by lesson, your own pieces take their place.
#
# Here are 1,437 handwritten digits to learn from, each an image of 8 by 8 grey values, and 360 more that the network
# does not see until the end.

# %% tags=["taste"]
train, test = tg.data.digits(train=True), tg.data.digits(train=False)
print(len(train), "images to learn from,", len(test), "to test on")

# %% [markdown]
# A network is a graph as well. Numbers go in; on the way they meet *parameters*, numbers that training changes; and
# one number comes out, the *loss*, which says how wrong the network is. Training repeats three steps: run the
# network, send the gradient of the loss back, move every parameter a little against its gradient.

# %% tags=["taste"]
tg.manual_seed(0)
model = tg.nn.Sequential(tg.nn.Flatten(), tg.nn.Linear(64, 32), tg.nn.ReLU(), tg.nn.Linear(32, 10))
optimizer = tg.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
batches = tg.data.DataLoader(train, batch_size=32, shuffle=True)

for _ in bar(range(40), "training"):
    for images, labels in batches:
        loss = tg.nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

# %% [markdown]
# How well does it read digits that it has never seen?

# %%
images, labels = test[:]
read = model(images).argmax(1)
right = (read == labels).float().mean().item()
print(f"read right: {right:.2f} of all")

# %%
from tinygrad_course.plots import image_grid

pairs = zip(read[:10].tolist(), labels[:10].tolist(), strict=True)
image_grid(images[:10], [f"reads {r}, is {d}" for r, d in pairs])

# %% [markdown]
# Where it is wrong, look at the image: would you have read it?
#
# And this is the graph of that network. The dashed box at the left is one image, `images[:1]`, as 64 numbers; at the
# bottom, if you scroll, is the result, ten scores, one for each digit. It is made of the same things as the graph of
# `x * 2`: values, operations, arrows. You will write every one of them.

# %%
scores = model(images[:1])
tg.draw(scores, values=False, grads=False)

# %% [markdown]
# ## What you have seen
#
# - Running a program builds its graph. Another input may build another graph.
# - `backward` walks the graph from the result to the inputs and leaves a gradient at each.
# - `predict` before you run, `check` after you wrote, `hint` when you are stuck.
#
# **Next:** lesson 01, *What a derivative is*, begins with the slope and nothing else.
