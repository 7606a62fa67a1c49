"""Where a network looks while Lightning trains it: a callback for any module."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import TensorBoardLogger, WandbLogger
from torch import Tensor, nn

from ..errors import UsageError
from ..extractors.making import check_word
from ..preprocessing import Preprocessing
from ..showing.checking import check_rows
from ..showing.notebook import NotebookFigure, as_png, write_png
from .curve import entropy_curve
from .tracker import FIGURES, SHOWN, SalienceTracker, check_watched
from .watched import network_of, watched_of

if TYPE_CHECKING:
    import pandas as pd


class SalienceMonitor(Callback):
    """Logs how focused the maps of a few images are while Lightning trains a classifier, and draws them.

    Works with every LightningModule whose network the extractors can explain. Every few epochs, and after the last, the
    same images are looked at: ``salience/entropy`` (mean, nats), ``salience/entropy_normalized`` (share of a uniform
    map's), ``salience/effective_area`` (cells) and ``salience/degenerate`` (share of constant maps) go to every logger
    and to ``trainer.callback_metrics``; a picture ``epoch-004.png`` goes into a folder, and to TensorBoard and W&B.
    Epochs are counted from 0, as Lightning does.

    The training is not touched: weights, buffers, gradients, modes and random numbers are as before. Several
    processes (DDP) look at the same images, and the first one writes.

    Parameters
    ----------
    model
        The network: a module, the name of the attribute that holds it, or ``"auto"``, which is ``module.model``,
        ``net`` or ``network``, else the LightningModule itself.
    images
        (N, C, H, W), as the network takes them. None takes the first batch that is validated: its first 4-dimensional
        floats, as they come to ``validation_step``.
    labels
        (N,), classes of ``images``; of a validation batch, its first integers (N,).
    salience, layer, output, target, classes, preprocessing
        As for :class:`SalienceTracker`.
    every_n_epochs
        Epochs from one look to the next.
    limit
        At most so many images of the validation batch, the first.
    shown, rows
        Images in a picture, and what is drawn of each; ``rows=("map",)`` sends no image to a logger.
    folder
        Of the pictures; ``<log folder of the trainer>/<name>`` by default.
    name
        Before the names of what is logged; of two monitors in one trainer each needs its own.

    Attributes
    ----------
    history : list of dict
        What was logged, by ``epoch``; kept in Lightning's checkpoints.

    Examples
    --------
    ::

        Trainer(callbacks=[SalienceMonitor(every_n_epochs=2)]).fit(module, data)
    """

    def __init__(
        self,
        model: nn.Module | str = "auto",
        images: Tensor | None = None,
        *,
        labels: Tensor | None = None,
        salience: str = "grad-cam",
        layer: str = "auto",
        output: str | int | None = None,
        target: Literal["predicted", "label"] | int = "predicted",
        classes: Sequence[str] = (),
        preprocessing: Preprocessing | None = None,
        every_n_epochs: int = 1,
        limit: int = 16,
        shown: int = SHOWN,
        rows: Sequence[str] = ("image", "overlay"),
        folder: str | Path | None = None,
        name: str = "salience",
    ) -> None:
        check_word(salience)
        check_rows(rows)
        if images is not None:
            check_watched(images, labels, target)
        elif labels is not None:
            raise UsageError("expected `labels` only together with `images`")
        elif isinstance(target, str) and target not in ("predicted", "label"):
            raise UsageError(f"expected `target` to be 'predicted', 'label' or a class's number, got {target!r}")
        for word, value in (("every_n_epochs", every_n_epochs), ("limit", limit), ("shown", shown)):
            if value < 1:
                raise UsageError(f"expected `{word}` of at least 1, got {value}")
        self.history: list[dict[str, float]] = []
        self.every_n_epochs, self.limit, self.name = every_n_epochs, limit, name
        self.folder = None if folder is None else Path(folder)
        self._own_folder, self._own_images = folder is not None, images is not None
        self._model = model
        self._watched = None if images is None else (images.detach().cpu(), None if labels is None else labels.cpu())
        self._make = partial(
            SalienceTracker,
            salience=salience,
            layer=layer,
            output=output,
            target=target,
            classes=classes,
            preprocessing=preprocessing,
            shown=shown,
            rows=tuple(rows),
        )
        self._tracker: SalienceTracker | None = None

    @property
    def state_key(self) -> str:
        """Under which a checkpoint of Lightning keeps the history."""
        return self._generate_state_key(name=self.name)

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint of Lightning keeps."""
        return {"history": self.history}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with the history of an earlier part of the run."""
        self.history = list(state_dict["history"])

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Find the network and the folder; the images must be given where nothing is validated."""
        network_of(pl_module, self._model)
        self._tracker = None  # another fit may be of another network, on other images
        log_folder = trainer.log_dir or trainer.default_root_dir  # asks all processes
        if not self._own_folder:
            self.folder = Path(log_folder) / self.name
        if not self._own_images:
            self._watched = None
        if self._watched is None and not trainer.enable_validation:
            raise UsageError("there is no validation whose first batch could be watched: give SalienceMonitor `images`")

    def on_validation_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Keep the first batch that is validated."""
        if self._watched is None and batch_idx == 0 and dataloader_idx == 0:
            self._watched = watched_of(batch, limit=self.limit)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Look, log and draw, if it is time."""
        epoch = trainer.current_epoch
        if (epoch + 1) % self.every_n_epochs and epoch + 1 != trainer.max_epochs:
            return
        if self._tracker is None:
            self._watched = trainer.strategy.broadcast(self._watched)  # every process has a batch of its own
            if self._watched is None:  # nothing has been validated yet
                return
            images, labels = self._watched
            self._tracker = self._make(network_of(pl_module, self._model), images, labels=labels)
        row = self._tracker(epoch)
        figures = {key: value for key, value in row.items() if key != "step"}
        self.history.append({"epoch": epoch, **figures})
        logged = {f"{self.name}/{key}": value for key, value in figures.items()}
        pl_module.log_dict(logged, sync_dist=trainer.world_size > 1)
        if trainer.is_global_zero and self.folder is not None and not getattr(trainer, "fast_dev_run", False):
            figure = self._tracker.show(f"epoch {epoch}")
            write_png(figure, self.folder / f"epoch-{epoch:03d}.png")
            for logger in trainer.loggers:
                _send(logger, f"{self.name}/maps", as_png(figure), trainer.global_step)

    def frame(self) -> pd.DataFrame:
        """Return a row a look."""
        import pandas as pd

        return pd.DataFrame(self.history, columns=["epoch", *FIGURES])

    def plot(self) -> NotebookFigure:
        """Return the curve of the mean entropy over the epochs, below the line of a uniform map.

        Raises
        ------
        UsageError
            If there has been no look.
        """
        return entropy_curve(self.history, step="epoch")


def _send(logger: object, tag: str, png: bytes, step: int) -> None:
    """Give a picture to a logger that takes pictures."""
    from PIL import Image

    if not isinstance(logger, TensorBoardLogger | WandbLogger):
        return
    with Image.open(io.BytesIO(png)) as picture:
        plain = picture.convert("RGB")
    if isinstance(logger, TensorBoardLogger):
        logger.experiment.add_image(tag, np.asarray(plain), global_step=step, dataformats="HWC")
    else:
        logger.log_image(tag, [plain], step=step)
