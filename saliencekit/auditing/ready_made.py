"""Images that need no reading: a tensor, or a Dataset of tensors."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.utils.data import Dataset

from ..data import Decoded
from ..errors import DataError


class ReadyMade(Dataset[Decoded]):
    """Images that are tensors already: item i of a tensor, or of a Dataset of images or (image, ...)."""

    def __init__(self, images: Tensor | Dataset[Any]) -> None:
        self.images = images
        self.shape: tuple[int, ...] = ()

    def __getitem__(self, index: int) -> Decoded:
        item = self.images[index]
        image = item[0] if isinstance(item, tuple | list) else item
        if isinstance(image, Tensor) and image.ndim == 3:
            self.shape = self.shape or tuple(image.shape)
            if tuple(image.shape) != self.shape:
                raise DataError(
                    f"expected images of one size, got {self.shape} and, of item {index}, {tuple(image.shape)}"
                )
        else:
            raise DataError(
                f"expected item {index} of the Dataset to be an image tensor (C, H, W) or to begin with one, "
                f"got {type(image).__name__}"
            )
        return Decoded(index=index, pixels=image, failure=None)
