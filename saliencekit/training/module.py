"""The model side of a training run, for Lightning's Trainer: model, loss, and the map of the forward."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn

from ..errors import NumericalError
from ..losses import CrossEntropyLoss, SalienceLoss, cross_entropy_loss
from ..models import model_info
from .batch_norm import stand_in
from .examples import Examples
from .figures import EpochFigures
from .optimizers import build_optimizer, build_schedule
from .order import EpochBatches
from .recipe import Recipe
from .seeds import derived_seed, seed_step
from .sight import CompiledSight, Sight, main_logits
from .watch import FiniteWatch, check_scale, check_weights
from .whole_batch import WholeBatch, group_weight, own_rank, shares_of, whole_batch

LOOK_EVERY = 50  # steps between two looks at the losses on an accelerator
STATE = "saliencekit"  # what is ours in a checkpoint of Lightning


class DetectorModule(LightningModule):
    """A classifier, trained with a loss on where it looks.

    The maps come from the training forward itself: no second one is run. The loss is used in training
    only; validation is by plain cross-entropy and accuracy. A loss that is not finite stops the training
    with :class:`~saliencekit.errors.NumericalError`, which names epoch, step, terms and images.

    Parameters
    ----------
    model
        Any classifier. Where pooling and one linear layer make its logits, its map is the CAM; else it is Grad-CAM.
        Auxiliary heads (Inception v3, GoogLeNet) are trained along, as the loss's term ``auxiliary``.
    loss
        Any of :data:`saliencekit.losses.LOSSES`.
    recipe
        Optimiser, schedule, target, layer and kind of map are taken from it.
    seed
        Of the random numbers within a step (dropout), which depend on (seed, epoch, step) alone.
    identities
        The images' names by place, for messages.
    compiled
        Compile the network with ``torch.compile``, around the layer explained.

    Notes
    -----
    Logged every epoch: ``train/loss``, ``train/terms/<name>`` (weighted, they sum to the loss), ``train/accuracy``,
    ``train/map_entropy`` (nats), ``train/images_per_second`` (of the steps that were run, after a resume), ``lr``;
    after a validation ``val/loss`` (cross-entropy), ``val/accuracy``, ``val/map_entropy`` and, for two classes,
    ``val/auroc``; as lines to read the entropies by ``map_entropy/maximum`` and, where there are human maps,
    ``map_entropy/human``, their mean in the first epoch. ``history`` holds the same numbers. Several processes share
    every batch: loss and figures are those of the whole.

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
        compiled: bool = False,
    ) -> None:
        super().__init__()
        self.model = model
        self.loss = loss
        self.recipe = recipe
        self.seed = seed
        self.identities = tuple(identities)
        self.history: list[dict[str, float]] = []
        self._warm_loss = CrossEntropyLoss()
        self._sight = (CompiledSight if compiled else Sight)(model, layer=recipe.layer, salience=recipe.salience)
        self._figures = EpochFigures()
        self._watch = FiniteWatch(self.identities, every=1)
        self._lr = recipe.lr

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (N, K); those named so, where a network gives others too (Inception)."""
        return main_logits(self.model(images))

    def on_fit_start(self) -> None:
        """Look at every loss where that does not wait for an accelerator."""
        self._watch = FiniteWatch(self.identities, every=1 if self.device.type == "cpu" else LOOK_EVERY)

    def on_train_start(self) -> None:
        """Go to the batch that a resumed run begins with; forget what a sanity check has validated."""
        self._figures.start_val()
        self._figures.start_train()
        loop, order = self.trainer.fit_loop, self._order()
        if order is not None:
            if getattr(self.trainer, "overfit_batches", 0):
                order.hold()
            order.set_epoch(self.current_epoch)
            order.start_at(loop.epoch_loop.batch_progress.current.ready if loop.restarting else 0)

    def on_train_epoch_start(self) -> None:
        """Give the images another order."""
        self._figures.start_train()
        order = self._order()
        if order is not None:
            order.set_epoch(self.current_epoch)

    def training_step(self, batch: Examples, batch_idx: int) -> Tensor:
        """Return the loss of a batch; forward and map in one pass."""
        shares, rank = shares_of(self.trainer.train_dataloader, batch_idx, len(batch.labels)), own_rank()
        other = (rank,) if rank else ()  # two processes must not drop the same features
        seed_step(derived_seed(self.seed, "step", self.current_epoch, batch_idx, *other), batch.images.device)
        with stand_in(shares[rank] == 0):
            seen = self._sight(batch.images, target=self.recipe.target, labels=batch.labels)
        whole = whole_batch(seen, batch, shares)
        terms = self._terms(whole)
        self._look_out(terms, whole.places, batch_idx)
        self._figures.add_train(terms, whole.logits, whole.labels, whole.maps)
        if whole.human_maps.shape[-1] > 1:  # a single cell stands for "no image has one"
            self._figures.add_human(whole.human_maps, whole.has_map, (whole.maps.shape[-2], whole.maps.shape[-1]))
        self._lr = float(self.trainer.optimizers[0].param_groups[0]["lr"])
        return torch.stack(list(terms.values())).sum() * (len(shares) * self._group_weight(batch_idx))

    def on_validation_start(self) -> None:
        """Begin the epoch's validation figures."""
        self._figures.start_val()

    def validation_step(self, batch: Examples, batch_idx: int) -> None:
        """Add a batch to the epoch's validation figures."""
        seen = self._sight(batch.images, target=self.recipe.target, labels=batch.labels)
        count = shares_of(self.trainer.val_dataloaders, batch_idx, len(batch.labels))[own_rank()]
        self._figures.add_val(seen.logits, batch.labels, seen.maps, count=count)

    def on_train_epoch_end(self) -> None:
        """Close the epoch: training and validation figures are logged and kept."""
        self._watch.look()
        figures = self._figures.close(lr=self._lr)
        if not math.isfinite(figures.get("val/loss", 0.0)):
            raise NumericalError(f"the validation loss is {figures['val/loss']} after epoch {self.current_epoch}")
        self.log_dict(figures, sync_dist=self.trainer.world_size > 1)
        self.history.append({"epoch": self.current_epoch, **figures})

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add architecture, history and the epoch's figures so far; what is not finite is not saved."""
        self._watch.look()
        check_weights(self.model, what=f"epoch {self.current_epoch}, step {self.global_step}")
        checkpoint[STATE] = {
            "arch": model_info(self.model).arch,
            "history": self.history,
            "figures": self._figures.state_dict(),
            "lr": self._lr,
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on with the history and the epoch's figures so far."""
        state = checkpoint[STATE]
        self.history, self._lr = list(state["history"]), state["lr"]
        self._figures.load_state_dict(state["figures"], self.device)

    def configure_optimizers(self) -> Any:
        """Return the recipe's optimiser and schedule."""
        scaled = self.trainer.precision == "16-mixed" and bool(self.trainer.gradient_clip_val)
        fused = self.device.type == "cuda" and not scaled  # a fused step undoes the scale itself, too late to clip
        optimizer = build_optimizer(self.model, self.recipe, fused=fused)
        return {"optimizer": optimizer, "lr_scheduler": build_schedule(optimizer, self.recipe)}

    def _terms(self, whole: WholeBatch) -> dict[str, Tensor]:
        used = self._warm_loss if self.current_epoch < self.recipe.warm_epochs else self.loss
        terms = used.terms(whole.logits, whole.labels, whole.maps, whole.human_maps, whole.has_map)
        extra = [weight * cross_entropy_loss(logits, whole.labels) for weight, logits in whole.auxiliary]
        return terms | ({"auxiliary": torch.stack(extra).sum()} if extra else {})

    def _look_out(self, terms: dict[str, Tensor], places: Tensor, step: int) -> None:
        self._watch.add(terms, places, epoch=self.current_epoch, step=step)
        if self._watch.due:
            self._watch.look()
            scaler = getattr(self.trainer.precision_plugin, "scaler", None)
            if scaler is not None:
                check_scale(scaler.get_scale())

    def _group_weight(self, batch: int) -> float:
        order, batches = self._order(), int(self.trainer.num_training_batches)
        accumulate = self.trainer.accumulate_grad_batches
        return group_weight(
            batch, accumulate=accumulate, batches=batches, size=order.size if order is not None else _one
        )

    def _order(self) -> EpochBatches | None:
        order = getattr(self.trainer.train_dataloader, "order", None)
        return order if isinstance(order, EpochBatches) else None


def _one(_: int) -> int:
    return 1
