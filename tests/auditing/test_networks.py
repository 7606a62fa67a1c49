"""The networks of an audit: what they are called, which do not belong together, how images are prepared."""

import shutil

import pytest
import torch

from saliencekit import load_model
from saliencekit.auditing.networks import gather_runs, preprocessing_of, ready, twin_extractor
from saliencekit.errors import ModelError, UsageError
from saliencekit.extractors import GradCAM
from saliencekit.models import build_model, model_info, save_model
from saliencekit.preprocessing import Preprocessing, PreprocessingFlags

SMALL = Preprocessing(size=(56, 56), channels=1, mean=(0.5,), std=(0.25,))
ARCH = "saliencekit:small-cnn"


def gathered(model, *runs):
    return gather_runs(model, runs, arch=None, trust_pickle=False, allow_missing=())


def saved(path, *, arch=ARCH, classes=("real", "fake"), preprocessing=SMALL, seed=7):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = build_model(arch, num_classes=len(classes))
    save_model(model, path, arch=arch, classes=classes, preprocessing=preprocessing)
    return path


def test_runs_are_known_by_their_folders_or_files(checkpoints, tmp_path):
    other = shutil.copy(checkpoints[1], tmp_path / "resnet.pt")
    assert [run.name for run in gathered(checkpoints[0], other)] == ["run-0", "resnet"]


def test_every_name_is_unique(checkpoints, tmp_path):
    (tmp_path / "run-0").mkdir()
    other = shutil.copy(checkpoints[1], tmp_path / "run-0" / "model.pt")
    networks = [load_model(checkpoints[0]), load_model(checkpoints[2])]
    assert [run.name for run in gathered(checkpoints[0], other)] == ["run-0", "run-0 (1)"]
    assert [run.name for run in gathered(*networks)] == ["model", "run 1"]


def test_a_run_with_the_same_weights_is_no_second_run(checkpoints, tmp_path):
    twin = shutil.copy(checkpoints[0], tmp_path / "twin.pt")
    with pytest.raises(UsageError, match=r"^run 'twin' has the very weights of 'run-0': .* must be independent$"):
        gathered(checkpoints[0], twin)


@pytest.mark.parametrize(
    ("what", "changed"),
    [
        ("architecture", {"arch": f"{ARCH}?width=4"}),
        ("number of classes", {"classes": ("real", "fake", "other")}),
        ("classes", {"classes": ("cat", "dog")}),
        ("preprocessing", {"preprocessing": Preprocessing(size=(48, 48), channels=1, mean=(0.5,), std=(0.25,))}),
    ],
)
def test_what_tells_a_stranger_is_named(checkpoints, tmp_path, what, changed):
    with pytest.raises(ModelError, match=rf"^expected the {what} of run 'other' to be the model's, "):
        gathered(checkpoints[0], saved(tmp_path / "other.pt", **changed))


def test_where_the_preprocessing_was_taken_from_tells_no_stranger(checkpoints, tmp_path):
    elsewhere = Preprocessing(size=(56, 56), channels=1, mean=(0.5,), std=(0.25,), source="somewhere else")
    assert len(gathered(checkpoints[0], saved(tmp_path / "other.pt", preprocessing=elsewhere))) == 2


def test_images_are_prepared_as_given_else_as_recorded(checkpoints):
    info = model_info(load_model(checkpoints[0]))
    given = Preprocessing(size=(8, 8))
    assert preprocessing_of(info, given) is given
    assert preprocessing_of(info, None) == info.preprocessing
    flags = PreprocessingFlags(image_size=(48,))
    changed = preprocessing_of(info, flags)
    assert (changed.size, changed.mean) == ((48, 48), info.preprocessing.mean)


def test_networks_are_as_before_afterwards(checkpoints):
    runs = gathered(*checkpoints[:2])
    runs[1].network.train()
    with ready(runs, torch.device("cpu"), salience="grad-cam", layer="auto") as extractors:
        assert [type(each) for each in extractors] == [GradCAM, GradCAM]
        assert not any(run.network.training for run in runs)
    assert [run.network.training for run in runs] == [False, True]


def test_a_twin_is_looked_at_where_the_first_was(checkpoints):
    images = torch.rand(1, 1, 56, 56, generator=torch.Generator().manual_seed(0))
    first = GradCAM(load_model(checkpoints[0]), layer="features.0")
    first(images)
    twin = twin_extractor(first, load_model(checkpoints[1]), salience="grad-cam", layer="auto")
    twin(images)
    assert twin.layer_name == first.layer_name == "features.0"
