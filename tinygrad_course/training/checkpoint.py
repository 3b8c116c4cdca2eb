"""Checkpoints: all that a training needs to go on later as if it had never stopped."""

from __future__ import annotations

import os
from typing import Any

from ..nn import Module
from ..random import Generator, default_generator
from ..serialization import load, save

Path = str | os.PathLike[str]


def save_checkpoint(
    path: Path, model: Module, optimizer: Any, scheduler: Any = None, loader: Any = None, **more: Any
) -> None:
    """Write the states of model, optimizer and scheduler, and where the random numbers are, to a file, in one step.

    loader: the DataLoader, for the place of its own generator, if it has one. more: numbers, texts, tensors, lists and
    dicts by name, such as epoch=3, which load_checkpoint gives back.
    """
    states = {name: state_of(part) for name, part in parts_of(model, optimizer, scheduler, loader).items()}
    save({"states": states, "more": more}, path)


def load_checkpoint(
    path: Path, model: Module, optimizer: Any = None, scheduler: Any = None, loader: Any = None
) -> dict[str, Any]:
    """Put all back to where it was when the file was written, and return what save_checkpoint was given as more.

    To use a model, it alone is enough; then nothing else is put back. Raises ValueError where the file holds other
    parts than those given: one that begins anew would lead training another way.
    """
    saved = load(path)
    if not isinstance(saved, dict) or [*saved] != ["states", "more"]:
        raise ValueError(f"load_checkpoint: {path} is no checkpoint; what tg.save wrote is read by tg.load")
    states, parts = saved["states"], parts_of(model, optimizer, scheduler, loader)
    if optimizer is None:
        parts = {"model": model}
    elif [*parts] != [*states]:
        raise ValueError(f"load_checkpoint: {path} holds {', '.join(states)}; give it these, got {', '.join(parts)}")
    for name, part in parts.items():
        if isinstance(part, Generator):
            part.numpy.bit_generator.state = states[name]
        else:
            part.load_state_dict(states[name])
    return saved["more"]


def parts_of(model: Module, optimizer: Any, scheduler: Any, loader: Any) -> dict[str, Any]:
    """What changes while a model trains, by name."""
    sampler = getattr(getattr(loader, "batch_sampler", None) or loader, "sampler", None)
    parts = {"model": model, "optimizer": optimizer, "scheduler": scheduler, "random numbers": default_generator}
    parts["the loader's generator"] = getattr(sampler, "generator", None)
    return {name: part for name, part in parts.items() if part is not None}


def state_of(part: Any) -> Any:
    """The state of a part as data."""
    return part.numpy.bit_generator.state if isinstance(part, Generator) else part.state_dict()
