"""The names of `tg.data`, for `from tinygrad_course.utils.data import DataLoader`."""

from .. import data as data
from ..data import *  # noqa: F403
