"""The course's own machinery: exercises, checks, the learner's folder, the command line, the build."""

from .bar import bar
from .check import check
from .exercises import hint, lesson, solution
from .predict import predict

__all__ = ["bar", "check", "hint", "lesson", "predict", "solution"]
