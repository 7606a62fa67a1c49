from pathlib import Path

import pytest
import torch
from lightning.pytorch.loggers import CSVLogger

from saliencekit.errors import EnvironmentFault, ModelError, UsageError
from saliencekit.models import SmallCNN, build_model, model_info, save_model
from saliencekit.training import DetectorData, Recipe
from saliencekit.training.assembly import build_trainer, fresh_module, recorded_source
from saliencekit.training.opening import open_images
from saliencekit.training.quiet import quiet_lightning
from saliencekit.training.settings import TrainingSettings

RECIPE = {"backbone": "saliencekit:small-cnn?width=2"}
CPU = TrainingSettings(device="cpu", workers=0)


@pytest.fixture
def images(squares, preprocessing):
    return DetectorData(squares, preprocessing)


def made(images, *, seed=0, weights=None, **recipe):
    return fresh_module(images, recipe=Recipe(**RECIPE | recipe), settings=CPU, seed=seed, weights=weights)


def trainer_of(tmp_path, recipe=None, **settings):
    chosen = TrainingSettings(**{"device": "cpu", "workers": 0} | settings)
    return build_trainer(recipe or Recipe(epochs=2), chosen, callbacks=[], folder=tmp_path)


def test_weights_come_from_the_seed(images):
    assert torch.equal(made(images).model.head.weight, made(images).model.head.weight)
    assert not torch.equal(made(images).model.head.weight, made(images, seed=1).model.head.weight)


def test_a_fresh_network_is_in_training_mode_with_its_head(images):
    module = made(images)
    assert all(each.training for each in module.model.modules())
    assert module.model.head.out_features == 2
    assert made(images, one_logit=True).model.head.out_features == 1
    assert module.model.features[0][1].num_batches_tracked == 0  # though it has been tried out


def test_one_logit_for_three_classes_is_refused(squares, preprocessing):
    text = squares.read_text().replace("train-00.png,real", "train-00.png,2")
    squares.write_text(text.replace(",real", ",0").replace(",fake", ",1"))
    with pytest.raises(UsageError, match=r"one logit tells two classes apart, and .* has 3"):
        made(DetectorData(squares, preprocessing), one_logit=True)


def test_weights_of_a_file(tmp_path, images):
    torch.manual_seed(5)
    path = tmp_path / "start.pt"
    started = SmallCNN(width=2)
    save_model(started, path, arch=RECIPE["backbone"], classes=["real", "fake"], preprocessing=None)
    module = made(images, weights=path)
    assert torch.equal(module.model.head.weight, started.head.weight)
    with pytest.raises(UsageError, match="expected weights of a file or published ones"):
        made(images, weights=path, pretrained=True)


def test_a_network_that_cannot_take_the_images_is_said_before_any_is_read(images):
    with pytest.raises(ModelError, match=r"inception_v3 on images of 32x32 pixels failed with RuntimeError: "):
        made(images, backbone="torchvision:inception_v3")


def test_a_network_without_maps_is_said_before_any_image_is_read(images):
    with pytest.raises(ModelError, match="CAM is not defined"):
        made(images, backbone="torchvision:mobilenet_v3_small", salience="cam")
    with pytest.raises(ModelError, match="CAM is not defined"):
        fresh_module(
            images,
            recipe=Recipe(backbone="torchvision:mobilenet_v3_small"),
            settings=TrainingSettings(compile=True),
            seed=0,
        )


def test_limits_reach_the_trainer(tmp_path):
    settings = {"limit_train": 3, "limit_val": 1, "val_every": 2}
    trainer = trainer_of(tmp_path, Recipe(epochs=4, accumulate=3, clip=0.5), **settings)
    assert (trainer.limit_train_batches, trainer.limit_val_batches, trainer.check_val_every_n_epoch) == (3, 1, 2)
    assert (trainer.max_epochs, trainer.accumulate_grad_batches, trainer.gradient_clip_val) == (4, 3, 0.5)
    everything = trainer_of(tmp_path)
    assert (everything.limit_train_batches, everything.limit_val_batches) == (1.0, 1.0)
    assert everything.gradient_clip_val is None


def test_loggers_and_folder_reach_the_trainer(tmp_path):
    logger = CSVLogger(tmp_path)
    trainer = build_trainer(Recipe(), CPU, callbacks=[], loggers=[logger], folder=tmp_path)
    assert trainer.loggers == [logger]
    assert trainer.default_root_dir == str(tmp_path)
    assert trainer_of(tmp_path).loggers == []


def test_half_precision_on_a_cpu_is_refused(tmp_path):
    with pytest.raises(UsageError, match="16-mixed needs an accelerator: choose bf16-mixed or 32"):
        trainer_of(tmp_path, precision="16-mixed")


def test_a_device_that_is_not_there_is_said(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="unknown device 'banana': expected one of auto, gpu, cpu, cuda, "):
        trainer_of(tmp_path, device="banana")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(EnvironmentFault, match=r"cannot train on 1 x cuda here: .*CUDAAccelerator"):
        trainer_of(tmp_path, device="cuda")


def test_a_trial_run_is_one_batch(tmp_path, images):
    with quiet_lightning():
        trainer = trainer_of(tmp_path, fast_dev_run=True)
        module = made(images, epochs=2)
        trainer.fit(module, images)
    assert (trainer.global_step, len(module.history)) == (1, 1)


@pytest.mark.parametrize(
    ("backbone", "size", "recipe"),
    [
        ("torchvision:densenet121", 64, {"loss": "cyborg-droid"}),
        ("torchvision:resnet50", 64, {"loss": "cyborg", "one_logit": True}),
        ("torchvision:inception_v3?aux_logits=false", 128, {"loss": "hseb", "batch_size": 6}),
        ("torchvision:inception_v3", 299, {"loss": "droid", "one_logit": True}),
        ("torchvision:mobilenet_v3_small", 64, {"loss": "cyborg"}),
        ("timm:resnet10t", 64, {"loss": "fmmmse"}),
    ],
    ids=["densenet121", "resnet50", "inception without auxiliary head", "inception", "by grad-cam", "timm"],
)
def test_a_backbone_takes_a_step(tmp_path, squares, backbone, size, recipe):
    chosen = Recipe(backbone=backbone, image_size=size, epochs=1, **{"batch_size": 2} | recipe)
    settings = TrainingSettings(device="cpu", workers=0, limit_train=1, limit_val=1)
    with quiet_lightning():
        images = open_images(squares, recipe=chosen, settings=settings, seed=1)
        module = fresh_module(images, recipe=chosen, settings=settings, seed=0)
        before = {name: value.clone() for name, value in module.model.named_parameters()}
        build_trainer(chosen, settings, callbacks=[], folder=tmp_path).fit(module, images)
    weights = [name for name in before if name.endswith("weight")]
    for name in (weights[0], weights[-1]):
        assert not torch.equal(module.model.get_parameter(name), before[name])
    assert ("train/terms/auxiliary" in module.history[0]) == (backbone == "torchvision:inception_v3")
    assert module.history[0]["train/map_entropy"] <= module.history[0]["map_entropy/maximum"] + 1e-5
    assert len(images.collection.classes) == 2
    assert model_info(module.model).num_classes == (1 if recipe.get("one_logit") else 2)


def test_a_grey_image_gets_a_first_layer_of_one_channel(images):
    module = made(images, backbone="torchvision:resnet18")
    assert module.model.conv1.in_channels == 1
    assert "in_channels=1" in model_info(module.model).arch
    assert build_model("resnet18").conv1.in_channels == 3


def test_sources_are_relative_within_one_tree(tmp_path, monkeypatch):
    assert recorded_source(str(tmp_path / "faces"), tmp_path / "runs" / "a") == "../../faces"
    monkeypatch.chdir(tmp_path)
    assert recorded_source("faces", Path("runs")) == "../faces"
