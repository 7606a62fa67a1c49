"""Where a network looks while it learns, in any loop: a few images, looked at again and again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor, nn

from ..errors import InputError, UsageError
from ..extractors.making import make_extractor
from ..functional.logits import Target
from ..preprocessing import Preprocessing
from ..showing.checking import check_rows
from ..showing.maps import figure_of
from ..showing.pictures import as_pictures, stretched, within_unit
from .looking import Looks, look

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ..showing.notebook import NotebookFigure

FIGURES = ("entropy", "entropy_normalized", "effective_area", "degenerate")
SHOWN = 8  # images in a picture


class SalienceTracker:
    """Follows the maps of the same images through a training run of any kind.

    Called with the number of the step or epoch, it runs the network once over the images, in eval mode and full
    precision, and keeps the means. The training is not touched: weights, buffers, gradients, modes and random numbers
    are as before, so that a run with a tracker gives the same weights, bit for bit, as one without.

    Parameters
    ----------
    model
        The network that is trained; its device and dtype may change.
    images
        (N, C, H, W), as the network takes them; a few dozen of all classes.
    labels
        (N,), their classes; needed for ``target="label"``.
    salience, layer, output
        The method's word on the command line, the layer's name as in ``model.named_modules()``, and where the logits
        are in what the network returns, if that is no tensor: a key, an attribute or a place.
    target
        Class explained: ``"predicted"``, ``"label"`` or a number.
    classes
        Their names, for the pictures; numbers stand for those that have none.
    preprocessing
        Whose mean and deviation are undone in pictures; without it the colours of normalised images are stretched.
    folder
        Where every call writes a picture, ``step-000100.png``; nothing is written without it.
    shown
        Images in a picture, spread evenly over all.
    rows
        What is drawn of each image, as for :func:`~saliencekit.show_maps`: ``("map",)`` draws maps alone, for images
        that may not leave the machine, such as faces.

    Attributes
    ----------
    history : list of dict
        What the calls have returned.

    Examples
    --------
    >>> import torch
    >>> model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    >>> tracker = SalienceTracker(model, torch.rand(4, 3, 8, 8))
    >>> sorted(tracker(step=0))
    ['degenerate', 'effective_area', 'entropy', 'entropy_normalized', 'step']
    >>> tracker.frame().shape
    (1, 5)
    """

    def __init__(
        self,
        model: nn.Module,
        images: Tensor,
        *,
        labels: Tensor | None = None,
        salience: str = "grad-cam",
        layer: str = "auto",
        output: str | int | None = None,
        target: Target = "predicted",
        classes: Sequence[str] = (),
        preprocessing: Preprocessing | None = None,
        folder: str | Path | None = None,
        shown: int = SHOWN,
        rows: Sequence[str] = ("image", "overlay"),
    ) -> None:
        check_watched(images, labels, target)
        check_rows(rows)
        if shown < 1:
            raise UsageError(f"expected `shown` of at least 1, got {shown}")
        self.history: list[dict[str, float]] = []
        self.folder = None if folder is None else Path(folder)
        self._model, self._target = model, target
        self._images = images.detach().clone()
        self._labels = None if labels is None else labels.detach().clone()
        self._extract = make_extractor(salience, model, layer, output=output)
        self._what = f"{salience}, class explained: {target if isinstance(target, str | int) else 'given'}"
        self._classes = tuple(classes)
        self._preprocessing = preprocessing
        self._places = [number * len(images) // min(shown, len(images)) for number in range(min(shown, len(images)))]
        self._rows = tuple(rows)
        self._looks: Looks | None = None

    def __call__(self, step: int) -> dict[str, float]:
        """Look, and return the means over the images.

        Returns
        -------
        dict
            ``step``, and of the maps: ``entropy`` (nats), ``entropy_normalized`` (share of a uniform map's),
            ``effective_area`` (cells), ``degenerate`` (share of constant maps, which count as uniform).

        Raises
        ------
        ModelError
            If the network cannot be explained in this way.
        EnvironmentFault
            If the picture cannot be written.
        """
        self._looks = look(self._model, self._extract, self._images, target=self._target, labels=self._labels)
        row = {"step": step, **self._looks.figures()}
        self.history.append(row)
        if self.folder is not None:
            from ..showing.notebook import write_png

            write_png(self.show(), self.folder / f"step-{step:06d}.png")
        return dict(row)

    def frame(self) -> pd.DataFrame:
        """Return a row a look, in the order of the calls."""
        import pandas as pd

        return pd.DataFrame(self.history, columns=["step", *FIGURES])

    def show(self, heading: str = "") -> NotebookFigure:
        """Return a figure of the maps as they were at the last call.

        Raises
        ------
        UsageError
            If there has been none.
        """
        if self._looks is None:
            raise UsageError("the tracker has looked at nothing yet: call it with a step first")
        words = heading or f"step {int(self.history[-1]['step'])}"
        return figure_of(
            self._pictures(),
            {"": self._looks.maps[self._places].float()},
            titles=self._titles(),
            rows=self._rows,
            heading=f"{words}: {self._what}",
        )

    def plot(self) -> NotebookFigure:
        """Return the curve of the mean entropy over the steps, below the line of a uniform map."""
        from .curve import entropy_curve

        return entropy_curve(self.history)

    def _pictures(self) -> np.ndarray:
        images = self._images[self._places].cpu().float()
        if images.shape[1] not in (1, 3, 4):
            images = images.mean(1, keepdim=True)
        elif self._preprocessing is not None:
            return as_pictures(images, self._preprocessing)
        return as_pictures(images if within_unit(images) else stretched(images))

    def _titles(self) -> list[str]:
        predicted = [] if self._looks is None else [self._name(each) for each in self._looks.predicted[self._places]]
        if self._labels is None:
            return [f"predicted {name}" for name in predicted]
        labels = [self._name(each) for each in self._labels[self._places]]
        return [a if a == b else f"{a}, taken for {b}" for a, b in zip(labels, predicted, strict=True)]

    def _name(self, label: Tensor) -> str:
        number = int(label)
        return self._classes[number] if 0 <= number < len(self._classes) else f"class {number}"


def check_watched(images: Tensor, labels: Tensor | None, target: Target) -> None:
    """Raise :class:`InputError` or :class:`UsageError` unless these images can be watched."""
    expected = "expected `images` of shape (N, C, H, W), as the network takes them"
    if not isinstance(images, Tensor) or images.dim() != 4 or 0 in images.shape:
        got = tuple(images.shape) if isinstance(images, Tensor) else f"no tensor but {type(images).__name__}"
        raise InputError(f"{expected}, got {got}")
    if not images.is_floating_point():
        raise InputError(f"{expected}, got {images.dtype}: normalise them first")
    if labels is not None and (not isinstance(labels, Tensor) or labels.shape != images.shape[:1]):
        got = tuple(labels.shape) if isinstance(labels, Tensor) else f"no tensor but {type(labels).__name__}"
        raise InputError(f"expected `labels` of shape ({len(images)},), got {got}")
    if isinstance(target, str) and target not in ("predicted", "label"):
        raise UsageError(f"expected `target` to be 'predicted', 'label' or a class's number, got {target!r}")
    if isinstance(target, str) and target == "label" and labels is None:
        raise UsageError("target='label' needs `labels`")
