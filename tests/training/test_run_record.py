import json

import pytest

from saliencekit.data import Failure
from saliencekit.errors import InputError
from saliencekit.training import Recipe
from saliencekit.training.run_record import (
    Account,
    TrainedRun,
    begun_with,
    conclude,
    finished_run,
    write_account,
)

ACCOUNT = Account({"seed": 0, "weights": "ab"}, {"git": None}, "seed = 0\n")


@pytest.fixture
def run(tmp_path):
    history = ({"epoch": 0, "val/accuracy": 0.5}, {"epoch": 1, "val/accuracy": 0.75})
    return TrainedRun(tmp_path / "model.pt", Recipe(lr=0.1), 7, 1, 0.75, history, (Failure("a", "b"),), 2.5)


def test_a_finished_run_comes_back_as_it_was(tmp_path, run):
    conclude(tmp_path, ACCOUNT, run)
    assert finished_run(tmp_path) is None  # without its model it is none
    run.path.write_text("weights")
    assert finished_run(tmp_path) == run
    plain = json.loads((tmp_path / "run.json").read_text())
    assert (plain["finished"], plain["git"], plain["seed"], plain["result"]["best_epoch"]) == (True, None, 7, 1)


def test_a_run_that_has_begun_is_not_finished(tmp_path):
    assert (finished_run(tmp_path), begun_with(tmp_path)) == (None, {})
    write_account(tmp_path, ACCOUNT, {"finished": False})
    (tmp_path / "model.pt").write_text("best epoch so far")
    assert finished_run(tmp_path) is None
    assert begun_with(tmp_path) == {"seed": 0, "weights": "ab"}


@pytest.mark.parametrize("content", ["[1]", "", '{"finished": tr'])
def test_another_file_of_that_name_is_said(tmp_path, content):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(InputError, match=r"run\.json .*delete it and choose --overwrite"):
        begun_with(tmp_path)


def test_an_account_that_lacks_its_result_is_said(tmp_path):
    (tmp_path / "run.json").write_text('{"finished": true}')
    (tmp_path / "model.pt").write_text("weights")
    with pytest.raises(InputError, match=r"run\.json is not the account of a training run: choose --overwrite"):
        finished_run(tmp_path)
