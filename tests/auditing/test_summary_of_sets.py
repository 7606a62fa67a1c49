"""The numbers of other sets, worked out by hand."""

import math

import pandas as pd
import pytest

from saliencekit.measures import OutOfSet

from .records_by_hand import NAN, NOISE, as_json, entropy_records, known_of, out_of_set, rows_of, summarise_sets


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


def test_one_image_against_another_set():
    inside = entropy_records([1.0])
    noise = rows_of(NOISE, entropy=[[1, 3]], ssim=[[1, 0.4]], score=[[0.9, 0.5]])  # no other image: no null column
    others = rows_of(({"set": "cats", "amount": NAN},), entropy=[[2], [3]], ssim=[[NAN]] * 2, score=[[0.5]] * 2)
    entry = as_json(summarise_sets(OutOfSet(), pd.concat([noise, others]), known_of(inside), seed=0))
    assert (entry["value"], entry["ci_low"], entry["ci_high"], entry["n"]) == (1.0, 1.0, 1.0, 3)
    assert entry["also"]["noise_ssim"]["null"] is None
    assert entry["groups"]["set"]["cats"]["effect_size"] is None  # one value has no spread
