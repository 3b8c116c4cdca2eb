"""The child process that runs a learner's code, seen from both ends.

Why a process: in the notebook's own kernel a loop in C cannot be stopped. Why `subprocess` and not
`multiprocessing`: its "spawn" imports the parent's __main__ again, and it sends pickles, which run code when
they are read. Here the two ends exchange frames of JSON over pipes: four bytes of length, then text.

The parent starts a child ahead (`prepare`), which imports the framework and waits; `run` sends it a request and
ends it, or lets a child that it was given wait for the next. A request names an exercise and the pieces to try:
{"source", "name"} for the learner's, {"value"} for a plain value, {"of", "index"} for one of the exercise's own. The
child answers with a frame for each piece and case, in plain data.
"""

from __future__ import annotations
import __future__

import atexit
import contextlib
import faulthandler
import importlib
import io
import json
import linecache
import os
import queue
import random
import signal
import struct
import subprocess
import sys
import threading
import time
import types
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
import psutil

import tinygrad_course as tg

from .exercise import Case, Exercise, Lesson, Piece

FILE = "<your code>"
LARGEST_FRAME = 64_000_000  # bytes
MOST_ITEMS, LONGEST_TEXT, DEEPEST = 100_000, 2_000, 20

Plain = dict[str, Any]

# The frames


def write_frame(pipe: IO[bytes], content: Plain) -> None:
    """Send one frame."""
    body = json.dumps(content).encode()
    pipe.write(struct.pack(">I", len(body)) + body)
    pipe.flush()


def read_frame(pipe: IO[bytes]) -> Plain | None:
    """Wait for one frame; None when the other end is gone, or sends what is no frame."""
    head = pipe.read(4)
    size = struct.unpack(">I", head)[0] if len(head) == 4 else LARGEST_FRAME + 1
    body = pipe.read(size) if size <= LARGEST_FRAME else b""
    try:
        content = json.loads(body)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


# The child's end


def main() -> None:
    """Answer requests until the other end is gone, or ends this process."""
    answers, requests = _private(1, "wb"), _private(0, "rb")
    if hasattr(os, "register_at_fork"):  # a copy of this process that the learner's code makes has no say
        os.register_at_fork(after_in_child=lambda: _silence(answers.fileno()))
    try:
        while request := read_frame(requests):
            _answer(request, answers)
            faulthandler.cancel_dump_traceback_later()
    finally:
        os._exit(0)  # threads that the learner's code left running do not hold it


def _answer(request: Plain, answers: IO[bytes]) -> None:
    sys.path += [entry for entry in request["path"] if entry not in sys.path]
    faulthandler.dump_traceback_later(request["seconds"] + 5, exit=True)  # if the parent is gone by then
    try:
        lesson, exercise = _found(request)
    except Exception as error:
        return write_frame(answers, {"fault": f"{type(error).__name__}: {error}"})
    write_frame(answers, {"ready": True})
    process = os.getpid()
    for i, piece in enumerate(request["pieces"]):
        for case in exercise.cases:
            outcome = _try(lesson, exercise, piece, case)
            if os.getpid() != process:  # a copy of this process: without end they would double in every case
                os._exit(0)
            write_frame(answers, {"piece": i, "outcome": outcome})
    return write_frame(answers, {"done": True})


def _found(request: Plain) -> tuple[Lesson, Exercise]:
    lesson: Lesson = importlib.import_module(request["module"]).LESSON
    exercise = lesson.exercise(request["exercise"])
    if exercise is None:
        raise LookupError(f"{request['module']} has no exercise {request['exercise']}")
    return lesson, exercise


def _private(number: int, mode: str) -> IO[bytes]:
    """Keep a standard stream for the frames alone; what else is written there goes nowhere."""
    pipe = os.fdopen(os.dup(number), mode)
    _silence(number)
    return pipe


def _silence(number: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, number)
    os.close(nowhere)


def _try(lesson: Lesson, exercise: Exercise, piece: Plain, case: Case) -> Plain:
    """What a piece, made anew, gives in one case: {"result"} or {"raised"}, and whether it printed."""
    printed, made = _Printed(), None
    try:
        with contextlib.redirect_stdout(printed):
            random.seed(0)
            np.random.seed(0)
            tg.manual_seed(0)
            tg.set_default_dtype(lesson.dtype)
            made = _make(exercise, piece)
            return {"result": plain(case.run(made)), "printed": printed.any}
    except BaseException as error:  # SystemExit and KeyboardInterrupt are results here as well
        return {"raised": _raised(error, made), "printed": printed.any}


def _make(exercise: Exercise, piece: Plain) -> Piece:
    if "of" in piece:
        return _own_piece(exercise, piece["of"], piece["index"])
    if "value" in piece:
        return rebuilt(piece["value"])
    module = types.ModuleType("your_code")
    sys.modules["your_code"] = module
    vars(module).update(tg=tg, np=np)
    linecache.cache[FILE] = (len(piece["source"]), None, piece["source"].splitlines(keepends=True), FILE)
    hints_unread = __future__.annotations.compiler_flag  # a type hint may name what this process does not know
    exec(compile(piece["source"], FILE, "exec", flags=hints_unread, dont_inherit=True), vars(module))
    return vars(module)[piece["name"]]


def _own_piece(exercise: Exercise, of: str, index: int) -> Piece:
    if of == "mistakes":
        return exercise.mistakes[index].piece
    return exercise.accepts[index] if of == "accepts" else exercise.reference


class _Printed(io.TextIOBase):
    """Takes what is printed and keeps only whether anything was."""

    any = False

    def write(self, text: str) -> int:
        self.any = True
        return len(text)


def _raised(error: BaseException, made: Piece) -> Plain:
    """An exception as plain data, with the last line of the learner's own that it passed through.

    unknown: a name that is nowhere set; lacks: what the piece itself was asked for and does not have.
    """
    try:
        message = _text(str(error))
    except BaseException:
        message = "(its message cannot be shown)"
    line, trace = "", error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == FILE:
            line = linecache.getline(FILE, trace.tb_lineno).strip()
        trace = trace.tb_next
    name = getattr(error, "name", None)
    name = _text(name) if isinstance(name, str) else None
    not_set = isinstance(error, NameError) and not isinstance(error, UnboundLocalError)
    asked = isinstance(error, AttributeError) and made is not None and (error.obj is made or type(error.obj) is made)
    return {
        "type": type(error).__name__,
        "message": message,
        "line": _text(line),
        "unknown": name if not_set else None,
        "lacks": name if asked else None,
    }


# Plain data


def plain(value: Any) -> Plain:
    """A value as plain data: {"kind": ...} and what that kind needs; "other" for what has no plain form."""
    return _plain(value, [MOST_ITEMS], 0)


def _plain(value: Any, room: list[int], depth: int) -> Plain:
    """The same; room holds how many items there is still room for in the whole."""
    if value is None:
        return {"kind": "none"}
    if isinstance(value, (bool, np.bool_)):
        return {"kind": "bool", "value": bool(value)}
    if isinstance(value, (int, float, np.integer, np.floating)):
        return _number(value)
    if isinstance(value, str):
        return {"kind": "text", "value": _text(value)}
    if isinstance(value, tg.Tensor):
        return {**_array(value.data, room), "kind": "tensor"}
    if isinstance(value, np.ndarray):
        return _array(value, room)
    if not isinstance(value, (list, tuple, dict)) or len(value) > room[0] or depth >= DEEPEST:
        return {"kind": "other", "type": _text(type(value).__name__)}
    room[0] -= len(value)
    if isinstance(value, dict):
        return {"kind": "dict", "items": {_text(str(key)): _plain(v, room, depth + 1) for key, v in value.items()}}
    return {"kind": "list", "items": [_plain(item, room, depth + 1) for item in value]}


def _text(text: str) -> str:
    """A text that every screen and file can take: not too long, and with no halves of characters."""
    return text[:LONGEST_TEXT].encode("utf-8", "backslashreplace").decode()


def _number(value: Any) -> Plain:
    number = int(value) if isinstance(value, (int, np.integer)) else float(value)
    if isinstance(number, int) and abs(number) >= 2**63:
        return {"kind": "other", "type": "int with more than 63 bits"}
    return {"kind": "number", "value": number}


def _array(array: Any, room: list[int]) -> Plain:
    array = np.asarray(array)  # an array of a subclass, such as a matrix, as a plain one
    if array.dtype.kind not in "biuf" or array.size > room[0]:
        return {"kind": "other", "type": f"array of {array.size} elements that are not compared"}
    room[0] -= array.size
    values = array.astype(np.float64).ravel().tolist()
    return {"kind": "array", "dtype": str(array.dtype), "shape": list(array.shape), "values": values}


def rebuilt(value: Plain) -> Any:
    """The value that plain data stands for; lists become tuples."""
    kind = value["kind"]
    if kind == "array":
        return np.array(value["values"], value["dtype"]).reshape(value["shape"])
    if kind == "tensor":
        return tg.tensor(rebuilt({**value, "kind": "array"}))
    if kind == "list":
        return tuple(rebuilt(item) for item in value["items"])
    if kind == "dict":
        return {key: rebuilt(item) for key, item in value["items"].items()}
    return type(value["type"], (), {})() if kind == "other" else value.get("value")


# The parent's end


@dataclass(frozen=True)
class Limits:
    """How long a request may take, and how much memory the child and what it starts may use together."""

    seconds: float = 10.0
    megabytes: float = 1024.0
    start: float = 120.0  # seconds until it is ready; a slow disk is not the learner's fault


LIMITS = Limits()


@dataclass
class Run:
    """What came back: for each piece the outcomes of its cases, as many as were reached.

    stop: "time", "memory" or "ended" (the process ended itself) if it did not reach the end.
    fault: what went wrong with the check itself.
    """

    outcomes: list[list[Plain]] = field(default_factory=list)
    stop: str | None = None
    fault: str | None = None


def run(
    lesson: Lesson, exercise: Exercise, pieces: list[Plain], limits: Limits = LIMITS, given: Child | None = None
) -> Run:
    """Try the pieces on every case of the exercise in a fresh child process, and end it whatever happens.

    given: a child to use in its place; the caller ends it.
    """
    request = {
        "module": lesson.module,
        "exercise": exercise.id,
        "pieces": pieces,
        "path": [entry or os.getcwd() for entry in sys.path],
        "seconds": limits.seconds,
    }
    child = given or _take()
    try:
        return child.ask(request, limits)
    finally:
        if given is None:
            child.end()


# A process between the two ends, where there is a shell: a learner's code that kills its parent kills that one.
_BETWEEN = ["/bin/sh", "-c", '"$@"; exit', "sh"] if os.name == "posix" else []


class Child:
    """One child process, waiting for its request."""

    def __init__(self) -> None:
        start = "from tinygrad_course.course.child import main; main()"
        self.process = subprocess.Popen(
            [*_BETWEEN, sys.executable, "-P", "-c", start],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,  # interrupting the notebook does not interrupt a waiting child
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self.frames: queue.Queue[Plain | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as pipe:  # closed here alone: closing a pipe while it is read can hang
            while frame := read_frame(pipe):
                self.frames.put(frame)
        self.frames.put(None)

    def ask(self, request: Plain, limits: Limits) -> Run:
        """Send the request, and collect the answers until the last, a limit or the end of the process."""
        assert self.process.stdin is not None
        result = Run(outcomes=[[] for _ in request["pieces"]])
        try:
            write_frame(self.process.stdin, request)
            first = self._next(time.monotonic() + limits.start, None)
        except OSError:
            first = "ended"
        if isinstance(first, dict):
            self._collect(result, first, limits)
        else:
            result.fault = "the process that runs the check did not start"
        return result

    def _collect(self, result: Run, first: Plain, limits: Limits) -> None:
        frame: Plain | str = first
        deadline, most = time.monotonic() + limits.seconds, limits.megabytes * 1e6
        while isinstance(frame, dict) and not {"done", "fault"} & frame.keys():
            if "outcome" in frame:
                result.outcomes[frame["piece"]].append(frame["outcome"])
            frame = self._next(deadline, most)
        if isinstance(frame, str):
            result.stop = frame
        else:
            result.fault = frame.get("fault")

    def _next(self, deadline: float, most: float | None) -> Plain | str:
        """The next frame, or the reason why there is none: "time", "memory" or "ended"."""
        while time.monotonic() < deadline:
            try:
                return self.frames.get(timeout=0.03) or "ended"
            except queue.Empty:
                if most is not None and self._memory() > most:
                    return "memory"
        return "time"

    def _family(self) -> list[Any]:
        """The child and the processes it started."""
        try:
            child = psutil.Process(self.process.pid)
            return [child, *child.children(recursive=True)]
        except psutil.Error:
            return []

    def _memory(self) -> float:
        """Bytes in use."""
        total = 0.0
        for process in self._family():
            with contextlib.suppress(psutil.Error):
                total += process.memory_info().rss
        return total

    def end(self) -> None:
        """End the child, and the processes it started."""
        if self.process.returncode is None:  # not reaped yet, so that its number is its own
            for process in self._family():
                with contextlib.suppress(psutil.Error):
                    process.kill()
            if hasattr(os, "killpg"):  # those whose parent is gone are still of the child's group
                with contextlib.suppress(OSError):
                    os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):
            self.process.stdin.close()


def _environment() -> dict[str, str]:
    """The child imports this same package, computes on one thread, and repeats itself exactly."""
    root = str(Path(tg.__file__).resolve().parents[1])
    path = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    fixed = {"PYTHONPATH": os.pathsep.join(path), "PYTHONHASHSEED": "0", "MPLBACKEND": "Agg"}
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **fixed, **threads}


_lock = threading.Lock()
_spare: list[Child] = []


def prepare() -> None:
    """Start the next child ahead, so that a check need not wait for its imports."""
    with _lock:
        if not _spare:
            _spare.append(Child())


def _take() -> Child:
    with _lock:
        child = _spare.pop() if _spare else Child()
    if child.process.poll() is not None:
        child.end()
        return Child()
    return child


@atexit.register
def discard() -> None:
    """End the child that waits, if there is one."""
    while _spare:
        _spare.pop().end()
