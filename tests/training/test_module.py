import copy
import math
import warnings
from functools import partial
from types import SimpleNamespace

import pytest
import torch
from lightning.pytorch import Callback, Trainer
from torch import nn
from torch.nn import functional as F
from torchvision.models.inception import InceptionOutputs

from saliencekit.errors import NumericalError
from saliencekit.functional.entropy import cam_entropy
from saliencekit.functional.geometry import resize_maps
from saliencekit.losses import CrossEntropyLoss, CyborgLoss, DroidLoss, FmmmseLoss, cross_entropy_loss
from saliencekit.models import SmallCNN
from saliencekit.training import DetectorData, DetectorModule, Recipe
from saliencekit.training.examples import Examples
from saliencekit.training.figures import TIMES
from saliencekit.training.quiet import quiet_lightning
from saliencekit.training.seeds import epoch_order
from saliencekit.training.sight import CompiledSight


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


def everything(batches):
    """A split in the order of the manifest."""
    whole = Examples(*(torch.cat(parts) for parts in zip(*batches, strict=True)))
    return whole.at(whole.places.argsort())


@pytest.fixture
def data(squares, preprocessing):
    return DetectorData(squares, preprocessing, batch_size=8)


def test_one_forward_a_step(data):
    model = PooledTiny()
    fit(DetectorModule(model, DroidLoss(), recipe=Recipe()), data, epochs=2)
    assert model.forwards == 1 + 2 * (3 + 1)  # a trial; in each epoch three training batches and one of validation


def test_the_maps_gradient_reaches_features_and_head(data):
    model = PooledTiny()
    module = DetectorModule(model, DroidLoss(alpha=0.0), recipe=Recipe())
    batch = data.on_after_batch_transfer(next(iter(data.train_dataloader())), 0)
    seen = module._sight(batch.images, target="predicted")
    module.loss(seen.logits, batch.labels, seen.maps).backward()
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
        batches.order.set_epoch(epoch)
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
    val = everything(data.val_dataloader())
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
    train = everything(data.train_dataloader())
    with torch.no_grad():
        right = model((train.images.float() / 255 - 0.5) / 0.25).argmax(1) == train.labels
    assert figures["train/accuracy"] == right.sum().item() / 24
    assert figures["map_entropy/maximum"] == math.log(64)
    human = resize_maps(train.human_maps[train.has_map].float(), (8, 8))
    assert figures["map_entropy/human"] == pytest.approx(cam_entropy(human).mean().item(), rel=1e-5)
    assert figures["lr"] == 1e-30
    assert figures["train/images_per_second"] > 0


@pytest.mark.parametrize("classes", [1, 3])
def test_one_logit_and_many(data, classes):
    module = DetectorModule(PooledTiny(classes), DroidLoss(), recipe=Recipe())
    fit(module, data)
    assert ("val/auroc" in module.history[0]) == (classes == 1)


def test_a_one_logit_head_is_scored_by_its_logit(data):
    model = PooledTiny(1)
    module = DetectorModule(model, CrossEntropyLoss(), recipe=Recipe(lr=1e-30))
    fit(module, data)
    val = everything(data.val_dataloader())
    with torch.no_grad():
        logits = model((val.images.float() / 255 - 0.5) / 0.25)[:, 0]
    real, fake = logits[val.labels == 0], logits[val.labels == 1]
    assert module.history[0]["val/auroc"] == pytest.approx((fake[:, None] > real).float().mean().item())
    assert module.history[0]["val/accuracy"] == ((logits > 0) == val.labels).sum().item() / 12


class WithAuxiliary(PooledTiny):
    def forward(self, images):
        logits = super().forward(images)
        return InceptionOutputs(logits, -logits) if self.training else logits


@pytest.mark.parametrize("classes", [1, 2])
def test_auxiliary_logits_are_trained_by_their_share_of_cross_entropy(data, classes):
    """These are the logits negated, so that the first step's loss is known; validation is without them."""
    model = WithAuxiliary(classes)
    reference = copy.deepcopy(model).eval()
    module = DetectorModule(model, DroidLoss(), recipe=Recipe(lr=1e-30))
    fit(module, data)
    train = everything(data.train_dataloader())
    with torch.no_grad():
        logits = reference((train.images.float() / 255 - 0.5) / 0.25)
    found = module.history[0]
    assert found["train/terms/auxiliary"] == pytest.approx(
        0.4 * cross_entropy_loss(-logits, train.labels).item(), rel=1e-5
    )
    terms = [value for name, value in found.items() if name.startswith("train/terms/")]
    assert sum(terms) == pytest.approx(found["train/loss"], rel=1e-5)
    plain = DetectorModule(PooledTiny(classes), DroidLoss(), recipe=Recipe(lr=1e-30))
    fit(plain, data)
    assert {name: value for name, value in found.items() if "val/" in name} == {
        name: value for name, value in plain.history[0].items() if "val/" in name
    }


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
    monkeypatch.setattr("saliencekit.training.figures.cross_entropy_loss", lambda *_, reduction: nan)
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


def test_dropout_differs_within_an_accumulated_step(data):
    seeds = []

    class Noted(PooledTiny):
        def forward(self, images):
            if self.training:
                seeds.append(torch.initial_seed())
            return super().forward(images)

    fit(DetectorModule(Noted(), CrossEntropyLoss(), recipe=Recipe()), data, epochs=2, accumulate_grad_batches=3)
    assert len(seeds) == len(set(seeds)) == 2 * 3


def test_accumulated_batches_are_one_large_batch(data):
    """24 images as batches of 7, 7, 7 and 3 in groups of two are two steps, of 14 and of 10 images."""
    model = PooledTiny()
    reference = copy.deepcopy(model)
    recipe = Recipe(loss="fmmmse", lr=0.05)
    small = data.for_run(batch_size=7, seed=0)
    module = DetectorModule(model, FmmmseLoss(), recipe=recipe)
    trainer = fit(module, small, accumulate_grad_batches=2, gradient_clip_val=0.2)
    assert trainer.global_step == 2
    optimizer = torch.optim.SGD(reference.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-6)
    train, norms = everything(data.train_dataloader()), []
    for places in torch.split(epoch_order(24, seed=0, epoch=0), 14):
        batch = train.at(places)
        features = F.relu(reference.conv((batch.images.float() / 255 - 0.5) / 0.25))
        logits = reference.head(features.mean((2, 3)))
        maps = torch.einsum("nchw,nc->nhw", features, reference.head.weight[logits.argmax(1)])
        optimizer.zero_grad()
        FmmmseLoss()(logits, batch.labels, maps).backward()
        norms.append(float(nn.utils.clip_grad_norm_(reference.parameters(), 0.2)))
        optimizer.step()
    assert max(norms) > 0.2
    for name, parameter in reference.named_parameters():
        torch.testing.assert_close(model.get_parameter(name), parameter, rtol=1e-4, atol=1e-6)


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")  # torch's, on itself
def test_a_compiled_module_trains_alike(data, monkeypatch):
    monkeypatch.setattr("saliencekit.training.module.CompiledSight", partial(CompiledSight, backend="eager"))
    histories = []
    for compiled in (False, True):
        torch.manual_seed(0)
        module = DetectorModule(SmallCNN(width=2), DroidLoss(), recipe=Recipe(), compiled=compiled)
        fit(module, data, epochs=2)
        histories.append([{k: v for k, v in each.items() if k not in TIMES} for each in module.history])
    assert any(module._compiled_call_impl is not None for module in module.model.modules())
    for plain, compiled in zip(*histories, strict=True):
        assert compiled == pytest.approx(plain, rel=1e-3)


def test_epochs_without_validation_have_no_figures_of_it(data):
    module = DetectorModule(PooledTiny(), DroidLoss(), recipe=Recipe())
    fit(module, data, epochs=3, check_val_every_n_epoch=2)
    assert ["val/accuracy" in each for each in module.history] == [False, True, False]


def test_a_sanity_check_is_not_part_of_the_figures(data):
    histories = []
    for steps in (0, 1):
        module = DetectorModule(PooledTiny(), DroidLoss(), recipe=Recipe())
        fit(module, data, num_sanity_val_steps=steps)
        histories.append([{k: v for k, v in each.items() if k not in TIMES} for each in module.history])
    assert histories[0] == histories[1]


def test_the_same_batches_over_and_over(data):
    seen = []

    class Noted(DetectorModule):
        def training_step(self, batch, batch_idx):
            seen.append(batch.places.tolist())
            return super().training_step(batch, batch_idx)

    fit(Noted(PooledTiny(), DroidLoss(), recipe=Recipe()), data, epochs=3, overfit_batches=2)
    assert seen[:2] == seen[2:4] == seen[4:]


def test_validation_records_no_gradients(data):
    class Noted(PooledTiny):
        def forward(self, images):
            assert torch.is_grad_enabled() == self.training
            return super().forward(images)

    fit(DetectorModule(Noted(), DroidLoss(), recipe=Recipe()), data)


def test_half_precision_whose_scale_falls_for_ever_stops(data, monkeypatch):
    """What a scaler does on a GPU when every step overflows; the CPU has none."""
    module = DetectorModule(PooledTiny(), DroidLoss(), recipe=Recipe())
    scale = [2.0**16]

    def halved():
        scale[0] /= 2
        return scale[0]

    class Scaled(Callback):
        def on_train_start(self, trainer, pl_module):
            trainer.precision_plugin.scaler = SimpleNamespace(get_scale=halved)

    with pytest.raises(NumericalError, match="the gradients do not fit into half precision"):
        fit(module, data, epochs=50, callbacks=[Scaled()])
    assert scale[0] == 2.0**-11


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
