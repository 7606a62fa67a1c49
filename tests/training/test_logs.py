import csv
import importlib.util
import sys
from dataclasses import replace

import pytest
from lightning.pytorch import loggers as lightning_loggers

from saliencekit.errors import EnvironmentFault
from saliencekit.training import DetectorData, Recipe, TrainingSettings, train
from saliencekit.training.logs import as_csv, build_loggers

QUICK = Recipe(backbone="saliencekit:small-cnn?width=2", loss="cyborg", lr=0.05, epochs=2, batch_size=8)
CPU = TrainingSettings(device="cpu", maps_every=0)


@pytest.fixture
def data(squares, preprocessing):
    return DetectorData(squares, preprocessing)


def test_the_file_holds_what_the_run_says(tmp_path, data):
    run = train(data, recipe=QUICK, output=tmp_path, settings=CPU)
    with (tmp_path / "metrics.csv").open(newline="") as stream:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(stream)]
    assert rows == list(run.history)  # to the last digit
    for name in (
        *("train/loss", "train/terms/cross_entropy", "train/terms/human_mse", "train/images_per_second"),
        *("val/accuracy", "val/auroc", "val/map_entropy", "map_entropy/maximum", "map_entropy/human"),
    ):
        assert name in rows[0]


def test_a_figure_that_an_epoch_lacks_is_empty():
    assert as_csv([{"epoch": 0, "b": 1.0}, {"epoch": 1, "a": 2.0}]) == "epoch,b,a\n0,1.0,\n1,,2.0\n"


def test_no_epochs_are_a_header_only():
    assert as_csv([]) == "\n"


@pytest.mark.parametrize("word", ["tensorboard", "wandb"])
def test_a_logger_that_is_not_installed_is_said(tmp_path, monkeypatch, word):
    monkeypatch.setattr("saliencekit.training.logs.find_spec", lambda name: None)
    with pytest.raises(EnvironmentFault, match=f"the logger '{word}' needs the package {word}: pip install {word}"):
        build_loggers(TrainingSettings(loggers=("csv", word)), tmp_path, about={})


def test_weights_and_biases_is_told_what_the_run_is(tmp_path, monkeypatch):
    given = {}
    monkeypatch.setattr("saliencekit.training.logs.find_spec", lambda name: True)
    monkeypatch.setattr(lightning_loggers, "WandbLogger", lambda **settings: given.update(settings) or "logger")
    loggers = build_loggers(TrainingSettings(loggers=("wandb", "wandb")), tmp_path / "run-3", about={"seed": 3})
    assert loggers == ["logger"]
    assert (given["name"], given["config"], given["save_dir"]) == ("run-3", {"seed": 3}, tmp_path / "run-3")


def test_csv_alone_needs_no_logger(tmp_path):
    assert build_loggers(CPU, tmp_path, about={}) == []


@pytest.mark.skipif(
    not any(importlib.util.find_spec(name) for name in ("tensorboard", "tensorboardX")), reason="no TensorBoard"
)
def test_tensorboard_gets_the_figures(tmp_path, data):
    train(data, recipe=QUICK, output=tmp_path, settings=replace(CPU, loggers=("tensorboard",)))
    files = list((tmp_path / "tensorboard").glob("events.*"))
    assert files
    assert b"map_entropy/maximum" in b"".join(each.read_bytes() for each in files)
    assert (tmp_path / "metrics.csv").exists()
    assert "wandb" not in sys.modules
