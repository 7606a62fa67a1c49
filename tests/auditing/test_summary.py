"""The numbers of the summary, worked out by hand from records small enough to do so."""

import itertools
import math

import numpy as np
import pytest

from saliencekit.auditing.summary import not_applicable
from saliencekit.measures import MEASURES, Degradation, Entropy, Equivariance, Stability

from .records_by_hand import NAN, as_json, entropy_records, known_of, out_of_set, rows_of, summarise, summarise_sets

# Entropy: one row an image, nulls for the whole set


def test_entropy_by_hand(known):
    entry = summarise(Entropy(), known.reset_index(), known, seed=0, nulls={"entropy": 3.9})
    assert (entry["status"], entry["reason"]) == ("ok", None)
    assert (entry["value"], entry["n"], entry["degenerate"], entry["null"]) == (2.5, 4, 1, 3.9)
    assert entry["std"] == pytest.approx(math.sqrt(5 / 3))
    assert 1 <= entry["ci_low"] < 2.5 < entry["ci_high"] <= 4
    assert entry["also"]["effective_area"]["value"] == pytest.approx(sum(map(math.exp, (1, 2, 3, 4))) / 4)
    assert entry["also"]["score"] == {
        "unit": "probability",
        "value": 0.75,
        "ci_low": 0.75,
        "ci_high": 0.75,
        "std": 0.0,
        "n": 4,
        "null": None,
        "over_null": None,
    }


def test_groups_by_hand(known):
    groups = summarise(Entropy(), known.reset_index(), known, seed=0)["groups"]
    told = {
        factor: {level: (each["value"], each["n"], each["degenerate"]) for level, each in levels.items()}
        for factor, levels in groups.items()
    }
    assert told == {
        "label": {"fake": (3.0, 1, 1), "real": (1.5, 2, 0)},
        "group": {"camera": (1.0, 1, 0), "swap": (3.5, 2, 1)},
        "correct": {"False": (2.0, 1, 0), "True": (2.0, 2, 1)},
    }
    assert groups["label"]["real"]["std"] == pytest.approx(math.sqrt(0.5))


def test_nothing_known_no_table():
    records = entropy_records([1, 2])
    assert summarise(Entropy(), records, known_of(records), seed=0)["groups"] == {}


def test_the_order_of_the_records_changes_nothing(known):
    turned = known.iloc[::-1]
    first, second = (summarise(Entropy(), each.reset_index(), known, seed=0) for each in (known, turned))
    assert first["value"] == second["value"]
    assert [each["value"] for each in first["groups"]["label"].values()] == [
        each["value"] for each in second["groups"]["label"].values()
    ]


# Equivariance: the mean over conditions first, then over images


FLIP_AND_TURN = ({"transform": "flip-lr"}, {"transform": "rotate+90"})


def equivariance(ssim, **more):
    zeros = np.zeros_like(np.array(ssim))
    return rows_of(FLIP_AND_TURN, **{"ssim": ssim, "pearson": zeros, "score_change": zeros, **more})


def test_equivariance_by_hand(known):
    records = equivariance([[1.0, 0.5], [0.0, 0.7]], ssim_null=[[0.2, 0.4], [0.0, 0.2]])
    entry = summarise(Equivariance(), records, known, seed=0)
    assert entry["value"] == pytest.approx((0.75 + 0.35) / 2)
    assert entry["std"] == pytest.approx(0.4 / math.sqrt(2))
    assert (entry["ci_low"], entry["ci_high"]) == (pytest.approx(0.35), pytest.approx(0.75))
    assert (entry["n"], entry["degenerate"]) == (2, 0)
    assert entry["null"] == pytest.approx((0.3 + 0.1) / 2)
    table = entry["groups"]["transform"]
    assert {name: (each["value"], each["n"]) for name, each in table.items()} == {
        "flip-lr": (0.5, 2),
        "rotate+90": (pytest.approx(0.6), 2),
    }
    assert entry["groups"]["correct"]["True"]["value"] == pytest.approx(0.75)  # image a alone is right


def test_a_comparison_that_could_not_be_made_is_left_out_and_counted(known):
    records = equivariance([[1.0, NAN], [NAN, NAN], [0.0, 0.4]])
    entry = as_json(summarise(Equivariance(), records, known, seed=0))
    assert (entry["value"], entry["n"]) == (pytest.approx(0.6), 2)
    assert entry["groups"]["transform"]["rotate+90"]["n"] == 1
    assert entry["groups"]["group"]["camera"]["value"] == 1.0
    assert entry["null"] is None


def test_no_comparison_could_be_made_at_all(known):
    entry = as_json(summarise(Equivariance(), equivariance([[NAN, NAN]]), known, seed=0))
    assert (entry["value"], entry["ci_low"], entry["std"], entry["n"]) == (None, None, None, 0)
    assert entry["groups"]["transform"]["flip-lr"]["n"] == 0


# Stability: pairs of runs


def stability(runs, ssim):
    pairs = [{"run_a": a, "run_b": b} for a, b in itertools.combinations(runs, 2)]
    values = dict.fromkeys(("ssim", "pearson", "spearman", "iou"), ssim)
    return rows_of(pairs, **values, ssim_null=np.zeros_like(np.array(ssim)))


def test_stability_by_hand(known):
    entry = summarise(Stability(), stability(["x", "y", "z"], [[0.9, 0.6, 0.3], [0.1, 0.2, 0.3]]), known, seed=0)
    assert (entry["value"], entry["null"]) == (pytest.approx((0.6 + 0.2) / 2), 0.0)
    table = {(name[0], name[-1]): each["value"] for name, each in entry["groups"]["pair"].items()}
    assert table == {("x", "y"): pytest.approx(0.5), ("x", "z"): pytest.approx(0.4), ("y", "z"): pytest.approx(0.3)}


def test_every_pair_of_runs_is_in_the_table_whatever_their_names(known):
    """Names with blanks: ("x", "y z") and ("x y", "z") are two pairs."""
    entry = summarise(Stability(), stability(["x", "x y", "y z", "z"], [[0.1] * 6]), known, seed=0)
    assert len(entry["groups"]["pair"]) == 6


# Degradation: areas under curves


def degradation():
    """One image; shares 0, 0.1 and 1, so that a trapezoid is told from a mean."""
    curves = {"salient-first": (1.0, 0.2, 0.0), "least-first": (1.0, 0.9, 0.3), "random-first": (1.0, 0.5, 0.1)}
    cells = [("blur-background", NAN, 0.8), ("blur-object", NAN, 0.4)]
    cells += [
        (guide, level, score) for guide, row in curves.items() for level, score in zip((0, 0.1, 1), row, strict=True)
    ]
    conditions = [{"guide": guide, "level": float(level)} for guide, level, _ in cells]
    scores = [[score for _, _, score in cells]]
    return rows_of(conditions, score=scores, ssim=scores)


def test_degradation_by_hand(known):
    entry = summarise(Degradation(levels=(0.1, 1.0)), degradation(), known, seed=0)
    assert entry["value"] == pytest.approx(0.1 * 0.6 + 0.9 * 0.1)
    assert entry["null"] == pytest.approx(0.1 * 0.75 + 0.9 * 0.3)
    also = {name: (each["value"], each["null"]) for name, each in entry["also"].items()}
    assert also == {
        "least_first": (pytest.approx(0.1 * 0.95 + 0.9 * 0.6), entry["null"]),
        "area_between": (pytest.approx(0.635 - 0.15), None),
        "blur_object_score": (0.4, None),
        "blur_background_score": (0.8, None),
    }


def test_the_table_of_orders_and_levels(known):
    table = summarise(Degradation(levels=(0.1, 1.0)), degradation(), known, seed=0)["groups"]["guide level"]
    assert {level: each["value"] for level, each in table.items()} == {
        "blur-background": 0.8,
        "blur-object": 0.4,
        "salient-first 0": 1.0,
        "salient-first 0.1": 0.2,
        "salient-first 1": 0.0,
        "least-first 0": 1.0,
        "least-first 0.1": 0.9,
        "least-first 1": 0.3,
        "random-first 0": 1.0,
        "random-first 0.1": 0.5,
        "random-first 1": 0.1,
    }


# One image


def one_image(measure):
    return {
        "entropy": entropy_records([2.0]),
        "equivariance": equivariance([[0.4, 0.6]]),
        "stability": stability(["x", "y"], [[0.5]]),
        "degradation": degradation(),
    }[measure]


@pytest.mark.parametrize("name", ["entropy", "equivariance", "stability", "degradation"])
def test_one_image_has_a_value_whose_spread_is_unknown(name, known):
    entry = as_json(summarise(MEASURES[name](), one_image(name), known, seed=0))
    assert entry["value"] is not None
    assert (entry["ci_low"], entry["ci_high"], entry["std"], entry["n"]) == (None, None, None, 1)


# The shape of an entry


@pytest.mark.parametrize("name", MEASURES)
def test_not_applicable_has_the_fields_of_a_value(name, known):
    entry = as_json(not_applicable(MEASURES[name](), "no reason at all"))
    whole = out_of_set(cats=[2.0, 3.0]) if name == "out_of_set" else one_image(name)
    sums = summarise_sets if name == "out_of_set" else summarise
    assert set(entry) == set(sums(MEASURES[name](), whole, known, seed=0))
    assert (entry["status"], entry["reason"]) == ("not applicable", "no reason at all")
    assert [entry[key] for key in ("value", "ci_low", "ci_high", "std", "null")] == [None] * 5


@pytest.mark.parametrize("name", MEASURES)
def test_an_entry_says_what_it_is(name):
    entry, measure = not_applicable(MEASURES[name](), ""), MEASURES[name]
    for field in ("question", "unit", "value_range", "direction", "null_is", "reading"):
        assert entry[field] == getattr(measure, field)


# The distance from the null value, image by image


def equivariance_records(ssims, nulls):
    """Two images by two transforms."""
    conditions = [{"transform": "flip-lr"}, {"transform": "shift"}]
    zeros = [[0.0, 0.0]] * 2
    return rows_of(conditions, ssim=ssims, ssim_null=nulls, pearson=zeros, score=zeros, score_change=zeros)


def test_distance_from_the_null_value_by_hand(known):
    """Of image a 0.5 and 0.3, of image b 0.2 and 0: the means are 0.4 and 0.1."""
    records = equivariance_records([[0.9, 0.5], [0.4, 0.1]], [[0.4, 0.2], [0.2, 0.1]])
    entry = as_json(summarise(Equivariance(), records, known, seed=0))
    gap = entry["over_null"]
    assert gap["value"] == pytest.approx(0.25)
    assert (gap["ci_low"], gap["ci_high"], gap["n"]) == (pytest.approx(0.1), pytest.approx(0.4), 2)
    flip = entry["groups"]["transform"]["flip-lr"]
    assert (flip["value"], flip["null"]) == (pytest.approx(0.65), pytest.approx(0.3))
    assert (flip["over_null"]["value"], flip["over_null"]["n"]) == (pytest.approx(0.35), 2)
    assert entry["also"]["pearson"]["over_null"] is None


def test_without_null_values_there_is_no_distance(known):
    records = equivariance_records([[0.9, 0.5], [0.4, 0.1]], [[0.4, 0.2], [0.2, 0.1]]).drop(columns="ssim_null")
    entry = as_json(summarise(Equivariance(), records, known, seed=0))
    assert entry["over_null"] is None
    assert "over_null" not in entry["groups"]["transform"]["flip-lr"]


def test_a_missing_null_value_leaves_its_image_out_of_the_distance(known):
    records = equivariance_records([[0.9, 0.5], [0.4, 0.1]], [[NAN, 0.2], [0.2, 0.1]])
    flip = as_json(summarise(Equivariance(), records, known, seed=0))["groups"]["transform"]["flip-lr"]
    assert (flip["value"], flip["null"]) == (pytest.approx(0.65), pytest.approx(0.2))
    assert (flip["over_null"]["value"], flip["over_null"]["n"]) == (pytest.approx(0.2), 1)
