"""What training does on an accelerator; ``pytest -m gpu`` where there is one."""

import pytest
import torch

from saliencekit.losses import LOSSES
from saliencekit.training import Recipe
from saliencekit.training.assembly import build_trainer, fresh_module
from saliencekit.training.figures import TIMES
from saliencekit.training.module import DetectorModule
from saliencekit.training.opening import open_images
from saliencekit.training.quiet import quiet_lightning
from saliencekit.training.settings import TrainingSettings

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")]

SMALL = {"backbone": "saliencekit:small-cnn?width=4", "image_size": 32, "batch_size": 5, "epochs": 3}


def trained(data, folder, recipe, **settings):
    chosen, how = Recipe(**SMALL | recipe), TrainingSettings(**{"device": "cuda", "workers": 0} | settings)
    with quiet_lightning():
        images = open_images(data, recipe=chosen, settings=how, seed=1)
        module = fresh_module(images, recipe=chosen, settings=how, seed=1)
        trainer = build_trainer(chosen, how, callbacks=[], folder=folder)
        trainer.fit(module, images)
    return trainer, module


@pytest.mark.parametrize("precision", ["32", "bf16-mixed", "16-mixed"])
@pytest.mark.parametrize("loss", LOSSES)
def test_no_training_step_waits_for_the_device(tmp_path, squares, monkeypatch, loss, precision):
    step, steps = DetectorModule.training_step, []

    def watched(self, batch, batch_idx):
        steps.append(batch_idx)
        if len(steps) < 3:  # the first ones find the layer and look at their maps
            return step(self, batch, batch_idx)
        torch.cuda.set_sync_debug_mode("error")
        try:
            return step(self, batch, batch_idx)
        finally:
            torch.cuda.set_sync_debug_mode("default")

    monkeypatch.setattr(DetectorModule, "training_step", watched)
    trainer, _ = trained(squares, tmp_path, {"loss": loss, "accumulate": 2}, precision=precision)
    assert len(steps) == 15
    assert trainer.optimizers[0].param_groups[0]["fused"]


@pytest.mark.parametrize("cache", ["ram", "device", "none"])
def test_the_gpu_trains_as_the_cpu_does(tmp_path, squares, cache):
    histories = []
    for device in ("cpu", "cuda"):
        _, module = trained(squares, tmp_path, {"loss": "cyborg", "lr": 1e-3}, device=device, cache=cache)
        histories.append([{k: v for k, v in each.items() if k not in TIMES} for each in module.history])
    for here, there in zip(*histories, strict=True):
        assert there == pytest.approx(here, rel=2e-2, abs=1e-3)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_half_precision_can_be_clipped(tmp_path, squares, optimizer):
    recipe = {"clip": 0.5, "optimizer": optimizer, "loss": "droid"}
    trainer, module = trained(squares, tmp_path, recipe, precision="16-mixed")
    assert not trainer.optimizers[0].param_groups[0]["fused"]
    assert module.history[-1]["train/loss"] < module.history[0]["train/loss"] + 0.5


def test_a_compiled_network_trains_on_the_gpu(tmp_path, squares):
    _, module = trained(squares, tmp_path, {"loss": "droid"}, compile=True, precision="bf16-mixed")
    assert module.history[-1]["train/map_entropy"] <= module.history[-1]["map_entropy/maximum"]
