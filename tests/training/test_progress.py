import io
import sys
from dataclasses import replace

import pytest

from saliencekit.training import DetectorData, Recipe, TrainingSettings, train
from saliencekit.training.progress import EpochBar, EpochLines, in_words, shown_progress

QUICK = Recipe(backbone="saliencekit:small-cnn?width=2", loss="cyborg", lr=0.05, epochs=2, batch_size=8)
SHOWN = TrainingSettings(device="cpu", maps_every=0, progress=True)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def data(squares, preprocessing):
    return DetectorData(squares, preprocessing)


def test_every_figure_in_its_place():
    figures = {
        "epoch": 3,
        "train/loss": 0.41234,
        "val/accuracy": 0.8125,
        "val/auroc": 0.9,
        "val/map_entropy": 3.125,
        "train/map_entropy": 9.0,
        "map_entropy/maximum": 3.892,
        "map_entropy/human": 3.0,
        "train/images_per_second": 1234.4,
    }
    assert in_words(figures) == (
        "loss 0.4123  accuracy 0.812  AUROC 0.900  map entropy 3.12 (of 3.89, human 3.00)  1234 images/s"
    )


def test_what_an_epoch_lacks_is_left_out():
    assert in_words({"train/loss": 1.0, "train/map_entropy": 2.0}) == "loss 1.0000  map entropy in training 2.00"
    assert in_words({}) == ""


def test_a_line_an_epoch_without_a_terminal(tmp_path, data, capsys):
    train(data, recipe=QUICK, output=tmp_path / "my-run", settings=SHOWN)
    out, err = capsys.readouterr()
    first, second = err.splitlines()
    assert first.startswith("my-run: epoch 1 of 2  loss ")
    assert second.startswith("my-run: epoch 2 of 2  loss ")
    assert "accuracy" in first
    assert "human" in first
    assert out == ""


def test_a_bar_on_a_terminal(tmp_path, data, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "200")
    train(data, recipe=QUICK, output=tmp_path / "my-run", settings=SHOWN)
    drawn = terminal.getvalue()
    assert "my-run: epoch 1 of 2  loss " in drawn
    assert "my-run: epoch 2 of 2" in drawn
    assert "6/6" in drawn
    assert "images/s" in drawn


def test_the_terminal_is_given_back_after_an_error(tmp_path, data, monkeypatch):
    from saliencekit.losses import CyborgLoss

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(CyborgLoss, "terms", lambda *_: {}[0])
    with pytest.raises(KeyError):
        train(data, recipe=QUICK, output=tmp_path, settings=SHOWN)
    assert terminal.getvalue().count("\x1b[?25l") == terminal.getvalue().count("\x1b[?25h")  # the cursor


def test_a_resumed_run_shows_its_own_epochs_only(tmp_path, data, capsys, monkeypatch):
    train(data, recipe=QUICK, output=tmp_path, settings=replace(SHOWN, progress=False))
    account = (tmp_path / "run.json").read_text().replace('"finished": true', '"finished": false')
    (tmp_path / "run.json").write_text(account)
    train(data, recipe=QUICK, output=tmp_path, settings=SHOWN, resume=True)
    assert capsys.readouterr().err == ""


def test_control_characters_of_a_name_do_not_reach_the_terminal():
    assert EpochLines("a\x1b[31mb").title == "a\\x1b[31mb"


def test_where_stderr_leads_decides(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert type(shown_progress("run")) is EpochBar
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert type(shown_progress("run")) is EpochLines
