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
# ## A program that is remembered
#
# Here is a tensor of one number, and a program with an `if`. `requires_grad=True` says: remember what is done with
# `x`, for I will ask later how the result depends on it.

# %%
x = tg.tensor([2.0], requires_grad=True)
y = x * 2 if x > 0 else x * 3
y

# %% [markdown]
# `y` holds 4, and it also holds the operation that made it. Follow that from `y` back to `x` and you have a graph. You
# never have to describe the graph: running the program builds it.

# %%
tg.draw(y)

# %% [markdown]
# ## Which way is up
#
# Move `x` by a little, say from 2.0 to 2.1. `y` moves too. How much `y` moves for each unit that `x` moves is the
# *slope*, or *gradient*, of `y` at `x`.
#
# Before the next output exists, say what you expect: write a number in place of `...` and run the cell. There is
# nothing to lose; a guess you made yourself is what makes the answer stick.

# %%
predict("slope-at-2", 2.0)  ### ANSWER

# %%
y.backward()
x.grad

# %% [markdown]
# `backward` starts at `y`, walks along the arrows towards `x`, and leaves the gradient there. Look at `x` in the graph
# now.

# %%
tg.draw(y)

# %% [markdown]
# ## The other branch
#
# The `if` is Python's own. The graph holds what really ran, so another input can make another graph. Take -3.0 and the
# same program. What is the slope there? And what will the drawn graph multiply by: `"2"`, `"3"` or `"both"`?

# %%
predict("slope-at-minus-3", 3.0)  ### ANSWER

# %%
predict("graph-of-minus-3", "3")  ### ANSWER

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
# **In PyTorch** the lines are the same. Change `tg` to `torch`, and they run.

# %% [markdown]
# ## How an exercise works
#
# ### Exercise 1 · Double or triple
#
# *Difficulty 1 of 5 · about 3 minutes*
#
# Put the program into a function. Replace the line that raises `NotImplementedError` by yours.

# %%
def double_or_triple(x):
    """Return x * 2 where x is greater than 0, else x * 3.

    x is a tensor of one number. The result is a tensor too, so that a gradient can travel back to x.

    >>> double_or_triple(tg.tensor([-3.0]))
    tensor([-9.])
    """
    ### BEGIN SOLUTION
    return x * 2 if x > 0 else x * 3
    ### END SOLUTION


# %% [markdown]
# `check` runs your function on inputs it chose, in a process of its own: whatever happens there, this notebook goes on.
# It gives back what you go on with: your function where it passes, else the course's own.

# %%
double_or_triple = check(double_or_triple)

# %% [markdown]
# Stuck? Each run of `hint` tells you a little more: first a question, then an approach, then a skeleton. After a try,
# `solution(double_or_triple)` shows the course's own answer.

# %%
hint(double_or_triple)

# %% [markdown]
# ### What a mistake looks like
#
# Everybody makes mistakes here, and most of them have been made before. Where yours is one that the course knows, the
# check says which and why. See it happen: this function has its branches the wrong way round.

# %%
def wrong_way_round(x):
    return x * 3 if x > 0 else x * 2


check(wrong_way_round, "00.double_or_triple");

# %% [markdown]
# ## A taste of what you will build
#
# The rest of this page uses pieces that you have not built yet. They come from the package, and lesson by lesson your
# own take their place.
#
# Here are 1,437 handwritten digits to learn from, each an image of 8 by 8 grey values, and 360 more that the network
# does not see until the end.

# %%
train, test = tg.data.digits(train=True), tg.data.digits(train=False)
print(len(train), "images to learn from,", len(test), "to test on")

# %% [markdown]
# A network is a graph as well: numbers go in, each operation has parameters that can be turned, and one number comes
# out, the *loss*, which says how wrong the network is. Training repeats three steps: run the network, send the gradient
# of the loss back, turn every parameter a little against its gradient.

# %%
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
print("more than 9 of 10 read right:", right > 0.9)

# %%
from tinygrad_course.draw import image_grid

image_grid(images[:10], [f"reads {digit}" for digit in read[:10].tolist()])

# %% [markdown]
# And this is the graph of that network, from one image at the top to ten scores at the bottom, one for each digit. It
# is made of the same things as the graph of `x * 2`: values, operations, arrows. You will write every one of them.

# %%
scores = model(images[:1])
tg.draw(scores, numbers=False)

# %% [markdown]
# ## What you have seen
#
# - Running a program builds its graph. Another input may build another graph.
# - `backward` walks the graph from the result to the inputs and leaves a gradient at each.
# - `predict` before you run, `check` after you wrote, `hint` when you are stuck.
#
# **Next:** lesson 01, *What a derivative is*, begins with the slope and nothing else.
