"""The numbers of the summary, worked out by hand from records small enough to do so."""

import itertools
import json
import math

import numpy as np
import pandas as pd
import pytest
import torch

from saliencekit.auditing import summary
from saliencekit.auditing.summary import interval, mean, not_applicable, numbers
from saliencekit.measures import MEASURES, Degradation, Entropy, Equivariance, OutOfSet, Stability

NAN = float("nan")


def entropy_records(entropies, *, labels=None, predicted=None, groups=None, degenerate=None):
    count = len(entropies)
    return pd.DataFrame(
        {
            "index": range(count),
            "image": list("abcdefghij"[:count]),
            "group": pd.Series(groups or [None] * count, dtype="string"),
            "label": pd.Series(labels or [None] * count, dtype="string"),
            "predicted": pd.Series(predicted or ["real"] * count, dtype="string"),
            "score": [0.75] * count,
            "entropy": [float(each) for each in entropies],
            "entropy_normalized": [each / 4 for each in entropies],
            "effective_area": [math.exp(each) for each in entropies],
            "histogram_entropy": [0.5] * count,
            "degenerate": degenerate or [False] * count,
        }
    )


def known_of(records):
    """What an audit knows of each image: as it makes it of the entropy records."""
    known = records.set_index("image")
    known["correct"] = (known["label"] == known["predicted"]).where(known["label"].isin(["real", "fake"]))
    return known


@pytest.fixture
def known():
    """Four images: the third is flat, the last has no label."""
    return known_of(
        entropy_records(
            [1, 2, 3, 4],
            labels=["real", "real", "fake", None],
            predicted=["real", "fake", "fake", "real"],
            groups=["camera", None, "swap", "swap"],
            degenerate=[False, False, True, False],
        )
    )


def rows_of(conditions, **values):
    """Records of conditions by images, each value a list with one row an image and one column a condition."""
    count = len(next(iter(values.values())))
    frame = pd.DataFrame(
        [{"image": "abcdefghij"[each], **condition} for each in range(count) for condition in conditions]
    )
    for name, table in values.items():
        frame[name] = [float(value) for row in table for value in row]
    frame["degenerate"] = False
    return frame


def pieces_of(records):
    """The records cut between images, two images a piece: where they are cut must not matter."""
    numbers = records.groupby("image", sort=False).ngroup() // 2
    return (piece for _, piece in records.groupby(numbers))


def summarise(measure, records, known, **settings):
    return summary.summarise(measure, pieces_of(records), known, **settings)


def summarise_sets(measure, records, known, **settings):
    return summary.summarise_sets(measure, pieces_of(records), known, **settings)


def as_json(entry):
    """As the file holds it; NaN is refused."""
    return json.loads(json.dumps(entry, allow_nan=False))


# One number


def test_interval_of_two_values_by_hand():
    """Resampled means of 0 and 1 are 0, 1/2 and 1 with 1/4, 1/2 and 1/4: the 95 % interval is all of it."""
    found = interval(torch.tensor([0.0, 1.0], dtype=torch.float64), 0)
    assert found == {"value": 0.5, "ci_low": 0.0, "ci_high": 1.0, "std": pytest.approx(math.sqrt(0.5)), "n": 2}


def test_interval_of_equal_values_and_of_one():
    assert interval(pd.Series([0.3] * 5), 0) == {"value": 0.3, "ci_low": 0.3, "ci_high": 0.3, "std": 0.0, "n": 5}
    assert interval(pd.Series([0.3]), 0) == {"value": 0.3, "ci_low": None, "ci_high": None, "std": None, "n": 1}


@pytest.mark.parametrize("column", [pd.Series([], dtype=float), pd.Series([NAN, NAN])])
def test_interval_of_nothing_is_null(column):
    assert interval(column, 0) == {"value": None, "ci_low": None, "ci_high": None, "std": None, "n": 0}


def test_interval_leaves_missing_values_out_and_counts_the_rest():
    assert interval(pd.Series([1.0, NAN, 3.0]), 0)["value"] == 2.0
    assert interval(pd.Series([1.0, NAN, 3.0]), 0)["n"] == 2


def test_interval_is_a_function_of_the_seed():
    values = pd.Series(np.random.default_rng(0).normal(size=40))
    torch.manual_seed(1)
    first = interval(values, 5)
    torch.manual_seed(2)
    assert interval(values, 5) == first
    assert interval(values, 6) != first
    assert interval(values, 6)["value"] == first["value"]


def test_interval_covers_what_theory_says():
    """Mean of 400 normal numbers: plus and minus 1.96 standard deviations / 20."""
    values = torch.from_numpy(np.random.default_rng(0).normal(size=400))
    found = interval(values, 0)
    expected = 1.96 * values.std().item() / 20
    assert found["ci_high"] - found["value"] == pytest.approx(expected, rel=0.1)
    assert found["value"] - found["ci_low"] == pytest.approx(expected, rel=0.1)


def test_mean_and_numbers():
    assert mean(None) is None
    assert mean(pd.Series([NAN])) is None
    assert mean(pd.Series([1.0, NAN, 2.0])) == 1.5
    column = pd.Series([1.0, NAN, 2.0], dtype="float32")
    assert numbers(column).tolist() == [1.0, 2.0]
    assert numbers(column).dtype == torch.float64
    assert column.isna().sum() == 1


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


# Out-of-set: two samples

NOISE = ({"set": "salt-and-pepper", "amount": 0.0}, {"set": "salt-and-pepper", "amount": 0.5})


def out_of_set(**sets):
    """Images a and b, of entropy 1 and 2, and sets of the entropies given; their names begin with a as well."""
    noise = rows_of(
        NOISE,
        entropy=[[1, 3], [2, 3.5]],
        ssim=[[1, 0.4], [1, 0.8]],
        score=[[0.9, 0.5], [0.8, 0.6]],
        ssim_null=[[0.1, 0.2], [0.3, 0.4]],
    )
    others = [
        rows_of(
            ({"set": name, "amount": NAN},),
            **{
                column: [[each if column == "entropy" else NAN] for each in values]
                for column in ("entropy", "ssim", "score", "ssim_null")
            },
        )
        for name, values in sets.items()
    ]
    return pd.concat([noise, *others])


def test_out_of_set_by_hand(known):
    entry = as_json(summarise_sets(OutOfSet(), out_of_set(cats=[2.0, 3.0, 4.0]), known, seed=0))
    assert entry["status"] == "ok"
    assert entry["value"] == pytest.approx((3 + 2.5) / 6)  # pairs in which the cat is higher; one tie
    assert 0 <= entry["ci_low"] <= entry["value"] <= entry["ci_high"] <= 1
    assert (entry["n"], entry["null"], entry["degenerate"]) == (5, 0.5, 0)
    cats = entry["groups"]["set"]["cats"]
    assert (cats["value"], cats["n"], cats["std"]) == (3.0, 3, 1.0)
    assert cats["shift"] == pytest.approx(1.5)
    assert cats["shift_ci_low"] <= 1.5 <= cats["shift_ci_high"]
    pooled = math.sqrt((0.5 * 1 + 1.0 * 2) / 3)
    assert cats["effect_size"] == pytest.approx(1.5 / pooled * (1 - 3 / 11))
    assert cats["wasserstein"] == pytest.approx(1.5)  # every value moves up
    assert cats["auroc"] == pytest.approx(entry["value"])


def test_maps_under_noise_by_hand(known):
    entry = summarise_sets(OutOfSet(), out_of_set(cats=[2.0, 3.0]), known, seed=0)
    noise = entry["also"]["noise_ssim"]
    assert (noise["value"], noise["null"], noise["n"]) == (pytest.approx(0.6), pytest.approx(0.3), 2)  # not amount 0
    assert {level: each["value"] for level, each in entry["groups"]["amount"].items()} == {
        "0": 1.0,
        "0.5": pytest.approx(0.6),
    }


def test_several_sets_are_pooled_in_the_value_and_told_apart_in_the_table(known):
    entry = summarise_sets(OutOfSet(), out_of_set(far=[5.0, 6.0], near=[0.0, 0.5]), known, seed=0)
    assert entry["value"] == pytest.approx(0.5)
    assert {name: each["auroc"] for name, each in entry["groups"]["set"].items()} == {"far": 1.0, "near": 0.0}
    assert [each["shift"] for each in entry["groups"]["set"].values()] == [4.0, -1.25]


def test_without_another_set_it_is_not_applicable_and_keeps_the_noise(known):
    entry = as_json(summarise_sets(OutOfSet(), out_of_set(), known, seed=0))
    assert entry["status"] == "not applicable"
    assert "no out-of-set images were given" in entry["reason"]
    assert (entry["value"], entry["n"]) == (None, 0)
    assert entry["also"]["noise_ssim"]["value"] == pytest.approx(0.6)
    assert list(entry["groups"]) == ["amount"]


@pytest.mark.parametrize("entropies", [[2.5], [1.5, 1.5]])
def test_a_set_too_small_for_an_effect_size_has_none_and_all_else(known, entropies):
    entry = as_json(summarise_sets(OutOfSet(), out_of_set(cats=entropies), known, seed=0))
    cats = entry["groups"]["set"]["cats"]
    assert cats["n"] == len(entropies)
    assert cats["shift"] == pytest.approx(entropies[0] - 1.5)
    assert cats["effect_size"] is None if len(entropies) == 1 else cats["effect_size"] == 0


def test_an_effect_size_between_two_constants_is_not_defined():
    """A network of flat maps: all entropies are the maximum inside, and all the same elsewhere."""
    inside = entropy_records([3.0, 3.0])
    noise = rows_of(NOISE, entropy=[[3, 3]] * 2, ssim=[[1, 1]] * 2, score=[[1, 1]] * 2, ssim_null=[[1, 1]] * 2)
    others = rows_of(({"set": "cats", "amount": NAN},), entropy=[[1], [1]], ssim=[[NAN]] * 2, score=[[1], [1]])
    entry = as_json(summarise_sets(OutOfSet(), pd.concat([noise, others]), known_of(inside), seed=0))
    assert entry["groups"]["set"]["cats"]["effect_size"] is None
    assert entry["groups"]["set"]["cats"]["auroc"] == 0


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


def test_one_image_against_another_set():
    inside = entropy_records([1.0])
    noise = rows_of(NOISE, entropy=[[1, 3]], ssim=[[1, 0.4]], score=[[0.9, 0.5]])  # no other image: no null column
    others = rows_of(({"set": "cats", "amount": NAN},), entropy=[[2], [3]], ssim=[[NAN]] * 2, score=[[0.5]] * 2)
    entry = as_json(summarise_sets(OutOfSet(), pd.concat([noise, others]), known_of(inside), seed=0))
    assert (entry["value"], entry["ci_low"], entry["ci_high"], entry["n"]) == (1.0, 1.0, 1.0, 3)
    assert entry["also"]["noise_ssim"]["null"] is None
    assert entry["groups"]["set"]["cats"]["effect_size"] is None  # one value has no spread


def test_constant_maps_are_told_from_diffuse_ones():
    """Both sets have a map at the maximum that says nothing; without them the order turns round."""
    noise = rows_of(NOISE, entropy=[[2, 3], [2.5, 3]], ssim=[[1, 0.4]] * 2, score=[[0.9, 0.5]] * 2)
    others = rows_of(({"set": "cats", "amount": NAN},), entropy=[[1], [3.9]], ssim=[[NAN]] * 2, score=[[0.5]] * 2)
    others.loc[1, "degenerate"] = True
    known = known_of(entropy_records([2.0, 2.5]))
    entry = as_json(summarise_sets(OutOfSet(), pd.concat([noise, others]), known, seed=0, flat={"cats": 1}))
    assert entry["value"] == 0.5
    assert entry["also"]["auroc_of_informative_maps"]["value"] == 0.0
    assert entry["also"]["auroc_of_informative_maps"]["n"] == 3
    assert entry["degenerate"] == entry["groups"]["set"]["cats"]["degenerate"] == 1


def test_a_set_of_which_nothing_could_be_read_is_not_absent():
    noise = rows_of(NOISE, entropy=[[2, 3], [2.5, 3]], ssim=[[1, 0.4]] * 2, score=[[0.9, 0.5]] * 2)
    others = rows_of(({"set": "cats", "amount": NAN},), entropy=[[1], [3]], ssim=[[NAN]] * 2, score=[[0.5]] * 2)
    known = known_of(entropy_records([2.0, 2.5]))
    entry = summarise_sets(OutOfSet(), pd.concat([noise, others]), known, seed=0, flat={"cats": 0, "dogs": 0})
    assert entry["groups"]["set"]["dogs"]["value"] is None
    assert entry["groups"]["set"]["dogs"]["reason"] == "no image could be read"


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
