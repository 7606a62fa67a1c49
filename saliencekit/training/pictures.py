"""Pictures of where a network looks while it learns: the same validation images every few epochs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint
from torch import Tensor

from ..showing.grid import Cell, Column, grid_figure
from ..showing.maps import colour_key, entropy_words
from ..showing.notebook import write_png
from ..showing.overlay import enlarged, overlay
from ..showing.pictures import as_pictures
from .data_module import DetectorData
from .examples import RowFiles
from .explainer import explainer
from .looking import Looks
from .looking import look as looked_at
from .module import DetectorModule
from .normalizing import normalized

SHOWN = 8  # images in a picture, shared out to the classes
TRIES = 5  # further images that are tried where one cannot be read


@dataclass(frozen=True)
class Shown:
    """The images of a picture: pixels (n, C, H, W) uint8, labels (n,), the human map (H, W) of each or None."""

    pixels: Tensor
    labels: Tensor
    human_maps: tuple[Tensor | None, ...]


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
    recipe, prepare = module.recipe, partial(normalized, preprocessing=data.preprocessing)
    tried = prepare(shown.pixels[:2].to(module.device))
    extract = explainer(module.model, tried, layer=recipe.layer, salience=recipe.salience)
    target = recipe.target
    return looked_at(module.model, extract, shown.pixels, target=target, labels=shown.labels, prepare=prepare)


def draw(path: Path, shown: Shown, looks: Looks, *, title: str, classes: tuple[str, ...]) -> None:
    """Write a picture as PNG: a column an image, above its map, and below that the human map."""
    pictures, maps = as_pictures(shown.pixels), looks.maps.float()
    words = entropy_words(maps)
    human = any(each is not None for each in shown.human_maps)
    columns = []
    for number, picture in enumerate(pictures):
        large = enlarged(picture)
        cells = [Cell(picture), Cell(overlay(large, maps[number].numpy()), words[number])]
        human_map = shown.human_maps[number]
        there = None if human_map is None else Cell(overlay(large, human_map.numpy()))
        columns.append(Column(_judged(shown, looks, number, classes), (*cells, there) if human else tuple(cells)))
    rows = ("image", "map", "human map") if human else ("image", "map")
    figure = grid_figure(columns, rows=rows, key=colour_key({"": maps}, {}), heading=title)
    write_png(figure, path)


def _judged(shown: Shown, looks: Looks, number: int, classes: tuple[str, ...]) -> str:
    label, predicted = int(shown.labels[number]), int(looks.predicted[number])
    return classes[label] if label == predicted else f"{classes[label]}, taken for {classes[predicted]}"
