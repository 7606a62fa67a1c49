import subprocess
import tomllib
from dataclasses import replace

import pytest

from saliencekit.data import open_data
from saliencekit.training import Recipe, TrainingSettings
from saliencekit.training.frozen import Request, account_of, as_toml, data_digest, git_revision
from saliencekit.training.opening import open_images

RECIPE = Recipe(loss="droid", alpha=0.25, backbone="saliencekit:small-cnn?width=2")


@pytest.fixture
def images(squares, preprocessing):
    return open_images(str(squares), recipe=RECIPE, settings=TrainingSettings(), preprocessing=preprocessing)


def test_the_account(images, tmp_path):
    weights = tmp_path / "weights.pt"
    weights.write_text("bytes")
    request = Request(RECIPE, TrainingSettings(limit_train=2), seed=7, weights=str(weights))
    account = account_of(request, images, tmp_path / "runs" / "a")
    assert account.about["data"]["listed"]["train"] == {"images": 24, "human_maps": 12, "real": 12, "fake": 12}
    assert account.about["data"]["sha256"] == account.fingerprint["data"]
    assert account.about["recipe"] == RECIPE.to_dict()
    assert account.about["versions"]["torch"]
    assert account.fingerprint["limit_train"] == 2
    assert "device" not in account.fingerprint
    content = weights.read_bytes() + b"!"
    weights.write_bytes(content)
    assert account_of(request, images, tmp_path).fingerprint["weights"] != account.fingerprint["weights"]


def test_the_configuration_says_everything(images, tmp_path):
    settings = TrainingSettings(loggers=("csv", "wandb"))
    request = Request(RECIPE, settings, seed=7, human_maps=str(tmp_path / "squares"))
    config = tomllib.loads(account_of(request, images, tmp_path / "runs" / "a").config)
    assert (config["data"], config["human_maps"], config["seed"]) == ("../../squares/manifest.csv", "../../squares", 7)
    assert (config["alpha"], config["beta"], config["lr"]) == (0.25, "none", 0.002)
    assert config["loggers"] == ["csv", "wandb"]
    named = {"data", "human_maps", "seed", "allow_outside", *RECIPE.to_dict(), *settings.to_dict()}
    assert set(config) == named - {"progress"}


def test_a_run_from_python_says_so(images, tmp_path):
    request = Request(RECIPE, TrainingSettings(), seed=0, from_python=True)
    assert "objects that a file cannot name" in account_of(request, images, tmp_path).config


@pytest.mark.parametrize("text", ['a "b" \\ c', "tab\tline\nend", "é顔\x7f\x01", ""])
def test_toml_reads_back(text):
    assert tomllib.loads(as_toml({"a": text, "b": [text, 1, 2.5, False]})) == {"a": text, "b": [text, 1, 2.5, False]}


def test_the_hash_of_the_data_knows_what_a_run_learns_from(squares, write_squares, tmp_path):
    before = data_digest(open_data(squares))
    assert data_digest(open_data(write_squares(tmp_path / "copy"))) == before
    text = squares.read_text()
    squares.write_text(text.replace("train-00.png,real", "train-00.png,fake"))
    assert data_digest(open_data(squares)) != before
    squares.write_text(text)
    with (squares.parent / "val-00.png").open("ab") as stream:
        stream.write(b"more")
    assert data_digest(open_data(squares)) != before
    collection = open_data(squares)
    others = tuple(replace(each, split="test") if each.split == "val" else each for each in collection.samples)
    fewer = tuple(each for each in others if each.split == "train")
    assert data_digest(replace(collection, samples=others)) == data_digest(replace(collection, samples=fewer))


def test_the_revision_of_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_revision() is None
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    (tmp_path / "file").write_text("1")
    for words in (["init", "-q"], ["add", "file"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *words], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert git_revision() == commit
    (tmp_path / "file").write_text("2")
    assert git_revision() == f"{commit}-dirty"
    monkeypatch.setenv("PATH", "")
    assert git_revision() is None
