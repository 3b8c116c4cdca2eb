"""The one device there is, under the names by which programs for PyTorch ask for it."""

from __future__ import annotations

from types import SimpleNamespace


class device(str):
    """Where a tensor lives: "cpu". Raises RuntimeError for any other device."""

    __slots__ = ()

    def __new__(cls, type: object) -> device:
        if str(type).partition(":")[0] != "cpu":
            raise RuntimeError(f'device {str(type)!r}: this framework computes on the CPU; use "cpu"')
        return super().__new__(cls, "cpu")

    @property
    def type(self) -> str:
        """The kind of device."""
        return "cpu"

    def __repr__(self) -> str:
        return "device(type='cpu')"


cuda = SimpleNamespace(is_available=lambda: False, device_count=lambda: 0)
