"""Changes made to an image when it is taken from a dataset, under torchvision's names.

Any function of one image is a transform; here are those with a state of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..creation import as_tensor, randint
from ..dtypes import get_default_dtype
from ..methods.shapes import pad
from ..random import Generator
from ..tensor import Tensor


class Compose:
    """Several transforms, one after the other."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = list(transforms)

    def __call__(self, image: Any) -> Any:
        for transform in self.transforms:
            image = transform(image)
        return image


class ToTensor:
    """An image as an array (height, width) or (height, width, channels), or Pillow's, as a Tensor (channels, height,
    width); bytes 0 to 255 become 0 to 1 in the default dtype.
    """

    def __call__(self, image: Any) -> Tensor:
        if isinstance(image, Tensor):
            raise TypeError("ToTensor: the image is a Tensor already, as those of tg.data are; leave ToTensor out")
        array = np.asarray(image)
        if array.ndim not in (2, 3):
            raise ValueError(f"ToTensor: an image has 2 or 3 axes, not {array.ndim}")
        array = np.atleast_3d(array).transpose(2, 0, 1)
        return Tensor(array.astype(get_default_dtype()) / 255 if array.dtype == np.uint8 else array.copy())


class Normalize:
    """(image - mean) / std, with numbers for the whole image, or a list with one of each for each channel."""

    def __init__(self, mean: Any, std: Any) -> None:
        if not np.all(std):
            raise ValueError(f"Normalize: std={std} would divide by zero; leave such a channel at 1")
        self.mean, self.std = mean, std

    def __call__(self, image: Tensor) -> Tensor:
        return (image - self._across(self.mean, image)) / self._across(self.std, image)

    def _across(self, values: Any, image: Tensor) -> Tensor:
        """The values in a shape that broadcasts over the image's channels."""
        across = as_tensor(values, dtype=image.dtype)
        if across.ndim == 0:
            return across
        if image.ndim < 3 or len(across) not in (1, image.shape[-3]):
            wanted = "(channels, height, width) and a value for each channel, or one number for all"
            raise ValueError(f"Normalize: {len(across)} values for an image of shape {image.shape}: expected {wanted}")
        return across.reshape(-1, 1, 1)


class RandomCrop:
    """A window of that size at a random place of the image, after padding zeros on each side: RandomCrop(28, padding=2)
    moves a digit by up to two pixels. The place comes from `generator`, or from the one manual_seed seeds.
    """

    def __init__(
        self, size: int | Sequence[int], padding: int | None = None, generator: Generator | None = None
    ) -> None:
        self.height, self.width = (size, size) if isinstance(size, int) else size
        self.padding, self.generator = padding or 0, generator

    def __call__(self, image: Tensor) -> Tensor:
        wide = pad(image, [self.padding] * 4)
        spare = (wide.shape[-2] - self.height, wide.shape[-1] - self.width)
        if min(spare) < 0:
            sizes = f"{(self.height, self.width)} is larger than input image size {wide.shape[-2:]}"
            raise ValueError(f"RandomCrop: Required crop size {sizes}: give a smaller size or a larger padding")
        top, left = (int(randint(0, n + 1, (), generator=self.generator)) for n in spare)
        return wide[..., top : top + self.height, left : left + self.width]
