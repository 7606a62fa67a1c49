import copy
import warnings

import pytest
import torch
from lightning.pytorch import Trainer
from torch import nn
from torch.nn import functional as F
from torchvision.models.inception import InceptionOutputs

from saliencekit.errors import NumericalError
from saliencekit.functional.entropy import cam_entropy
from saliencekit.losses import CrossEntropyLoss, CyborgLoss, DroidLoss
from saliencekit.training import DetectorData, DetectorModule, Recipe
from saliencekit.training.quiet import quiet_lightning


class Tiny(nn.Module):
    """A classifier with a 8x8 map, that counts its forwards."""

    def __init__(self, num_classes=2):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.conv = nn.Conv2d(1, 4, 5, stride=4, padding=2)
        self.head = nn.Linear(4, num_classes)
        self.forwards = 0
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)

    def forward(self, images):
        self.forwards += 1
        return self.head(F.relu(self.conv(images)).mean((2, 3)))


class PooledTiny(Tiny):
    """The same with its parts as modules, so that the layer can be found."""

    def __init__(self, num_classes=2):
        super().__init__(num_classes)
        self.relu, self.pool, self.flatten = nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()

    def forward(self, images):
        self.forwards += 1
        return self.head(self.flatten(self.pool(self.relu(self.conv(images)))))


def fit(module, data, *, epochs=1, **settings):
    quiet = {
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "num_sanity_val_steps": 0,
        "accelerator": "cpu",
    }
    with quiet_lightning():
        trainer = Trainer(max_epochs=epochs, **quiet | settings)
        trainer.fit(module, data)
    return trainer


@pytest.fixture
def data(squares, preprocessing):
    return DetectorData(squares, preprocessing, batch_size=8)


def test_one_forward_a_step(data):
    model = PooledTiny()
    fit(DetectorModule(model, DroidLoss(), recipe=Recipe()), data, epochs=2)
    assert model.forwards == 2 * (3 + 1)  # three training batches and one of validation


def test_the_maps_gradient_reaches_features_and_head(data):
    model = PooledTiny()
    module = DetectorModule(model, DroidLoss(alpha=0.0), recipe=Recipe())
    batch = data.on_after_batch_transfer(next(iter(data.train_dataloader())), 0)
    module._trainer = None
    logits, maps = module._seen(batch)
    module.loss(logits, batch.labels, maps).backward()
    assert model.conv.weight.grad.abs().sum() > 0
    assert model.head.weight.grad.abs().sum() > 0


def test_a_step_equals_a_plain_loop(data):
    """The trainer against a loop written out by hand: order, scale, CAM, loss, SGD, all of it."""
    model = PooledTiny()
    reference = copy.deepcopy(model)
    recipe = Recipe(loss="cyborg", lr=0.05, batch_size=8, epochs=2)
    fit(DetectorModule(model, CyborgLoss(), recipe=recipe), data, epochs=2)

    optimizer = torch.optim.SGD(reference.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-6)
    batches = data.train_dataloader()
    for epoch in range(2):
        batches.sampler.set_epoch(epoch)
        for batch in batches:
            features = F.relu(reference.conv((batch.images.float() / 255 - 0.5) / 0.25))
            logits = reference.head(features.mean((2, 3)))
            maps = torch.einsum("nchw,nc->nhw", features, reference.head.weight[logits.argmax(1)])
            loss = CyborgLoss()(logits, batch.labels, maps, batch.human_maps, batch.has_map)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    for name, parameter in reference.named_parameters():
        torch.testing.assert_close(model.get_parameter(name), parameter, rtol=1e-4, atol=1e-6)


def test_the_epochs_figures(data):
    model = PooledTiny()
    module = DetectorModule(model, CyborgLoss(), recipe=Recipe(loss="cyborg", lr=1e-30))
    trainer = fit(module, data, epochs=2)
    val = data.split("val").examples
    images = (val.images.float() / 255 - 0.5) / 0.25
    with torch.no_grad():
        logits = model(images)
        features = F.relu(model.conv(images))
    maps = torch.einsum("nchw,nc->nhw", features, model.head.weight[logits.argmax(1)])
    figures = module.history[1]
    assert figures["epoch"] == 1
    assert figures["val/loss"] == pytest.approx(F.cross_entropy(logits, val.labels).item(), rel=1e-5)
    assert figures["val/accuracy"] == (logits.argmax(1) == val.labels).sum().item() / 12
    assert figures["val/map_entropy"] == pytest.approx(cam_entropy(maps).mean().item(), rel=1e-5)
    margin = logits[:, 1] - logits[:, 0]
    real, fake = margin[val.labels == 0], margin[val.labels == 1]
    assert figures["val/auroc"] == pytest.approx((fake[:, None] > real).float().mean().item())
    terms = [value for name, value in figures.items() if name.startswith("train/terms/")]
    assert len(terms) == 2
    assert sum(terms) == pytest.approx(figures["train/loss"], rel=1e-5)
    assert {name for name in figures if name != "epoch"} == set(trainer.callback_metrics)


@pytest.mark.parametrize("classes", [1, 3])
def test_one_logit_and_many(data, classes):
    module = DetectorModule(PooledTiny(classes), DroidLoss(), recipe=Recipe())
    fit(module, data)
    assert ("val/auroc" in module.history[0]) == (classes == 1)


def test_a_one_logit_head_is_scored_by_its_logit(data):
    model = PooledTiny(1)
    module = DetectorModule(model, CrossEntropyLoss(), recipe=Recipe(lr=1e-30))
    fit(module, data)
    val = data.split("val").examples
    with torch.no_grad():
        logits = model((val.images.float() / 255 - 0.5) / 0.25)[:, 0]
    real, fake = logits[val.labels == 0], logits[val.labels == 1]
    assert module.history[0]["val/auroc"] == pytest.approx((fake[:, None] > real).float().mean().item())
    assert module.history[0]["val/accuracy"] == ((logits > 0) == val.labels).sum().item() / 12


class WithAuxiliary(PooledTiny):
    def forward(self, images):
        logits = super().forward(images)
        return InceptionOutputs(logits, -logits) if self.training else logits


def test_auxiliary_logits_are_left_aside(data):
    plain = DetectorModule(PooledTiny(), DroidLoss(), recipe=Recipe())
    auxiliary = DetectorModule(WithAuxiliary(), DroidLoss(), recipe=Recipe())
    fit(plain, data)
    fit(auxiliary, data)
    assert plain.history == auxiliary.history


def test_the_scheduler_really_steps(data):
    recipe = Recipe(schedule="step", step_epochs=1, lr=0.1)
    trainer = fit(DetectorModule(PooledTiny(), CrossEntropyLoss(), recipe=recipe), data, epochs=2)
    assert trainer.optimizers[0].param_groups[0]["lr"] == pytest.approx(0.1 * 0.1**2)


def test_a_loss_that_is_not_finite_stops_with_the_images(data):
    recipe = Recipe(lr=1e30)
    module = DetectorModule(PooledTiny(), CrossEntropyLoss(), recipe=recipe, identities=data.identities)
    message = r"not finite in epoch 0, step [12] \(cross_entropy (nan|inf)\), on the images train-\d\d.png, .* 3 more"
    with pytest.raises(NumericalError, match=message):
        fit(module, data)


def test_a_validation_loss_that_is_not_finite_stops(data, monkeypatch):
    nan = torch.tensor(float("nan"))
    monkeypatch.setattr("saliencekit.training.module.cross_entropy_loss", lambda *_, reduction: nan)
    module = DetectorModule(PooledTiny(), DroidLoss(), recipe=Recipe())
    with pytest.raises(NumericalError, match="the validation loss is nan after epoch 0"):
        fit(module, data)


def test_dropout_depends_on_seed_and_step_alone(data):
    def weights(seed, noise):
        model = nn.Sequential(nn.Conv2d(1, 4, 5, 4, 2), nn.Dropout(0.5), nn.AdaptiveAvgPool2d(1))
        model = nn.Sequential(*model, nn.Flatten(), nn.Linear(4, 2))
        state = PooledTiny().state_dict()
        model.load_state_dict({name.replace("conv", "0").replace("head", "4"): state[name] for name in state})
        torch.manual_seed(noise)
        fit(DetectorModule(model, CrossEntropyLoss(), recipe=Recipe(), seed=seed), data)
        return model[4].weight

    assert torch.equal(weights(0, 1), weights(0, 2))
    assert not torch.equal(weights(0, 1), weights(1, 1))


def test_half_precision_keeps_the_loss_in_float32(data):
    module = DetectorModule(PooledTiny(), DroidLoss(offset=1.0), recipe=Recipe(lr=1e-30))
    fit(module, data, precision="bf16-mixed")
    full = DetectorModule(PooledTiny(), DroidLoss(offset=1.0), recipe=Recipe(lr=1e-30))
    fit(full, data)
    assert module.history[0]["train/loss"] == pytest.approx(full.history[0]["train/loss"], rel=0.02)


def test_no_remark_of_lightning_is_shown(data, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(DetectorModule(PooledTiny(), DroidLoss(), recipe=Recipe()), data)
    assert capfd.readouterr() == ("", "")
