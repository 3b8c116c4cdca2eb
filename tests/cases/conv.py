"""Rows for convolutions and pooling."""

from .base import Case

CONV: list[Case] = []
