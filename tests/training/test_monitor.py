import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from lightning.pytorch.callbacks import EarlyStopping
from lightning.pytorch.loggers import TensorBoardLogger, WandbLogger
from PIL import Image

import saliencekit as sk
from saliencekit.errors import InputError, ModelError, UsageError
from saliencekit.training import SalienceMonitor
from saliencekit.training.monitor import _send

SCRIPT = Path(__file__).with_name("monitored_run.py")
NAMES = ("entropy", "entropy_normalized", "effective_area", "degenerate")

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*does not have many workers",
    "ignore:.*isinstance.treespec, LeafSpec.*",
    "ignore:.*but have no `val_dataloader`.*",
)


@pytest.fixture(scope="module")
def runs():
    spec = importlib.util.spec_from_file_location(SCRIPT.stem, SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def images(count=4):
    return torch.randn(count, 3, 8, 8, generator=torch.Generator().manual_seed(9))


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed", "bf16-true"])
def test_a_run_with_a_monitor_gives_the_same_weights(tmp_path, runs, precision):
    plain, _ = runs.fit(tmp_path / "a", [], precision=precision)
    monitors = [SalienceMonitor(), SalienceMonitor(images=images(), salience="cam", name="fixed", every_n_epochs=2)]
    seen, _ = runs.fit(tmp_path / "b", monitors, precision=precision)
    for name, value in plain.state_dict().items():
        assert torch.equal(value, seen.state_dict()[name]), name
    assert [row["epoch"] for row in monitors[0].history] == [0, 1, 2]
    assert [row["epoch"] for row in monitors[1].history] == [1, 2]  # every second, and the last


def test_what_is_logged_is_what_is_there(tmp_path, runs):
    """The last row, by hand from the trained network and the first images that were validated."""
    monitor = SalienceMonitor(limit=3)
    module, trainer = runs.fit(tmp_path, [monitor])
    watched, _ = next(iter(runs.loader(12, 2)))
    maps = sk.GradCAM(module.net.eval())(watched[:3])
    assert torch.equal(monitor._watched[0], watched[:3])
    expected = {
        "entropy": float(sk.cam_entropy(maps).mean()),
        "entropy_normalized": float(sk.cam_entropy(maps).mean()) / 3.583519,  # ln 36
        "effective_area": float(sk.effective_area(maps).mean()),
        "degenerate": float(sk.is_degenerate(maps).float().mean()),
    }
    assert monitor.history[-1] == {"epoch": 2, **{name: pytest.approx(each) for name, each in expected.items()}}
    logged = pd.read_csv(Path(trainer.log_dir) / "metrics.csv")
    for name, value in expected.items():
        assert logged[f"salience/{name}"].dropna().iloc[-1] == pytest.approx(value, rel=1e-5)
        assert float(trainer.callback_metrics[f"salience/{name}"]) == pytest.approx(value, rel=1e-5)
    assert monitor.frame().columns.tolist() == ["epoch", *NAMES]
    assert monitor.plot().axes[0].get_xlabel() == "epoch"


def test_pictures_are_where_the_trainer_logs(tmp_path, runs):
    _, trainer = runs.fit(tmp_path, [SalienceMonitor(every_n_epochs=2)])
    pictures = sorted((Path(trainer.log_dir) / "salience").iterdir())
    assert [each.name for each in pictures] == ["epoch-001.png", "epoch-002.png"]
    for path in pictures:
        with Image.open(path) as picture:
            assert picture.width > picture.height > 300


def test_tensorboard_has_numbers_and_pictures(tmp_path, runs):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    logger = TensorBoardLogger(tmp_path)
    runs.fit(tmp_path, [SalienceMonitor()], logger=logger, epochs=2)
    events = EventAccumulator(logger.log_dir)
    events.Reload()
    assert {f"salience/{name}" for name in NAMES} <= set(events.Tags()["scalars"])
    assert len(events.Images("salience/maps")) == 2


def test_no_logger_at_all(tmp_path, runs):
    monitor = SalienceMonitor()
    runs.fit(tmp_path, [monitor], logger=False, epochs=1)
    assert (tmp_path / "salience" / "epoch-000.png").is_file()
    assert len(monitor.history) == 1


def test_a_trial_run_leaves_no_files(tmp_path, runs):
    monitor = SalienceMonitor(folder=tmp_path / "pictures")
    runs.fit(tmp_path, [monitor], fast_dev_run=True)
    assert len(monitor.history) == 1
    assert not (tmp_path / "pictures").exists()


def test_other_loggers_are_sent_what_they_take(tmp_path, monkeypatch):
    sent = []
    monkeypatch.setattr(
        WandbLogger, "log_image", lambda self, key, images, step: sent.append((key, images[0].size, step))
    )
    stream = sk.show_maps(torch.zeros(1, 3, 4, 4), torch.ones(1, 2, 2))._repr_png_()[0]
    _send(object.__new__(WandbLogger), "salience/maps", stream, 7)
    _send(object(), "salience/maps", stream, 7)
    ((key, size, step),) = sent
    assert (key, step) == ("salience/maps", 7)
    assert min(size) > 100


def test_callbacks_of_lightning_can_go_by_it(tmp_path, runs):
    stop = EarlyStopping("salience/entropy", min_delta=100.0, patience=1, check_on_train_epoch_end=True)
    monitor = SalienceMonitor()
    runs.fit(tmp_path, [monitor, stop], epochs=9)
    assert len(monitor.history) == 2


def test_another_fit_has_a_folder_and_images_of_its_own(tmp_path, runs):
    monitor = SalienceMonitor()
    for name in ("a", "b"):
        runs.fit(tmp_path / name, [monitor], logger=False, epochs=1)
        assert (tmp_path / name / "salience" / "epoch-000.png").is_file()
    assert len(monitor.history) == 2
    assert len(monitor._watched[0]) == 4


def test_history_goes_on_in_a_resumed_run(tmp_path, runs):
    _, trainer = runs.fit(tmp_path, [SalienceMonitor()], epochs=1)
    trainer.save_checkpoint(tmp_path / "last.ckpt")
    monitor = SalienceMonitor()
    resumed = torch.load(tmp_path / "last.ckpt", weights_only=True)["callbacks"][monitor.state_key]
    monitor.load_state_dict(resumed)
    assert [row["epoch"] for row in monitor.history] == [0]


def test_a_module_that_is_its_own_network(tmp_path, runs):
    class Whole(runs.Foreign):
        def __init__(self):
            super().__init__(name="features")

    monitor = SalienceMonitor()
    runs.fit(tmp_path, [monitor], module=Whole(), epochs=1)
    assert monitor.history[0]["entropy"] > 0


def test_labels_of_the_batch_are_explained(tmp_path, runs):
    monitor = SalienceMonitor(target="label")
    module, _ = runs.fit(tmp_path, [monitor], epochs=1)
    watched, labels = next(iter(runs.loader(12, 2)))
    maps = sk.GradCAM(module.net.eval())(watched, target="label", labels=labels)
    assert monitor.history[0]["entropy"] == pytest.approx(float(sk.cam_entropy(maps).mean()))


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"salience": "gradcam"}, UsageError, "gradcam"),
        ({"images": torch.zeros(3, 8, 8)}, InputError, r"got \(3, 8, 8\)"),
        ({"images": images(), "labels": torch.zeros(9)}, InputError, r"`labels` of shape \(4,\), got \(9,\)"),
        ({"images": images(), "target": "label"}, UsageError, "needs `labels`"),
        ({"labels": torch.zeros(4)}, UsageError, "`labels` only together with `images`"),
        ({"target": "fake"}, UsageError, "a class's number, got 'fake'"),
        ({"every_n_epochs": 0}, UsageError, "`every_n_epochs` of at least 1, got 0"),
        ({"limit": 0}, UsageError, "`limit` of at least 1, got 0"),
        ({"shown": 0}, UsageError, "`shown` of at least 1, got 0"),
        ({"rows": "map"}, UsageError, "`rows` to list some of image, overlay, map, got 'map'"),
    ],
)
def test_bad_input(settings, error, message):
    with pytest.raises(error, match=message):
        SalienceMonitor(**settings)


def test_what_cannot_be_is_said_before_the_first_epoch(tmp_path, runs):
    with pytest.raises(UsageError, match="no validation whose first batch could be watched"):
        runs.fit(tmp_path, [SalienceMonitor()], validate=False)
    with pytest.raises(UsageError, match="Foreign has no network 'body': expected one of net"):
        runs.fit(tmp_path, [SalienceMonitor("body")])


def test_an_error_while_looking_is_told_and_leaves_the_modes(tmp_path, runs):
    module = runs.Foreign()
    with pytest.raises(ModelError, match="nowhere"):
        runs.fit(tmp_path, [SalienceMonitor(layer="nowhere")], module=module)
    assert all(each.training for each in module.net.modules())


def test_without_validation_the_images_are_given(tmp_path, runs):
    monitor = SalienceMonitor(images=images())
    runs.fit(tmp_path, [monitor], validate=False, epochs=1)
    assert len(monitor.history) == 1


def test_epochs_before_the_first_validation_are_left_out(tmp_path, runs):
    monitor = SalienceMonitor()
    runs.fit(tmp_path, [monitor], epochs=4, check_val_every_n_epoch=2, num_sanity_val_steps=0)
    assert [row["epoch"] for row in monitor.history] == [1, 2, 3]


def test_two_processes_look_at_the_same_images(tmp_path, runs):
    ours = ("MASTER_ADDR", "MASTER_PORT", "NODE_RANK", "LOCAL_RANK", "WORLD_SIZE")
    environment = {name: value for name, value in os.environ.items() if name not in ours} | {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, SCRIPT, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(2))
    assert first["history"] == second["history"]
    assert first["metrics"] == second["metrics"]
    assert len(first["history"]) == 2
    assert torch.equal(first["images"], second["images"])
    assert sorted(each.name for each in (tmp_path / "pictures").iterdir()) == ["epoch-000.png", "epoch-001.png"]
    module = runs.Foreign()
    module.load_state_dict(first["weights"])
    maps = sk.GradCAM(module.net.eval())(first["images"])
    assert first["metrics"]["salience/entropy"] == pytest.approx(float(sk.cam_entropy(maps).mean()), rel=1e-5)
    assert np.isclose(first["history"][-1]["entropy"], first["metrics"]["salience/entropy"])
