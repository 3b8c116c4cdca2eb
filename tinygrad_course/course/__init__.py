"""The course's own machinery: exercises, checks, the learner's folder, the command line, the build."""

from ..training.bar import bar
from .check import check
from .difference import show
from .exercises import hint, lesson, resume, solution
from .grade import score
from .mine import mine
from .predict import predict
from .saved import restore

__all__ = ["bar", "check", "hint", "lesson", "mine", "predict", "restore", "resume", "score", "show", "solution"]
