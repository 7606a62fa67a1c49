import _thread
import dataclasses
import json
import logging
import math
import signal
import warnings

import pytest
import torch

from saliencekit.errors import DataError, EnvironmentFault, ModelError, NumericalError, UsageError
from saliencekit.losses import LOSSES
from saliencekit.models import SmallCNN, load_model, model_info, save_model
from saliencekit.training import DetectorData, Recipe, TrainingSettings, train
from saliencekit.training.figures import TIMES

ARCH = "saliencekit:small-cnn?width=2"
QUICK = Recipe(backbone=ARCH, loss="cross-entropy", lr=0.05, epochs=8, batch_size=8)
CPU = TrainingSettings(device="cpu", maps_every=0)


@pytest.fixture
def data(squares, preprocessing):
    return DetectorData(squares, preprocessing)


def weights(run):
    return load_model(run.path).state_dict()


def figures(run):
    return [{name: value for name, value in epoch.items() if name not in TIMES} for epoch in run.history]


def test_a_run_learns_and_its_checkpoint_is_complete(tmp_path, data, preprocessing):
    run = train(data, recipe=QUICK, output=tmp_path / "run", seed=3, settings=CPU)
    assert run.path == tmp_path / "run" / "model.pt"
    written = {each.name for each in run.path.parent.iterdir()}
    assert written == {".lock", "config.toml", "last.ckpt", "metrics.csv", "model.pt", "run.json"}
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

    val = data.split("val").kept
    with torch.no_grad():
        logits = model((val.images.float() / 255 - 0.5) / 0.25)
    assert (logits.argmax(1) == val.labels).float().mean().item() == pytest.approx(run.val_accuracy)


def test_the_same_seed_gives_the_same_weights_bit_for_bit(tmp_path, data):
    recipe = dataclasses.replace(QUICK, loss="droid", epochs=2)
    first = train(data, recipe=recipe, output=tmp_path / "a", seed=0, settings=CPU)
    torch.rand(7)  # whatever happened before must not matter
    again = train(data, recipe=recipe, output=tmp_path / "b", seed=0, settings=CPU)
    other = train(data, recipe=recipe, output=tmp_path / "c", seed=1, settings=CPU)
    assert figures(first) == figures(again)
    assert all(torch.equal(value, weights(again)[name]) for name, value in weights(first).items())
    assert not torch.equal(weights(first)["head.weight"], weights(other)["head.weight"])


@pytest.mark.parametrize("word", sorted(LOSSES))
def test_every_loss_trains(tmp_path, data, word):
    run = train(
        data, recipe=Recipe(backbone=ARCH, loss=word, epochs=1, batch_size=8), output=tmp_path / word, settings=CPU
    )
    assert all(math.isfinite(value) for value in run.history[0].values())
    assert "train/terms/cross_entropy" in run.history[0]
    assert 0 < run.history[0]["train/map_entropy"] <= math.log(16)


def test_droid_focuses_the_maps_and_still_learns(tmp_path, data):
    def trained(word, **settings):
        recipe = Recipe(backbone=ARCH, loss=word, lr=0.05, epochs=8, batch_size=8, **settings)
        return train(data, recipe=recipe, output=tmp_path / word, seed=1, settings=CPU)

    plain, droid = trained("cross-entropy"), trained("droid", alpha=0.2)
    assert droid.history[-1]["train/map_entropy"] < plain.history[-1]["train/map_entropy"] - 0.2
    assert min(plain.val_accuracy, droid.val_accuracy) >= 0.9


def test_warm_epochs_are_those_of_cross_entropy_and_none_is_kept(tmp_path, data):
    def trained(word):
        recipe = Recipe(backbone=ARCH, loss=word, lr=0.05, epochs=4, warm_epochs=3, batch_size=8)
        return train(data, recipe=recipe, output=tmp_path / word, settings=CPU)

    plain, droid = trained("cross-entropy"), trained("droid")
    assert figures(plain)[:3] == figures(droid)[:3]
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
    train(data, recipe=recipe, output=tmp_path / "run", settings=dataclasses.replace(CPU, threads=2))
    assert seen == {2}
    assert torch.get_num_threads() == 1


def test_nothing_global_is_changed(tmp_path, data, capfd):
    logger, state = logging.getLogger("lightning.pytorch"), torch.get_rng_state()
    level, filters = logger.level, list(warnings.filters)
    train(data, recipe=dataclasses.replace(QUICK, epochs=1), output=tmp_path, settings=CPU)
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
        train(data, recipe=QUICK, output=tmp_path, settings=CPU)
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
            train(data, recipe=QUICK, output=tmp_path, settings=CPU)
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
        train(data, recipe=QUICK, output=tmp_path, settings=CPU)
    assert stopped.value.code == 143
    assert signal.getsignal(signal.SIGTERM) == before
    assert len(steps) == 5
    assert model_info(load_model(tmp_path / "model.pt")).training["finished"] is False


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path, data):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(EnvironmentFault, match=r"cannot write .*taken"):
        train(data, recipe=QUICK, output=tmp_path / "taken", settings=CPU)


def test_what_was_skipped_is_counted(tmp_path, squares, preprocessing):
    (squares.parent / "val-00.png").unlink()
    (squares.parent / "train-01-map.png").unlink()
    data = DetectorData(squares, preprocessing, max_unreadable=0.1)
    recipe = Recipe(backbone=ARCH, loss="cyborg", epochs=1)
    run = train(data, recipe=recipe, output=tmp_path / "run", settings=CPU)
    assert [failure.image for failure in run.skipped] == ["val-00.png", "train-01.png"]
    assert model_info(load_model(run.path)).training["skipped"] == 2


@pytest.fixture
def interrupt(monkeypatch):
    """Raise SIGTERM in a certain training step, counted from 1."""
    from saliencekit.losses import CrossEntropyLoss

    terms = CrossEntropyLoss.terms

    def at(step):
        steps = []

        def terminated(self, *tensors):
            steps.append(1)
            if len(steps) == step:
                signal.raise_signal(signal.SIGTERM)
            return terms(self, *tensors)

        monkeypatch.setattr(CrossEntropyLoss, "terms", terminated)

    return at


@pytest.mark.parametrize("step", [2, 3, 7])
def test_an_interrupted_run_goes_on_to_the_same_end(tmp_path, data, interrupt, step):
    whole = train(data, recipe=QUICK, output=tmp_path / "whole", settings=CPU)
    interrupt(step)
    with pytest.raises(SystemExit):
        train(data, recipe=QUICK, output=tmp_path / "run", settings=CPU)
    assert json.loads((tmp_path / "run" / "run.json").read_text())["finished"] is False
    run = train(data, recipe=QUICK, output=tmp_path / "run", settings=CPU, resume=True)
    assert figures(run) == figures(whole)
    assert all(torch.equal(value, weights(run)[name]) for name, value in weights(whole).items())
    rows = (tmp_path / "run" / "metrics.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["epoch", *"01234567"]


def test_a_finished_run_is_returned_as_it_is(tmp_path, data, monkeypatch):
    recipe = dataclasses.replace(QUICK, epochs=1)
    run = train(data, recipe=recipe, output=tmp_path / "run", settings=CPU)
    monkeypatch.setattr("saliencekit.training.fitting.build_trainer", None)  # nothing is trained
    again = train(data, recipe=recipe, output=tmp_path / "run", settings=CPU, resume=True)
    assert again == run
    with pytest.raises(UsageError, match="holds a training run"):
        train(data, recipe=recipe, output=tmp_path / "run", settings=CPU)
    with pytest.raises(UsageError, match=r"cannot be resumed: its recipe\.epochs was 1, and is now 2"):
        train(data, recipe=dataclasses.replace(QUICK, epochs=2), output=tmp_path / "run", settings=CPU, resume=True)


def test_a_run_killed_between_its_last_files_is_finished_by_resuming(tmp_path, data):
    recipe = dataclasses.replace(QUICK, epochs=2)
    run = train(data, recipe=recipe, output=tmp_path, settings=CPU)
    account = json.loads((tmp_path / "run.json").read_text())
    (tmp_path / "run.json").write_text(json.dumps(account | {"finished": False}))
    (tmp_path / "model.pt").unlink()
    again = train(data, recipe=recipe, output=tmp_path, settings=CPU, resume=True)
    assert figures(again) == figures(run)
    assert model_info(load_model(again.path)).training["finished"] is True
    assert json.loads((tmp_path / "run.json").read_text())["finished"] is True


def test_an_interrupted_run_needs_its_first_weights_no_more(tmp_path, data, interrupt):
    start = tmp_path / "start.pt"
    save_model(SmallCNN(num_classes=3, width=2), start, arch=ARCH, classes=["a", "b", "c"], preprocessing=None)
    whole = train(data, recipe=QUICK, output=tmp_path / "whole", settings=CPU, weights=start)
    interrupt(7)
    with pytest.raises(SystemExit):
        train(data, recipe=QUICK, output=tmp_path / "run", settings=CPU, weights=start)
    start.unlink()
    again = train(data, recipe=QUICK, output=tmp_path / "run", settings=CPU, weights=start, resume=True)
    assert all(torch.equal(value, weights(whole)[name]) for name, value in weights(again).items())
    with pytest.raises(UsageError, match=r"cannot be resumed: its weights was .*, and is now None"):
        train(data, recipe=QUICK, output=tmp_path / "run", settings=CPU, resume=True)
    with pytest.raises(ModelError, match=r"there is no file .*start.pt"):
        train(data, recipe=QUICK, output=tmp_path / "other", settings=CPU, weights=start, resume=True)


def test_overwrite_begins_again(tmp_path, data):
    train(data, recipe=dataclasses.replace(QUICK, epochs=2), output=tmp_path, settings=CPU)
    run = train(data, recipe=dataclasses.replace(QUICK, epochs=1), output=tmp_path, settings=CPU, overwrite=True)
    assert len(run.history) == 1


def test_the_limits_and_the_trial_run(tmp_path, data):
    def steps(**settings):
        settings = dataclasses.replace(CPU, **settings)
        run = train(data, recipe=dataclasses.replace(QUICK, epochs=2), output=tmp_path / "run", settings=settings)
        state = torch.load(tmp_path / "run" / "last.ckpt", weights_only=True)
        return len(run.history), state["global_step"]

    assert steps(fast_dev_run=True) == (1, 1)
    assert steps(limit_train=2) == (2, 4)  # the trial was in nobody's way


def test_overfitting_a_batch(tmp_path, data):
    settings = dataclasses.replace(CPU, overfit_batches=1)
    recipe = dataclasses.replace(QUICK, epochs=25)
    run = train(data, recipe=recipe, output=tmp_path, settings=settings)
    assert run.history[-1]["train/loss"] < 0.2 * run.history[0]["train/loss"]


def test_the_epoch_kept_may_be_the_best_by_another_figure(tmp_path, data):
    settings = dataclasses.replace(CPU, keep="train/loss", val_every=20)
    run = train(data, recipe=QUICK, output=tmp_path, settings=settings)
    losses = [epoch["train/loss"] for epoch in run.history]
    assert run.best_epoch == losses.index(min(losses))
    assert run.val_accuracy is None


def test_no_validation_is_said(tmp_path, data):
    with pytest.raises(DataError, match=r"no epoch over .* was completed and validated"):
        train(data, recipe=QUICK, output=tmp_path, settings=dataclasses.replace(CPU, val_every=20))


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ({"backbone": "torchvision:densenet12"}, r"unknown torchvision architecture 'densenet12'.*did you mean"),
        ({"backbone": "saliencekit:tiny"}, "unknown architecture 'saliencekit:tiny'"),
    ],
)
def test_an_unknown_backbone_is_said_before_anything_is_read(tmp_path, recipe, message):
    with pytest.raises(UsageError, match=message):
        train(tmp_path / "missing.csv", recipe=dataclasses.replace(QUICK, **recipe), output=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_loss_without_the_human_maps_that_it_needs(tmp_path, write_squares, preprocessing):
    recipe = dataclasses.replace(QUICK, loss="cyborg")
    manifest = write_squares(tmp_path / "bare", maps=False)
    with pytest.raises(DataError, match="the loss 'cyborg' needs human maps, and no training image"):
        train(manifest, recipe=recipe, output=tmp_path / "run", settings=CPU, preprocessing=preprocessing)


def test_one_logit_tells_two_classes_apart(tmp_path, squares, preprocessing):
    rows = squares.read_text().replace(",real,", ",cat,").replace(",fake,", ",dog,")
    squares.write_text(rows.replace("train-00.png,cat", "train-00.png,cow").replace("val-00.png,cat", "val-00.png,cow"))
    recipe = dataclasses.replace(QUICK, one_logit=True)
    with pytest.raises(UsageError, match=r"one logit tells two classes apart, and .* has 3"):
        train(squares, recipe=recipe, output=tmp_path / "run", settings=CPU, preprocessing=preprocessing)


def test_human_maps_of_a_folder(tmp_path, write_squares, preprocessing):
    manifest = write_squares(tmp_path / "images", maps=False)
    maps = tmp_path / "maps"
    maps.mkdir()
    for number in range(1, 24, 2):
        copied = write_squares(tmp_path / "other").parent / f"train-{number:02d}-map.png"
        (maps / f"train-{number:02d}.png").write_bytes(copied.read_bytes())
    recipe = dataclasses.replace(QUICK, loss="cyborg", epochs=1)
    run = train(
        manifest, recipe=recipe, output=tmp_path / "run", settings=CPU, preprocessing=preprocessing, human_maps=maps
    )
    assert run.history[0]["train/terms/human_mse"] > 0
    assert json.loads((tmp_path / "run" / "run.json").read_text())["human_maps"] == str(maps)
