import _thread
import dataclasses
import json
import logging
import math
import signal
import warnings

import pytest
import torch

from saliencekit.errors import EnvironmentFault, NumericalError
from saliencekit.losses import LOSSES
from saliencekit.models import load_model, model_info
from saliencekit.training import DetectorData, Recipe, train

ARCH = "saliencekit:small-cnn?width=2"
QUICK = Recipe(loss="cross-entropy", lr=0.05, epochs=8, batch_size=8)


@pytest.fixture
def data(squares, preprocessing):
    return DetectorData(squares, preprocessing)


def weights(run):
    return load_model(run.path).state_dict()


def test_a_run_learns_and_its_checkpoint_is_complete(tmp_path, data, preprocessing):
    run = train(data, recipe=QUICK, arch=ARCH, output=tmp_path / "run", seed=3, device="cpu")
    assert run.path == tmp_path / "run" / "model.pt"
    assert [each.name for each in run.path.parent.iterdir()] == ["model.pt"]
    assert run.val_accuracy >= 0.9
    assert run.val_accuracy == max(each["val/accuracy"] for each in run.history)
    assert run.history[run.best_epoch]["val/accuracy"] == run.val_accuracy
    assert run.history[-1]["train/loss"] < run.history[0]["train/loss"]
    assert len(run.history) == 8

    model = load_model(run.path)
    info = model_info(model)
    assert (info.arch, info.classes, info.num_classes) == (ARCH, ("real", "fake"), 2)
    assert dataclasses.replace(info.preprocessing, source="test") == preprocessing
    assert info.data == str(tmp_path / "squares" / "manifest.csv")
    assert info.training["seed"] == 3
    assert info.training["images"] == {"train": 24, "val": 12}
    assert info.training["finished"] is True
    assert info.training["history"] == list(run.history)
    assert Recipe(**info.training["recipe"]) == QUICK
    json.dumps(dict(info.training), allow_nan=False)

    val = data.split("val").examples
    with torch.no_grad():
        logits = model((val.images.float() / 255 - 0.5) / 0.25)
    assert (logits.argmax(1) == val.labels).float().mean().item() == pytest.approx(run.val_accuracy)


def test_the_same_seed_gives_the_same_weights_bit_for_bit(tmp_path, data):
    recipe = dataclasses.replace(QUICK, loss="droid", epochs=2)
    first = train(data, recipe=recipe, arch=ARCH, output=tmp_path / "a", seed=0, device="cpu")
    torch.rand(7)  # whatever happened before must not matter
    again = train(data, recipe=recipe, arch=ARCH, output=tmp_path / "b", seed=0, device="cpu")
    other = train(data, recipe=recipe, arch=ARCH, output=tmp_path / "c", seed=1, device="cpu")
    assert first.history == again.history
    assert all(torch.equal(value, weights(again)[name]) for name, value in weights(first).items())
    assert not torch.equal(weights(first)["head.weight"], weights(other)["head.weight"])


@pytest.mark.parametrize("word", sorted(LOSSES))
def test_every_loss_trains(tmp_path, data, word):
    run = train(data, recipe=Recipe(loss=word, epochs=1, batch_size=8), arch=ARCH, output=tmp_path / word, device="cpu")
    assert all(math.isfinite(value) for value in run.history[0].values())
    assert "train/terms/cross_entropy" in run.history[0]
    assert 0 < run.history[0]["train/map_entropy"] <= math.log(16)


def test_droid_focuses_the_maps_and_still_learns(tmp_path, data):
    def trained(word, **settings):
        recipe = Recipe(loss=word, lr=0.05, epochs=8, batch_size=8, **settings)
        return train(data, recipe=recipe, arch=ARCH, output=tmp_path / word, seed=1, device="cpu")

    plain, droid = trained("cross-entropy"), trained("droid", alpha=0.2)
    assert droid.history[-1]["train/map_entropy"] < plain.history[-1]["train/map_entropy"] - 0.2
    assert min(plain.val_accuracy, droid.val_accuracy) >= 0.9


def test_warm_epochs_are_those_of_cross_entropy_and_none_is_kept(tmp_path, data):
    def trained(word):
        recipe = Recipe(loss=word, lr=0.05, epochs=4, warm_epochs=3, batch_size=8)
        return train(data, recipe=recipe, arch=ARCH, output=tmp_path / word, device="cpu")

    plain, droid = trained("cross-entropy"), trained("droid")
    assert plain.history[:3] == droid.history[:3]
    assert plain.history[3]["train/loss"] != droid.history[3]["train/loss"]
    assert ["train/terms/log_entropy" in each for each in droid.history] == [False, False, False, True]
    assert plain.best_epoch == droid.best_epoch == 3


def test_the_number_of_threads_is_that_of_the_run_alone(tmp_path, data, monkeypatch):
    from saliencekit.losses import CrossEntropyLoss

    seen, terms = set(), CrossEntropyLoss.terms

    def counted(self, *tensors):
        seen.add(torch.get_num_threads())
        return terms(self, *tensors)

    monkeypatch.setattr(CrossEntropyLoss, "terms", counted)
    recipe = dataclasses.replace(QUICK, epochs=1)
    train(data, recipe=recipe, arch=ARCH, output=tmp_path, device="cpu", threads=2)
    assert seen == {2}
    assert torch.get_num_threads() == 1


def test_nothing_global_is_changed(tmp_path, data, capfd):
    logger, state = logging.getLogger("lightning.pytorch"), torch.get_rng_state()
    level, filters = logger.level, list(warnings.filters)
    train(data, recipe=dataclasses.replace(QUICK, epochs=1), arch=ARCH, output=tmp_path, device="cpu")
    assert torch.equal(torch.get_rng_state(), state)
    assert (logger.level, list(warnings.filters)) == (level, filters)
    assert capfd.readouterr() == ("", "")


def test_a_loss_that_is_not_finite_keeps_the_best_epoch(tmp_path, data, monkeypatch):
    from saliencekit.losses import CrossEntropyLoss

    steps, terms = [], CrossEntropyLoss.terms

    def poisoned(self, *tensors):
        steps.append(1)
        factor = float("nan") if len(steps) == 5 else 1.0
        return {name: term * factor for name, term in terms(self, *tensors).items()}

    monkeypatch.setattr(CrossEntropyLoss, "terms", poisoned)
    with pytest.raises(NumericalError, match=r"not finite in epoch 1, step 1 .* on the images train-"):
        train(data, recipe=QUICK, arch=ARCH, output=tmp_path, device="cpu")
    record = model_info(load_model(tmp_path / "model.pt")).training
    assert (record["finished"], record["best_epoch"]) == (False, 0)


def test_an_interrupt_is_passed_on_and_keeps_the_best_epoch(tmp_path, data, monkeypatch):
    from saliencekit.losses import CrossEntropyLoss

    steps, terms = [], CrossEntropyLoss.terms

    def interrupted(self, *tensors):
        steps.append(1)
        if len(steps) == 5:
            _thread.interrupt_main()
        return terms(self, *tensors)

    monkeypatch.setattr(CrossEntropyLoss, "terms", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background may ignore it
    try:
        with pytest.raises(KeyboardInterrupt):
            train(data, recipe=QUICK, arch=ARCH, output=tmp_path, device="cpu")
    finally:
        signal.signal(signal.SIGINT, before)
    assert model_info(load_model(tmp_path / "model.pt")).training["finished"] is False


def test_a_term_signal_stops_with_143_and_keeps_the_best_epoch(tmp_path, data, monkeypatch):
    from saliencekit.losses import CrossEntropyLoss

    steps, terms = [], CrossEntropyLoss.terms

    def terminated(self, *tensors):
        steps.append(1)
        if len(steps) == 5:
            signal.raise_signal(signal.SIGTERM)
        return terms(self, *tensors)

    monkeypatch.setattr(CrossEntropyLoss, "terms", terminated)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as stopped:
        train(data, recipe=QUICK, arch=ARCH, output=tmp_path, device="cpu")
    assert stopped.value.code == 143
    assert signal.getsignal(signal.SIGTERM) == before
    assert len(steps) == 5
    assert model_info(load_model(tmp_path / "model.pt")).training["finished"] is False


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path, data):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(EnvironmentFault, match=r"cannot write .*taken"):
        train(data, recipe=QUICK, arch=ARCH, output=tmp_path / "taken", device="cpu")


def test_what_was_skipped_is_counted(tmp_path, squares, preprocessing):
    (squares.parent / "val-00.png").unlink()
    (squares.parent / "train-01-map.png").unlink()
    data = DetectorData(squares, preprocessing, max_unreadable=0.1)
    recipe = Recipe(loss="cyborg", epochs=1)
    run = train(data, recipe=recipe, arch=ARCH, output=tmp_path / "run", device="cpu")
    assert [failure.image for failure in run.skipped] == ["val-00.png", "train-01.png"]
    assert model_info(load_model(run.path)).training["skipped"] == 2
