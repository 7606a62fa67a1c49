"""Running a network once more on what it was given, with other images in its place, unwatched and without a trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.utils._pytree import TreeSpec, tree_flatten, tree_unflatten

from ...errors import ModelError
from ..finding.outputs import as_logits, pick_logits
from .guards import untouched

_running_again: ContextVar[bool] = ContextVar("saliencekit_running_again", default=False)


def running_again() -> bool:
    """Return whether the forward that goes on is one of a :class:`Rerun`: no extractor pays attention to it.

    >>> running_again()
    False
    """
    return _running_again.get()


@dataclass(frozen=True)
class Rerun:
    """A network and a copy of what it was called with, to call it again with other images in their place.

    Attributes
    ----------
    leaves, spec
        All that it was called with, flat, and how that is put together again.
    place
        Which of them are the images: the first tensor (N, C, H, W) of floating point; -1 if there is none.
    """

    root: nn.Module
    output: str | int | None
    leaves: tuple[Any, ...]
    spec: TreeSpec
    place: int

    @classmethod
    def of(cls, root: nn.Module, args: object, kwargs: object, output: str | int | None) -> Self:
        """Keep a copy of what ``root`` is about to be called with: a network may write into its images."""
        leaves, spec = tree_flatten((args, kwargs))
        kept = tuple(leaf.detach().clone() if isinstance(leaf, Tensor) else leaf for leaf in leaves)
        places = (place for place, leaf in enumerate(kept) if _are_images(leaf))
        return cls(root, output, kept, spec, next(places, -1))

    @property
    def images(self) -> Tensor:
        """The images, (N, C, H, W).

        Raises
        ------
        ModelError
            If the model was given none.
        """
        if self.place < 0:
            raise ModelError("expected the model to be given images of shape (N, C, H, W), found no such tensor")
        images: Tensor = self.leaves[self.place]
        return images

    @contextmanager
    def running(self) -> Iterator[None]:
        """Allow calls within this block; it leaves no trace on the network, nor on what is global in torch."""
        token = _running_again.set(True)
        try:
            with ExitStack() as stack:
                stack.enter_context(untouched(self.root, self.images.device))
                stack.enter_context(torch.no_grad())
                yield
        finally:
            _running_again.reset(token)

    def __call__(self, images: Tensor, rows: Tensor) -> Tensor:
        """Return the logits (M, K) of ``images`` (M, C, H, W), each put in the place of image ``rows`` (M,).

        Other tensors that the network was given one of for each image follow the rows.
        """
        count = len(self.images)
        leaves = [
            leaf[rows] if isinstance(leaf, Tensor) and leaf.dim() and len(leaf) == count else leaf
            for leaf in (*self.leaves[: self.place], *self.leaves[self.place + 1 :])
        ]
        leaves.insert(self.place, images.to(self.images.dtype))
        args, kwargs = tree_unflatten(leaves, self.spec)
        logits = as_logits(pick_logits(self.root(*args, **kwargs), self.output), count=len(images))
        if len(logits) != len(images):
            raise ModelError(f"expected the model to give logits for {len(images)} images, got {len(logits)}")
        return logits


def images_in(args: object, kwargs: object) -> Tensor | None:
    """Return the first tensor (N, C, H, W) of floating point that a network is called with.

    >>> images_in((torch.zeros(2), torch.zeros(1, 3, 4, 4)), {}).shape
    torch.Size([1, 3, 4, 4])
    """
    found: Tensor | None = next((leaf for leaf in tree_flatten((args, kwargs))[0] if _are_images(leaf)), None)
    return found


def _are_images(leaf: object) -> bool:
    return isinstance(leaf, Tensor) and leaf.dim() == 4 and leaf.is_floating_point()
