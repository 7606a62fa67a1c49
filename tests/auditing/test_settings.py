import dataclasses

import pytest

from saliencekit import MEASURES, UsageError
from saliencekit.auditing import AuditSettings


def test_all_is_every_measure_in_the_order_of_the_registry():
    assert [measure.name for measure in AuditSettings().chosen()] == list(MEASURES)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("entropy", ["entropy"]),
        ("out-of-set", ["out_of_set"]),  # as the command line writes it
        ("degradation, entropy", ["entropy", "degradation"]),  # the registry's order, not the user's
        ("stability,stability", ["stability"]),
    ],
)
def test_measures_by_name(words, names):
    assert [measure.name for measure in AuditSettings(measures=words).chosen()] == names


@pytest.mark.parametrize("words", ["", "entropy,", "entropi", "entropy;stability"])
def test_an_unknown_measure_lists_the_known_ones(words):
    with pytest.raises(UsageError, match=r"unknown measure .*: expected one of entropy, out_of_set, equivariance"):
        AuditSettings(measures=words).chosen()


@pytest.mark.parametrize(
    ("target", "explained"), [("predicted", "predicted"), ("label", "label"), ("0", 0), ("17", 17), ("-1", -1)]
)
def test_class_explained(target, explained):
    assert AuditSettings(target=target).class_explained() == explained


@pytest.mark.parametrize("target", ["", "fake", "1.5", "--5", "1 2"])
def test_an_unknown_target_is_a_usage_error(target):
    with pytest.raises(UsageError, match="unknown target"):
        AuditSettings(target=target)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"batch_size": 0}, "expected `batch_size` of at least 1, got 0"),
        ({"workers": -2}, "expected `workers` of at least -1, got -2"),
        ({"gallery": -1}, "expected `gallery` of at least 0, got -1"),
        ({"limit": 0}, "expected `limit` of at least 1, got 0"),
        ({"max_unreadable": 1.1}, "expected `max_unreadable` between 0 and 1, got 1.1"),
        ({"max_unreadable": -0.1}, "expected `max_unreadable` between 0 and 1, got -0.1"),
        ({"max_unreadable": float("nan")}, "expected `max_unreadable` between 0 and 1, got nan"),
        ({"precision": "16"}, "unknown precision '16': expected one of 32, bf16-mixed, 16-mixed"),
    ],
)
def test_senseless_settings_are_refused_in_one_sentence(setting, sentence):
    with pytest.raises(UsageError, match=sentence):
        AuditSettings(**setting)


@pytest.mark.parametrize(
    "setting",
    [{"batch_size": 1}, {"workers": -1}, {"workers": 0}, {"gallery": 0}, {"limit": 1}, {"max_unreadable": 0.0}],
)
def test_the_least_that_makes_sense(setting):
    (name, value), settings = *setting.items(), AuditSettings(**setting)
    assert getattr(settings, name) == value


def test_settings_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        AuditSettings().seed = 1
