"""The one seeded source of randomness: the same seed gives the same numbers in every run."""

from __future__ import annotations

from functools import cached_property

import numpy as np


class Generator:
    """A source of random numbers with a seed of its own, as torch.Generator."""

    def __init__(self, seed: int = 0) -> None:
        self.manual_seed(seed)

    def manual_seed(self, seed: int) -> Generator:
        """Start again from `seed`; returns the generator."""
        self.seed = int(seed)
        self.__dict__.pop("numpy", None)
        return self

    @cached_property
    def numpy(self) -> np.random.Generator:
        """NumPy's generator, made when it is first used: numpy.random takes long to import."""
        return np.random.default_rng(abs(self.seed))

    def initial_seed(self) -> int:
        """Return the seed the numbers began with."""
        return self.seed


default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Seed the generator that every random function uses unless it is given its own; returns that generator."""
    return default_generator.manual_seed(seed)
