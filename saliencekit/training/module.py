"""The model side of a training run, for Lightning's Trainer: model, loss, and the map of the forward."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn

from ..errors import NumericalError
from ..extractors import CAM
from ..functional.entropy import cam_entropy
from ..functional.logits import predicted_class
from ..functional.statistics import auroc
from ..losses import CrossEntropyLoss, SalienceLoss, cross_entropy_loss
from .examples import Examples
from .means import EpochMeans
from .optimizers import build_optimizer, build_schedule
from .recipe import Recipe
from .seeds import derived_seed, seed_step
from .watch import FiniteWatch

LOOK_EVERY = 50  # steps between two looks at the losses on an accelerator


class DetectorModule(LightningModule):
    """A classifier, trained with a loss on where it looks.

    The maps come from the training forward itself: no second one is run. The loss is used in training
    only; validation is by plain cross-entropy and accuracy. A loss that is not finite stops the training
    with :class:`~saliencekit.errors.NumericalError`, which names epoch, step, terms and images.

    Parameters
    ----------
    model
        Any classifier whose head :class:`saliencekit.extractors.CAM` knows: pooling and a linear layer.
    loss
        Any of :data:`saliencekit.losses.LOSSES`.
    recipe
        Optimiser, schedule, target and layer are taken from it.
    seed
        Of the random numbers within a step (dropout), which depend on (seed, step) alone.
    identities
        The images' names by place, for messages.

    Notes
    -----
    Logged every epoch: ``train/loss``, ``train/terms/<name>`` (weighted, they sum to the loss),
    ``train/map_entropy`` (nats), ``val/loss`` (cross-entropy), ``val/accuracy``, ``val/map_entropy`` and, for
    two classes, ``val/auroc``. ``history`` holds the same numbers.

    Examples
    --------
    In a Trainer of one's own::

        data = DetectorData("faces/manifest.csv", preprocessing)
        module = DetectorModule(model, DroidLoss(), recipe=Recipe(lr=0.01, epochs=20))
        Trainer(max_epochs=20).fit(module, data)
    """

    def __init__(
        self,
        model: nn.Module,
        loss: SalienceLoss,
        *,
        recipe: Recipe,
        seed: int = 0,
        identities: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.model = model
        self.loss = loss
        self.recipe = recipe
        self.seed = seed
        self.identities = tuple(identities)
        self.history: list[dict[str, float]] = []
        self._warm_loss = CrossEntropyLoss()
        self._extractor = CAM(model, layer=recipe.layer)
        self._train_means = EpochMeans()
        self._val_means = EpochMeans()
        self._val_scores: list[tuple[Tensor, Tensor]] = []
        self._watch = FiniteWatch(self.identities, every=1)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (N, K); those named so, where a network gives others too (Inception)."""
        output = self.model(images)
        logits: Tensor = output if isinstance(output, Tensor) else output.logits
        return logits

    def on_fit_start(self) -> None:
        """Look at every loss where that does not wait for an accelerator."""
        self._watch = FiniteWatch(self.identities, every=1 if self.device.type == "cpu" else LOOK_EVERY)

    def training_step(self, batch: Examples, batch_idx: int) -> Tensor:
        """Return the loss of a batch; forward and map in one pass."""
        seed_step(derived_seed(self.seed, "step", self.global_step), batch.images.device)
        logits, maps = self._seen(batch)
        used = self._warm_loss if self.current_epoch < self.recipe.warm_epochs else self.loss
        terms = used.terms(logits, batch.labels, maps, batch.human_maps, batch.has_map)
        self._watch.add(terms, batch.places, epoch=self.current_epoch, step=batch_idx)
        loss, count = torch.stack(list(terms.values())).sum(), len(logits)
        sums = {f"train/terms/{name}": term.detach() * count for name, term in terms.items()}
        sums["train/loss"] = loss.detach() * count
        sums["train/map_entropy"] = cam_entropy(maps.detach()).sum()
        self._train_means.add(sums, count)
        return loss

    def validation_step(self, batch: Examples, batch_idx: int) -> None:
        """Add a batch to the epoch's validation figures."""
        logits, maps = self._seen(batch)
        sums = {
            "val/loss": cross_entropy_loss(logits, batch.labels, reduction="sum"),
            "val/accuracy": (predicted_class(logits) == batch.labels).float().sum(),
            "val/map_entropy": cam_entropy(maps).sum(),
        }
        self._val_means.add(sums, len(logits))
        if logits.shape[1] <= 2:
            self._val_scores.append((logits[:, -1] - logits[:, 0] * (logits.shape[1] == 2), batch.labels))

    def on_train_epoch_end(self) -> None:
        """Close the epoch: training and validation figures are logged and kept."""
        self._watch.look()
        figures = self._train_means.take() | self._val_means.take()
        if not math.isfinite(figures.get("val/loss", 0.0)):
            raise NumericalError(f"the validation loss is {figures['val/loss']} after epoch {self.current_epoch}")
        figures |= self._auroc()
        self.log_dict(figures, sync_dist=self.trainer.world_size > 1)
        self.history.append({"epoch": self.current_epoch, **figures})

    def configure_optimizers(self) -> Any:
        """Return the recipe's optimiser and schedule."""
        optimizer = build_optimizer(self.model, self.recipe)
        return {"optimizer": optimizer, "lr_scheduler": build_schedule(optimizer, self.recipe)}

    def _seen(self, batch: Examples) -> tuple[Tensor, Tensor]:
        with self._extractor as extract:
            logits = self(batch.images)
            maps = extract.maps(target=self.recipe.target, labels=batch.labels)
        return logits, maps

    def _auroc(self) -> dict[str, float]:
        scored, self._val_scores = self._val_scores, []
        if not scored:
            return {}
        scores = torch.cat([each for each, _ in scored])
        positive = torch.cat([each for _, each in scored]) == 1
        if not positive.any() or positive.all():
            return {}
        return {"val/auroc": float(auroc(scores[~positive], scores[positive]))}
