"""Whatever a learner writes, the check says a sentence, and the notebook and the framework are as they were."""

from __future__ import annotations

import os
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

import tinygrad_course as tg
from tinygrad_course.course import check
from tinygrad_course.course.child import Limits
from tinygrad_course.course.exercise import Lesson
from tinygrad_course.course.exercises import session

from .test_check import examined, in_hand, made_up, reference, words  # noqa: F401

SHORT = Limits(seconds=0.6)
ENDLESS = ("stopped", "did not come to an end within 0.6 seconds")
CRASHED = ("stopped", "ended or crashed")
PASSES = ("passed", "as expected")

HOSTILE: dict[str, tuple[str, tuple[str, str]]] = {
    # It never ends
    "endless loop": ("while True: pass", ENDLESS),
    "call in C that never comes back": ("return sum(iter(int, 1))", ENDLESS),
    "loop that swallows every exception": (
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        ENDLESS,
    ),
    "sleep": ("import time\ntime.sleep(1e6)", ENDLESS),
    "deadlock": ("import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()", ENDLESS),
    "signals ignored": (
        "import signal\nfor s in (signal.SIGTERM, signal.SIGINT): signal.signal(s, signal.SIG_IGN)\nwhile True: pass",
        ENDLESS,
    ),
    "result without end": (
        "pass\nclass Long(list):\n    def __len__(self): return 1\n    def __iter__(self): return iter(int, 1)\n"
        "return Long()",
        ENDLESS,
    ),
    "another process that goes on": (
        "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import time; time.sleep(1e6)'])",
        ENDLESS,
    ),
    # It ends too much
    "sys.exit": ("import sys\nsys.exit()", ("not yet", "calls `exit`")),
    "os._exit": ("import os\nos._exit(0)", CRASHED),
    "os.abort": ("import os\nos.abort()", CRASHED),
    "KeyboardInterrupt": ("raise KeyboardInterrupt", ("not yet", "KeyboardInterrupt")),
    "BaseException": ("pass\nclass Odd(BaseException): pass\nraise Odd('no')", ("not yet", "`Odd: no`")),
    "GeneratorExit": ("raise GeneratorExit", ("not yet", "GeneratorExit")),
    "raise of what is no exception": ("raise 3", ("not yet", "exceptions must derive")),
    "input": ("return xs * float(input('how often? '))", ("not yet", "waits for `input`")),
    # It takes too much
    "recursion": ("def tripled(xs): return tripled(xs)", ("not yet", "calls itself without end")),
    "array too large": ("return np.ones(10**14)", ("not yet", "more memory than there is")),
    "growing list": ("kept = []\nwhile True: kept.append(bytearray(10**7))", ("stopped", "more than 400 megabytes")),
    "huge result": ("return [0] * 10**7", ("not yet", "`tripled` is of type list")),
    "a result of many parts": ("x = [0]\nfor i in range(19): x = [x] * 9\nreturn x", ("not yet", "list or tuple")),
    "a result in itself": ("kept = []\nkept.append(kept)\nreturn kept", ("not yet", "list or tuple")),
    "a number too large": ("return 10**5000", ("not yet", "int with more than 63 bits")),
    "exception of 10 MB": ("raise ValueError('x' * 10**7)", ("not yet", "ValueError")),
    "output": (
        "import sys, os\nfor i in range(20000):\n    print('x' * 99)\n    print('y' * 99, file=sys.stderr)\n"
        "os.write(1, b'z' * 10**6)\nos.write(2, b'z' * 10**6)\nreturn xs * 3",
        PASSES,
    ),
    # It lies about itself
    "broken str and repr": (
        "pass\nclass Odd(Exception):\n    def __str__(self): raise ValueError\n    __repr__ = __str__\nraise Odd()",
        ("not yet", "cannot be shown"),
    ),
    "exception that gives other names": (
        "error = AttributeError('x')\nerror.name = error.obj = tripled\nraise error",
        ("not yet", "Your code stops with an error"),
    ),
    "evil __class__": (
        "pass\nclass Odd:\n    @property\n    def __class__(self): raise RuntimeError('no class')\nreturn Odd()",
        ("not yet", "RuntimeError: no class"),
    ),
    "__class__ of an array": (
        "pass\nclass Odd:\n    __class__ = np.ndarray\nreturn Odd()",
        ("not yet", "array of 1 elements that are not compared"),
    ),
    "evil __eq__ and __getattr__": (
        "pass\nclass Odd:\n    def __eq__(self, other): raise SystemExit\n"
        "    def __getattr__(self, name): return lambda: True\nreturn Odd()",
        ("not yet", "is of type Odd"),
    ),
    "equal to everything": (
        "pass\nclass Odd(float):\n    def __eq__(self, other): return True\nreturn Odd(7)",
        ("not yet", "is a number. Expected is a NumPy array"),
    ),
    "evil __reduce__": (
        "pass\nclass Odd(list):\n    def __reduce__(self): import os; os._exit(1)\nreturn Odd()",
        ("not yet", "list or tuple"),
    ),
    "evil array": (
        "pass\nclass Odd(np.ndarray):\n    def astype(self, *_): raise SystemExit\n    ravel = shape = dtype = None\n"
        "return (xs * 3).view(Odd)",
        PASSES,
    ),
    "matrix": ("return np.matrix([18.0])", ("not yet", "has shape (1, 1)")),
    "half a character": ("return '\\ud800'", ("not yet", "\\ud800")),
    "half a character in an error": ("raise ValueError('\\udfff')", ("not yet", "ValueError")),
    "half a character as a key": ("return {'\\ud800': 1}", ("not yet", "is a dict")),
    "nan and inf": ("return xs * np.array([np.nan])", ("not yet", "holds nan or inf")),
    "generator": ("yield xs * 3", ("not yet", "holds `yield`")),
    "async function": ("async def tripled(xs): return xs * 3", ("not yet", "begins with `async`")),
    "class without methods": ("class tripled: pass", ("not yet", "TypeError")),
    "wrong arity": ("def tripled(): return 3", ("not yet", "takes other arguments")),
    "changed input": ("xs *= 3\nreturn xs", ("not yet", "changes what it was given")),
    "a module that is not there": ("import pandas_of_mine\nreturn xs * 3", ("not yet", "is not installed here")),
    # It changes what is around it
    "patched NumPy": ("np.ndarray = np.array = np.asarray = None\nreturn xs * 3", ("not yet", "TypeError")),
    "patched builtins": ("import builtins\nbuiltins.isinstance = builtins.len = None\nreturn xs * 3", CRASHED),
    "patched json": ("import json\njson.dumps = None\nreturn xs * 3", CRASHED),
    "patched framework": ("tg.Tensor = tg.manual_seed = None\nreturn xs * 3", ("not yet", "TypeError")),
    "modes left on": (
        "tg.set_grad_enabled(False)\ntg.set_default_dtype(tg.float16)\nnp.seterr(all='raise')\nreturn xs * 3",
        PASSES,
    ),
    "other globals": ("global np\nnp = xs = None\nreturn xs", ("not yet", "gives back None")),
    "stdout closed": ("import sys\nsys.stdout.close()\nsys.stdout = None\nreturn xs * 3", PASSES),
    "descriptors 1 and 2 closed": ("import os\nos.closerange(1, 3)\nprint(7)\nreturn xs * 3", PASSES),
    "every pipe closed": ("import os\nos.closerange(0, 99)\nreturn xs * 3", CRASHED),
    "noise in every pipe": (
        "import os\nfor fd in range(3, 30):\n    try: os.write(fd, b'noise' * 9)\n    except OSError: pass\n"
        "return xs * 3",
        CRASHED,
    ),
    "thread left": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(1e6,)).start()\nreturn xs * 3",
        PASSES,
    ),
    "trace": (
        "import sys\ndef spy(frame, event, arg): raise RuntimeError('spied')\nsys.settrace(spy)\nreturn xs * 3",
        ("not yet", "RuntimeError: spied"),
    ),
    "warnings as errors": (
        "import warnings\nwarnings.simplefilter('error')\nwarnings.warn('loud')\nreturn xs * 3",
        ("not yet", "UserWarning: loud"),
    ),
    "another folder": ("import os\nos.chdir(os.sep)\nos.environ.clear()\nreturn xs * 3", PASSES),
}  # fmt: skip
if os.name != "nt":
    HOSTILE |= {
        "fork": ("import os\nos.fork()\nreturn xs * 3", PASSES),
        "signal to itself": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", CRASHED),
        "stopped by a signal": ("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\nreturn xs * 3", ENDLESS),
        "signal to its parent": ("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nreturn xs * 3", PASSES),
        "alarm": ("import signal, time\nsignal.setitimer(signal.ITIMER_REAL, 0.01)\ntime.sleep(9)", CRASHED),
    }


def state() -> tuple[Any, ...]:
    """What a learner's code might have changed in this process."""
    framework = (tg.Tensor, tg.get_default_dtype(), tg.is_grad_enabled(), tg.rand(1).item())
    return (np.array, np.geterr(), os.getcwd(), len(psutil.Process().open_files()), framework)


@pytest.mark.parametrize(("body", "found"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_code_does_no_harm(
    made_up: Lesson,  # noqa: F811
    capfd: pytest.CaptureFixture[str],
    body: str,
    found: tuple[str, str],
) -> None:
    tg.manual_seed(0)
    before = state()
    outcome = examined(made_up, body, limits=SHORT if found is ENDLESS else Limits(megabytes=400))
    said = words(outcome)
    assert capfd.readouterr() == ("", "")
    assert (outcome.status, found[1] in said) == (found[0], True), said
    assert 10 < len(said) < 5000 and said.encode()
    tg.manual_seed(0)
    assert state() == before


def test_a_deeper_recursion_than_python_allows_is_told_whichever_limit_it_meets(made_up: Lesson) -> None:  # noqa: F811
    body = "import sys\nsys.setrecursionlimit(10**9)\ndef tripled(xs): return tripled(xs)"
    outcome = examined(made_up, f"{body}\nreturn tripled(xs)", limits=Limits(seconds=5, megabytes=300))
    assert outcome.status in ("stopped", "not yet")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_copy_of_the_process_ends_with_the_case_that_made_it(made_up: Lesson, tmp_path: Path) -> None:  # noqa: F811
    note = tmp_path / "calls"
    body = f"import os\nopen({str(note)!r}, 'a').write('.')\nos.fork()\nreturn xs * 3"
    assert examined(made_up, body).status == "passed"
    assert note.read_text() == "...."  # a call for each case, and not one for each copy in it


SLEEPER = "import time; time.sleep(1e6)"
ORPHAN = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', '{SLEEPER}'], stdout=-3).pid)"


@pytest.mark.parametrize(
    "start",
    [
        f"pid = subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]).pid",
        f"pid = subprocess.Popen([sys.executable, '-c', {SLEEPER!r}], start_new_session=True).pid",
        pytest.param(
            f"pid = int(subprocess.check_output([sys.executable, '-c', {ORPHAN!r}]))",
            marks=pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups to end an orphan by"),
        ),
    ],
    ids=["of its own", "in a session of its own", "whose parent has ended"],
)
def test_processes_that_the_code_started_end_with_it(made_up: Lesson, tmp_path: Path, start: str) -> None:  # noqa: F811
    note = tmp_path / "pid"
    body = f"import subprocess, sys\n{start}\nopen({str(note)!r}, 'w').write(str(pid))\nreturn xs * 3"
    assert examined(made_up, body).status == "passed"
    pid = int(note.read_text())
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "the process is still there"
        time.sleep(0.05)


# What is given to check() itself, in the notebook's own process


class Odd:
    """Answers every question about itself with an error."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError("no")


class Leaving:
    """Ends the program when it is asked."""

    def __getattr__(self, name: str) -> Any:
        raise SystemExit


class Agreeing:
    """Has everything that it is asked for, and says yes to it."""

    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self, *args: Any) -> Any:
        return self

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


class Meta(type):
    """A class that has no name, and does not want to be compared."""

    def __getattribute__(cls, name: str) -> Any:
        raise LookupError(name)

    def __eq__(cls, other: object) -> bool:
        raise LookupError

    __hash__ = None  # type: ignore[assignment]


class Nameless(metaclass=Meta):
    pass


def deep() -> Any:
    nested: Any = [0]
    for _ in range(19):
        nested = [nested] * 9
    return nested


NO_ANSWERS: list[Any] = [
    None, 3, "tripled", tg.tensor(1.0), np.ones(2), len, np.exp, int, [], Odd(), Odd, Leaving(), Agreeing(),
    Nameless, deep(), "\ud800", object(), type, print, {1: {2: 3}},
]  # fmt: skip


@pytest.mark.parametrize("id", [None, "99.tripled", "98.nothing", ""])
def test_check_of_what_is_no_answer_never_raises(id: str | None, capfd: pytest.CaptureFixture[str]) -> None:
    for thing in NO_ANSWERS:
        check(thing, id)
        captured = capfd.readouterr()
        assert captured.err == "" and len(captured.out) < 5000
        assert ": not checked" in captured.out or ": not yet" in captured.out, captured.out


VALUES: list[Any] = [Odd(), Odd, Nameless, deep(), "\ud800", np.ones(10**6), float("nan"), 10**400]


def test_check_of_any_value_never_raises(capfd: pytest.CaptureFixture[str]) -> None:
    for thing in VALUES:
        check(thing, "99.step")
        captured = capfd.readouterr()
        assert captured.err == "" and len(captured.out) < 5000
        assert "`step`: not checked" in captured.out or "`step`: not yet" in captured.out, captured.out


def test_check_works_where_the_notebook_has_turned_warnings_into_errors(
    made_up: Lesson,  # noqa: F811
    capfd: pytest.CaptureFixture[str],
) -> None:
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        assert examined(made_up, "return xs * np.nan").status == "not yet"
        assert examined(made_up, "return xs * -3").status == "not yet"
        assert examined(made_up, "return xs * 3").status == "passed"
    assert capfd.readouterr() == ("", "")


def test_after_all_that_the_notebook_is_usable(made_up: Lesson, capfd: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    def tripled(xs: Any) -> Any:
        return xs * 3

    assert check(tripled) is tripled and session.last is made_up.exercise("tripled")
    assert check(Nameless, "99.tripled") is reference(made_up, "tripled")
    assert capfd.readouterr().err == ""
