"""The table of operations: every case is one call that tests run on tinygrad_course, and on PyTorch where it is there."""

from .base import Case
from .conv import CONV
from .indexing import INDEXING
from .matrix import MATRIX
from .movement import MOVEMENT
from .pointwise import POINTWISE
from .reduce import REDUCE

CASES: list[Case] = [*POINTWISE, *REDUCE, *MOVEMENT, *INDEXING, *MATRIX, *CONV]
