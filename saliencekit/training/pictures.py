"""Pictures of where a network looks while it learns: the same validation images every few epochs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint
from torch import Tensor, nn

from ..extractors import CAM
from ..files import written_whole
from ..functional.entropy import cam_entropy
from ..functional.geometry import resize_maps
from ..functional.logits import predicted_class
from ..functional.normalization import as_unit_range
from .data_module import DetectorData, normalized
from .examples import RowFiles
from .module import DetectorModule

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 8  # images in a picture, shared out to the classes
TRIES = 5  # further images that are tried where one cannot be read
COLORMAP = "viridis"  # even steps in lightness, as in the reports
STRENGTH = 0.55  # share of the colour over the image


@dataclass(frozen=True)
class Shown:
    """The images of a picture: pixels (n, C, H, W) uint8, labels (n,), the human map (H, W) of each or None."""

    pixels: Tensor
    labels: Tensor
    human_maps: tuple[Tensor | None, ...]


@dataclass(frozen=True)
class Looks:
    """What a network makes of them: raw maps (n, h, w), their entropy (n,) in nats, the class predicted (n,)."""

    maps: Tensor
    entropy: Tensor
    predicted: Tensor


class MapPictures(Checkpoint):
    """Draws ``epoch-004.png`` into a folder: images, maps over them, and the human maps where there are some.

    Epochs are counted from 0, as everywhere. The run itself is not touched: weights, mode and random numbers are
    as before. It is a Checkpoint only so that Lightning calls it
    after the module has closed its epoch.

    Parameters
    ----------
    folder
        Of the pictures.
    every
        Epochs from one picture to the next; the last epoch has one too.
    data
        Whose validation images are shown.
    """

    def __init__(self, folder: Path, *, every: int, data: DetectorData) -> None:
        self.folder = folder
        self.every = every
        self.data = data
        self._shown: Shown | None = None

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw a picture if one is due."""
        if not isinstance(pl_module, DetectorModule) or not trainer.is_global_zero:
            return
        epoch = trainer.current_epoch
        if (epoch + 1) % self.every and epoch + 1 != trainer.max_epochs:
            return
        if self._shown is None:
            self._shown = choose(self.data)
        looks = look(pl_module, self._shown, self.data)
        draw(
            self.folder / f"epoch-{epoch:03d}.png",
            self._shown,
            looks,
            title=f"epoch {epoch}: {pl_module.recipe.loss}, seed {pl_module.seed}",
            classes=self.data.collection.classes,
        )


def choose(data: DetectorData) -> Shown:
    """Return validation images spread evenly over every class; one that cannot be read gives way to the next."""
    files = RowFiles(data.collection, data.preprocessing, split="val")
    rows = []
    classes = len(data.collection.classes)
    for label in range(min(classes, SHOWN)):
        candidates = (files.labels == label).nonzero()[:, 0].tolist()
        count = min(SHOWN // classes or 1, len(candidates))
        for number in range(count):
            first = number * len(candidates) // count
            tried = (files.read(at) for at in candidates[first : first + TRIES])
            rows += [(label, row.pixels, row.human_map) for row in tried if row.pixels is not None][:1]
    labels, pixels, human_maps = zip(*rows, strict=True)
    return Shown(torch.stack(pixels), torch.tensor(labels), human_maps)


def look(module: DetectorModule, shown: Shown, data: DetectorData) -> Looks:
    """Return the maps of the images, of the class that the recipe trains the map of."""
    extract = CAM(module.model, layer=module.recipe.layer)
    images = normalized(shown.pixels.to(module.device), data.preprocessing)
    with _evaluated(module.model), torch.no_grad():
        maps = extract(images, target=module.recipe.target, labels=shown.labels.to(module.device))
    logits = extract.logits
    return Looks(maps.cpu(), cam_entropy(maps).cpu(), predicted_class(logits).cpu())


def draw(path: Path, shown: Shown, looks: Looks, *, title: str, classes: tuple[str, ...]) -> None:
    """Write a picture as PNG: a column an image, above its map, and below that the human map."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows, columns = 2 + any(each is not None for each in shown.human_maps), len(shown.labels)
    figure = Figure(figsize=(1.45 * columns + 0.4, 1.5 * rows + 0.75), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=10, parse_math=False)
    axes: Any = figure.subplots(rows, columns, squeeze=False)
    for number, column in enumerate(axes.T):
        picture, grey = _as_pictures(shown.pixels[number])
        _show(column[0], picture, title=_judged(shown, looks, number, classes))
        _show(column[1], grey, looks.maps[number], below=f"{float(looks.entropy[number]):.2f} nats")
        human_map = shown.human_maps[number]
        if rows == 3 and human_map is not None:
            _show(column[2], grey, human_map.to(torch.float32))
        elif rows == 3:
            column[2].axis("off")
    for word, row in zip(("image", "map", "human"), axes[:, 0], strict=False):
        row.annotate(word, (-0.08, 0.5), xycoords="axes fraction", rotation=90, ha="right", va="center", fontsize=8)
    with written_whole(path) as temporary:
        figure.savefig(temporary, format="png", dpi=100, metadata={"Software": None})


def _show(axes: Axes, picture: Any, salience: Tensor | None = None, *, title: str = "", below: str = "") -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(title, fontsize=8, parse_math=False)
    axes.set_xlabel(below, fontsize=8, parse_math=False)
    size = picture.shape[:2]
    axes.imshow(picture, cmap="gray", vmin=0, vmax=255)
    if salience is not None:
        large = resize_maps(as_unit_range(salience[None]), (size[0], size[1]))[0].clamp(0, 1)
        axes.imshow(large.numpy(), cmap=COLORMAP, vmin=0, vmax=1, alpha=STRENGTH)


def _judged(shown: Shown, looks: Looks, number: int, classes: tuple[str, ...]) -> str:
    label, predicted = int(shown.labels[number]), int(looks.predicted[number])
    return classes[label] if label == predicted else f"{classes[label]}, taken for {classes[predicted]}"


def _as_pictures(pixels: Tensor) -> tuple[Any, Any]:
    """Return an image (C, H, W) as it looks, (H, W) or (H, W, 3), and in grey, (H, W)."""
    colours = pixels[:3] if len(pixels) >= 3 else pixels[:1]
    grey = colours.to(torch.float32).mean(0)
    return (colours.permute(1, 2, 0).numpy() if len(colours) == 3 else colours[0].numpy()), grey.numpy()


@contextmanager
def _evaluated(model: nn.Module) -> Iterator[None]:
    modes = [(each, each.training) for each in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for each, mode in modes:
            each.training = mode
