import json
from dataclasses import fields

import pytest

from saliencekit.errors import UsageError
from saliencekit.training import TrainingSettings
from saliencekit.training.figures import higher_is_better
from saliencekit.training.settings import DECIDING, FIGURES


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"precision": "8"}, "unknown precision '8'"),
        ({"cache": "disk"}, "unknown cache 'disk'"),
        ({"keep": "val/acc"}, "unknown figure to keep by 'val/acc'"),
        ({"loggers": ("csv", "mlflow")}, "unknown logger 'mlflow': expected one of csv, tensorboard, wandb"),
        ({"devices": 0}, "`devices` of at least 1, got 0"),
        ({"nodes": 0}, "`nodes` of at least 1, got 0"),
        ({"workers": -2}, "`workers` of at least -1, got -2"),
        ({"val_every": 0}, "`val_every` of at least 1, got 0"),
        ({"limit_train": -1}, "`limit_train` of at least 0, got -1"),
        ({"threads": 0}, "`threads` of at least 1, got 0"),
        ({"max_unreadable": 1.5}, "`max_unreadable` between 0 and 1, got 1.5"),
    ],
)
def test_what_makes_no_sense_is_refused(given, message):
    with pytest.raises(UsageError, match=message):
        TrainingSettings(**given)


def test_what_a_resumed_run_must_share_leaves_out_how_it_is_computed():
    free = {field.name for field in fields(TrainingSettings)} - set(DECIDING)
    assert {"device", "devices", "threads", "cache", "workers", "progress", "loggers"} <= free
    assert set(TrainingSettings(limit_train=3).deciding()) == set(DECIDING)
    assert TrainingSettings(limit_train=3).deciding()["limit_train"] == 3


def test_plain_values_can_be_written():
    plain = json.loads(json.dumps(TrainingSettings(loggers=("csv", "wandb")).to_dict()))
    assert plain["loggers"] == ["csv", "wandb"]
    assert TrainingSettings(**plain | {"loggers": tuple(plain["loggers"])}).loggers == ("csv", "wandb")


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_to_keep_by_has_a_direction(name):
    assert higher_is_better(name) == (name.endswith(("accuracy", "auroc")))
