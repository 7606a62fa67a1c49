import dataclasses
import json

import pytest
import torch

from saliencekit import Preprocessing, load_model, model_info
from saliencekit.auditing import AuditSettings
from saliencekit.auditing.gathering import subjects_of
from saliencekit.auditing.networks import Run
from saliencekit.auditing.plan import Plan, outside_sets
from saliencekit.measures import Degradation, Entropy, Equivariance, OutOfSet, Stability
from saliencekit.measures.out_of_set import NOISE

SMALL = Preprocessing(size=(8, 8), channels=1, mean=(0.5,), std=(0.25,))


@pytest.fixture
def plan(folder, checkpoints, tmp_path):
    network = load_model(checkpoints[0])
    return Plan(
        settings=AuditSettings(),
        runs=(Run("model", network, model_info(network)),),
        preprocessing=SMALL,
        inside=subjects_of(folder, SMALL),
        outside=(),
        folder=tmp_path / "audit",
    )


def with_two_runs(plan):
    return dataclasses.replace(plan, runs=(*plan.runs, dataclasses.replace(plan.runs[0], name="second")))


def test_what_applies_with_one_run_and_no_other_set(plan):
    assert plan.applied == (Entropy(), OutOfSet(), Equivariance(), Degradation())
    assert "no second training run" in plan.reason_against(Stability())
    assert "no out-of-set images" in plan.reason_against(OutOfSet())
    assert plan.reason_against(Entropy()) is None


def test_what_applies_with_everything(plan, elsewhere):
    whole = dataclasses.replace(with_two_runs(plan), outside=outside_sets([elsewhere], SMALL, limit=None))
    assert len(whole.applied) == 5
    assert not any(whole.reason_against(measure) for measure in whole.applied)


def test_each_pass_has_parts_of_its_own(plan, elsewhere):
    whole = dataclasses.replace(plan, outside=outside_sets([elsewhere, elsewhere], SMALL, limit=2))
    assert [whole.parts(number).images for number in range(3)] == [12, 2, 2]
    assert len({whole.parts(number).folder for number in range(3)}) == 3


def test_classes_are_the_models_and_else_the_datas(plan):
    assert plan.classes == ("real", "fake")
    run = plan.runs[0]

    def nameless(count):
        info = dataclasses.replace(run.info, classes=(), num_classes=count)
        return dataclasses.replace(plan, runs=(dataclasses.replace(run, info=info),))

    assert nameless(2).classes == ("real", "fake")
    assert nameless(1).classes == ("real", "fake")  # one logit, two classes
    assert nameless(1000).classes == ()


# The fingerprint


def test_it_is_json_and_always_the_same(plan):
    assert json.loads(json.dumps(plan.fingerprint())) == json.loads(json.dumps(plan.fingerprint()))


@pytest.mark.parametrize(
    "free", [{"batch_size": 3}, {"workers": 2}, {"device": "cpu"}, {"max_unreadable": 0.5}, {"gallery": 1}]
)
def test_how_it_is_computed_may_change(plan, free):
    assert dataclasses.replace(plan, settings=AuditSettings(**free)).fingerprint() == plan.fingerprint()


@pytest.mark.parametrize(
    "bound",
    [
        {"seed": 1},
        {"target": "label"},
        {"salience": "cam"},
        {"layer": "features.0"},
        {"measures": "entropy"},
        {"precision": "bf16-mixed"},
        {"save_maps": True},
        {"limit": 3},
        {"split": "test"},
    ],
)
def test_what_is_computed_may_not(plan, bound):
    (name,) = bound
    changed = dataclasses.replace(plan, settings=AuditSettings(**bound)).fingerprint()
    assert [field for field in changed if changed[field] != plan.fingerprint()[field]] == [name]


def test_other_images_runs_or_preprocessing_are_told(plan, elsewhere):
    before = plan.fingerprint()
    for name, other in (
        ("data", dataclasses.replace(plan, inside=subjects_of(elsewhere, SMALL))),
        ("data", dataclasses.replace(plan, outside=outside_sets([elsewhere], SMALL, limit=None))),
        ("model", with_two_runs(plan)),
        ("preprocessing", dataclasses.replace(plan, preprocessing=dataclasses.replace(SMALL, size=(9, 9)))),
    ):
        after = other.fingerprint()
        assert [field for field in after if after[field] != before[field]] == [name]


def test_other_weights_of_a_network_in_memory_are_told(plan):
    """A network that was trained on between the interruption and the resume has no file to be known by."""

    def of(network):
        run = dataclasses.replace(plan.runs[0], network=network, info=model_info(network))
        return dataclasses.replace(plan, runs=(run,)).fingerprint()["model"]

    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        networks = [torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.Flatten()) for _ in range(2)]
    assert of(networks[0]) != of(networks[1])


# Names of the other sets


def test_sets_of_one_name_are_told_apart(tmp_path, elsewhere):
    twin = tmp_path / elsewhere.name
    twin.symlink_to(elsewhere, target_is_directory=True)
    tensor = torch.zeros(2, 1, 8, 8)
    sets = outside_sets([elsewhere, twin, str(elsewhere), tensor, tensor], SMALL, limit=None)
    assert len({each.name for each in sets}) == 5
    assert [each.name for each in sets[3:]] == ["set 4", "set 5"]


@pytest.mark.parametrize("path", ["other", "other/"])
def test_a_set_is_known_by_its_folder(tmp_path, elsewhere, monkeypatch, path):
    (tmp_path / "other").symlink_to(elsewhere, target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    assert [each.name for each in outside_sets([path], SMALL, limit=None)] == ["other"]


def test_the_folder_one_stands_in_has_a_name(elsewhere, monkeypatch):
    monkeypatch.chdir(elsewhere)
    assert [each.name for each in outside_sets(["."], SMALL, limit=None)] == [elsewhere.name]


def test_no_set_takes_the_name_of_the_noise(tmp_path, elsewhere):
    """The records tell the rows under noise by this name."""
    (tmp_path / NOISE).symlink_to(elsewhere, target_is_directory=True)
    (only,) = outside_sets([tmp_path / NOISE], SMALL, limit=None)
    assert only.name != NOISE
