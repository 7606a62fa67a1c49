import json

import pytest

from saliencekit.data import Failure
from saliencekit.errors import EnvironmentFault, InputError, UsageError
from saliencekit.files import held_alone
from saliencekit.training import Recipe
from saliencekit.training.run_folder import opened_run
from saliencekit.training.run_record import Account, TrainedRun, conclude


def account(**changes):
    return Account({"seed": 0, "recipe": {"lr": 0.1}, "fast_dev_run": False} | changes, {"git": None}, "seed = 0\n")


def opened(folder, given=None, *, resume=False, overwrite=False):
    with opened_run(folder, given or account(), resume=resume, overwrite=overwrite) as finished:
        return finished


def trained(folder):
    (folder / "model.pt").write_text("weights")
    return TrainedRun(
        folder / "model.pt", Recipe(lr=0.1), 0, 1, 0.75, ({"epoch": 0}, {"epoch": 1}), (Failure("a", "b"),), 2.5
    )


@pytest.fixture
def begun(tmp_path):
    """A folder with a run that was interrupted."""
    opened(tmp_path)
    (tmp_path / "last.ckpt").write_text("state")
    return tmp_path


@pytest.fixture
def finished(tmp_path):
    opened(tmp_path)
    conclude(tmp_path, account(), trained(tmp_path))
    return tmp_path


def test_a_new_run_writes_its_account_first(tmp_path):
    assert opened(tmp_path / "new") is None
    plain = json.loads((tmp_path / "new" / "run.json").read_text())
    assert (plain["finished"], plain["fingerprint"]["seed"], plain["git"]) == (False, 0, None)
    assert (tmp_path / "new" / "config.toml").read_text() == "seed = 0\n"


def test_a_finished_run_comes_back_as_it_was(finished):
    assert opened(finished, resume=True) == trained(finished)
    before = (finished / "run.json").read_bytes()
    opened(finished, resume=True)
    assert (finished / "run.json").read_bytes() == before


@pytest.mark.parametrize("state", ["begun", "finished"])
def test_a_run_is_not_written_over(state, request):
    folder = request.getfixturevalue(state)
    with pytest.raises(UsageError, match=r"holds a training run: choose another --output, or --resume, or --overwrite"):
        opened(folder)
    assert (folder / ("last.ckpt" if state == "begun" else "model.pt")).exists()


def test_an_interrupted_run_goes_on(begun):
    assert opened(begun, resume=True) is None
    assert (begun / "last.ckpt").read_text() == "state"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": 1}, "its seed was 0, and is now 1; choose"),
        ({"recipe": {"lr": 0.2}}, r"its recipe\.lr was 0\.1, and is now 0\.2"),
        ({"weights": "abc"}, "its weights was None, and is now abc"),
    ],
)
@pytest.mark.parametrize("state", ["begun", "finished"])
def test_another_run_is_not_resumed_and_the_field_is_named(state, request, changes, message):
    with pytest.raises(UsageError, match=message):
        opened(request.getfixturevalue(state), account(**changes), resume=True)


def test_overwrite_removes_what_a_run_wrote_and_nothing_else(finished):
    for name in ("maps", "tensorboard"):
        (finished / name).mkdir()
        (finished / name / "file").write_text("old")
    (finished / "notes.txt").write_text("mine")
    assert opened(finished, account(seed=1), overwrite=True) is None
    assert sorted(each.name for each in finished.iterdir()) == [".lock", "config.toml", "notes.txt", "run.json"]


def test_a_trial_run_is_in_nobodys_way(tmp_path):
    opened(tmp_path, account(fast_dev_run=True))
    (tmp_path / "model.pt").write_text("trial")
    assert opened(tmp_path) is None
    assert not (tmp_path / "model.pt").exists()


def test_a_run_that_was_refused_before_it_began_is_in_nobodys_way(tmp_path):
    opened(tmp_path)
    assert opened(tmp_path, account(seed=5)) is None
    assert opened(tmp_path, account(seed=6), resume=True) is None


def test_two_processes_do_not_write_one_folder(tmp_path):
    with held_alone(tmp_path), pytest.raises(EnvironmentFault, match="in use by another process"):
        opened(tmp_path)


def test_the_other_processes_of_a_run_look_and_do_not_write(finished, tmp_path, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    with held_alone(finished):
        assert opened(finished, resume=True) == trained(finished)
        assert opened(finished, overwrite=True) is None
    assert opened(tmp_path / "new") is None
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("content", ["", "[1]", '{"finished": true}', '{"finished": tr'])
def test_a_damaged_account_is_said(begun, content):
    (begun / "run.json").write_text(content)
    (begun / "model.pt").write_text("weights")
    with pytest.raises((InputError, UsageError), match=r"--overwrite"):
        opened(begun, resume=True)
    assert opened(begun, overwrite=True) is None


def test_a_model_of_no_run_is_not_resumed(tmp_path):
    (tmp_path / "model.pt").write_text("weights")
    with pytest.raises(UsageError, match=r"holds model.pt of no run that can be resumed"):
        opened(tmp_path, resume=True)
