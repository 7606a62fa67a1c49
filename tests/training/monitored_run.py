"""A module of somebody else's, trained with a monitor by two processes: ``monitored_run.py FOLDER``."""

import sys
from pathlib import Path

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.loggers import CSVLogger
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from saliencekit.training import SalienceMonitor


class Foreign(LightningModule):
    """As any tutorial has it: a network under a name of its own, and plain cross-entropy."""

    def __init__(self, name="net"):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            parts = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5)
            network = nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
        self.name = name
        setattr(self, name, network)

    def forward(self, images):
        return getattr(self, self.name)(images)

    def training_step(self, batch, _):
        return nn.functional.cross_entropy(self(batch[0]), batch[1])

    def validation_step(self, batch, _):
        self.log("val_loss", nn.functional.cross_entropy(self(batch[0]), batch[1]), sync_dist=True)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.9)


def loader(count, seed, shuffle=False):
    images = torch.randn(count, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
    return DataLoader(TensorDataset(images, torch.arange(count) % 2), batch_size=4, shuffle=shuffle)


def fit(folder, callbacks, *, module=None, epochs=3, validate=True, **settings):
    """Train, and return module and trainer."""
    module = Foreign() if module is None else module
    settings = {"logger": CSVLogger(folder), "accelerator": "cpu"} | settings
    trainer = Trainer(
        max_epochs=epochs,
        callbacks=callbacks,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
        log_every_n_steps=1,
        default_root_dir=folder,
        **settings,
    )
    with torch.random.fork_rng():
        torch.manual_seed(5)
        trainer.fit(module, loader(8, 1, shuffle=True), loader(12, 2) if validate else None)
    return module, trainer


if __name__ == "__main__":
    torch.set_num_threads(1)
    target = Path(sys.argv[1])
    watch = SalienceMonitor(folder=target / "pictures")
    trained, used = fit(target, [watch], devices=2, strategy="ddp", epochs=2)
    found = {
        "history": watch.history,
        "images": watch._watched[0],
        "metrics": {name: float(value) for name, value in used.callback_metrics.items()},
        "weights": trained.state_dict(),
    }
    torch.save(found, target / f"{used.global_rank}.pt")
