"""Values worked out by hand: three or four images, differences one can see."""

import json

import pandas as pd
import pytest

from saliencekit.errors import InputError
from saliencekit.reports import compare


def by_measure(found):
    return {each.measure: each for each in found.differences}


def test_paired_difference_by_hand(tmp_path, tiny, entropies):
    a = tiny(tmp_path / "a", entropy=entropies([3.0, 2.0, 1.0]))
    b = tiny(tmp_path / "b", entropy=entropies([2.5, 2.5, 0.5]))
    (found,) = compare(a, b).differences
    assert found.a.value == pytest.approx(2.0)
    assert found.b.value == pytest.approx(11 / 6)
    assert found.difference.value == pytest.approx(-1 / 6)
    assert found.difference.ci_low == pytest.approx(-0.5)  # all three drawn are -0.5 in 8 of 27 resamples
    assert found.difference.ci_high == pytest.approx(0.5)  # all three drawn are +0.5 in 1 of 27
    assert found.difference.n == 3
    assert found.share_higher == pytest.approx(1 / 3)
    assert found.outcome == "undecided"
    assert "do not tell the two apart" in found.sentence


def test_a_constant_difference_has_no_width_and_decides(tmp_path, tiny, entropies):
    a = tiny(tmp_path / "a", entropy=entropies([1.0 + i for i in range(12)]))
    b = tiny(tmp_path / "b", entropy=entropies([0.75 + i for i in range(12)]))
    (found,) = compare(a, b).differences
    assert (found.difference.value, found.difference.ci_low, found.difference.ci_high) == (-0.25, -0.25, -0.25)
    assert found.share_higher == 0.0
    assert found.outcome == "b"  # lower entropy is better
    assert found.sentence == (
        "Entropy: 6.250 in B against 6.500 in A over 12 shared images; the difference B − A is −0.250 "
        "[−0.250, −0.250] nats, p < 0.001 after correction. "
        "Lower is better, and the interval excludes zero: B is better here."
    )
    (back,) = compare(b, a).differences
    assert back.difference.value == 0.25
    assert back.outcome == "a"


def test_an_interval_without_zero_is_not_enough_against_the_corrected_test(tmp_path, tiny, entropies):
    """Three images: the least p-value that three differences can have is far above 0.05."""
    a = tiny(tmp_path / "a", entropy=entropies([3.0, 2.0, 1.0]))
    b = tiny(tmp_path / "b", entropy=entropies([2.75, 1.75, 0.75]))
    (found,) = compare(a, b).differences
    assert found.difference.ci_high < 0
    assert found.p_holm > 0.05
    assert found.outcome == "undecided"
    assert found.sentence.endswith("but the test, corrected, does not: these images do not tell the two apart.")


def test_an_audit_with_itself_differs_nowhere(audit):
    found = compare(audit, audit)
    assert found.warnings == ()
    for each in found.differences:
        assert each.difference.value == each.difference.ci_low == each.difference.ci_high == 0.0
        assert each.share_higher == 0.5
        assert each.outcome == "undecided"
        assert each.p_value == each.p_holm == 1.0
        assert each.effect_size is None
    assert [each.id for each in found.findings] == ["pick", "accuracy", "one-run"]
    assert "not told apart by any of 5 measures" in found.findings[0].sentence


def test_images_are_joined_by_name_whatever_their_order(tmp_path, tiny, entropies):
    a = tiny(tmp_path / "a", entropy=entropies({"x": 1.0, "y": 2.0, "only a": 9.0}))
    b = tiny(tmp_path / "b", entropy=entropies({"y": 2.5, "x": 1.5}))
    found = compare(a, b)
    assert found.images == 2
    assert found.differences[0].difference.value == 0.5
    assert found.warnings == ("the audits hold different images: 2 images in both, 1 image only in A",)


def test_each_measure_is_averaged_within_the_image_first(tmp_path, tiny, entropies):
    def equivariance(x, y):
        rows = [("x", "flip", x[0]), ("x", "shift", x[1]), ("y", "flip", y[0])]
        frame = pd.DataFrame(rows, columns=["image", "transform", "ssim"])
        return frame.assign(pearson=0.0, score=0.5, score_change=0.0, ssim_null=0.0)

    images = entropies({"x": 1.0, "y": 1.0})
    a = tiny(tmp_path / "a", entropy=images, equivariance=equivariance((0.2, 0.4), (0.5,)))
    b = tiny(tmp_path / "b", entropy=images, equivariance=equivariance((0.6, 0.8), (0.7,)))
    found = by_measure(compare(a, b))["equivariance"]
    assert found.a.value == pytest.approx((0.3 + 0.5) / 2)
    assert found.b.value == pytest.approx((0.7 + 0.7) / 2)
    assert found.difference.value == pytest.approx(0.3)
    assert found.difference.ci_low > 0


def test_the_distance_from_the_null_value_is_compared_image_by_image(tmp_path, tiny, entropies):
    def equivariance(values, nulls):
        rows = zip("xyz", values, nulls, strict=True)
        frame = pd.DataFrame(rows, columns=["image", "ssim", "ssim_null"])
        return frame.assign(transform="flip", pearson=0.0, score=0.5, score_change=0.0)

    images = entropies({"x": 1.0, "y": 1.0, "z": 1.0})
    a = tiny(tmp_path / "a", entropy=images, equivariance=equivariance((0.5, 0.5, 0.5), (0.1, 0.2, float("nan"))))
    b = tiny(tmp_path / "b", entropy=images, equivariance=equivariance((0.7, 0.7, 0.9), (0.4, 0.5, 0.5)))
    found = by_measure(compare(a, b))
    beyond = found["equivariance"].over_null
    assert (beyond.a.value, beyond.b.value) == (pytest.approx(0.35), pytest.approx(0.25))  # z has no null value in A
    assert (beyond.difference.value, beyond.difference.n) == (pytest.approx(-0.1), 2)
    assert found["equivariance"].difference.n == 3
    assert found["entropy"].over_null is None


def test_degradation_is_compared_by_its_area(tmp_path, tiny, entropies):
    def degradation(half):
        orders = ("salient-first", "least-first", "random-first")
        rows = [
            ("x", order, level, score) for order in orders for level, score in ((0.0, 1.0), (0.5, half), (1.0, 0.0))
        ]
        rows += [("x", guide, float("nan"), 0.5) for guide in ("blur-background", "blur-object")]
        return pd.DataFrame(rows, columns=["image", "guide", "level", "score"]).assign(ssim=0.0)

    images = entropies({"x": 1.0})
    a = tiny(tmp_path / "a", entropy=images, degradation=degradation(0.5))
    b = tiny(tmp_path / "b", entropy=images, degradation=degradation(0.1))
    found = by_measure(compare(a, b))["degradation"]
    assert found.a.value == pytest.approx(0.5)  # (1 + 0.5) / 4 + (0.5 + 0) / 4
    assert found.b.value == pytest.approx(0.3)
    assert found.outcome == "undecided"
    assert "One image decides nothing" in found.sentence


def test_groups_by_hand(tmp_path, tiny, entropies):
    group, label = ["g", "g", "h"], ["real", "real", "real"]
    a = tiny(tmp_path / "a", entropy=entropies([1.0, 2.0, 3.0], group=group, label=label))
    b = tiny(tmp_path / "b", entropy=entropies([1.5, 2.5, 2.0], group=group, label=label))
    (found,) = compare(a, b).differences
    assert list(found.groups) == ["group"]  # one class alone is no table
    assert found.groups["group"]["g"].value == 0.5
    assert found.groups["group"]["h"].value == -1.0
    assert found.groups["group"]["h"].n == 1


def test_a_missing_measure_is_named_with_its_reason(tmp_path, tiny, entropies):
    lacking = {"stability": {"status": "not applicable", "reason": "no second run", "direction": "higher"}}
    a = tiny(tmp_path / "a", entropy=entropies([1.0, 2.0]))
    b = tiny(tmp_path / "b", entropy=entropies([1.0, 2.0]), measures=lacking)
    found = by_measure(compare(b, a))["stability"]
    assert found.status == "not applicable"
    assert found.reason == "not measured in A: no second run"
    assert found.sentence == "Stability (SSIM): not compared, not measured in A: no second run."


def test_what_differs_is_named(tmp_path, tiny, entropies):
    a = tiny(tmp_path / "a", entropy=entropies([1.0]))
    b = tiny(tmp_path / "b", entropy=entropies([1.0]), model={"layer": "deep", "salience": "grad-cam", "target": 0})
    assert compare(a, b).warnings == (
        "the audits differ in method: cam in A, grad-cam in B",
        "the audits differ in layer: conv in A, deep in B",
        "the audits differ in class explained: predicted in A, 0 in B",
    )


def test_no_image_in_common(tmp_path, tiny, entropies):
    a = tiny(tmp_path / "a", entropy=entropies({"x": 1.0}))
    b = tiny(tmp_path / "b", entropy=entropies({"y": 1.0}))
    with pytest.raises(InputError, match="no image in common: audit both models on the same data"):
        compare(a, b)


def test_no_audit_there(tmp_path, audit):
    with pytest.raises(InputError, match="holds no finished audit"):
        compare(audit, tmp_path)


def test_every_measure_of_two_whole_audits(audit, sharper):
    found = compare(audit.folder, sharper.folder)
    assert [each.measure for each in found.differences] == list(audit.summary["measures"])
    assert len(found.sentences) == 5
    entropy = by_measure(found)["entropy"]
    assert entropy.outcome == "b"
    assert entropy.a.value == pytest.approx(audit.summary["measures"]["entropy"]["value"])
    assert by_measure(found)["out_of_set"].quantity == "noise_ssim"
    for name in ("stability", "equivariance", "degradation"):
        assert by_measure(found)[name].b.value == pytest.approx(sharper.summary["measures"][name]["value"])


def test_dict_is_plain_json_and_repeatable(audit, sharper):
    plain = compare(audit, sharper).to_dict()
    assert plain == compare(audit, sharper).to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False))["differences"][0]["outcome"] == "b"
    assert plain["schema_version"] == 1


def test_nothing_is_written_without_output(tmp_path, tiny, entropies):
    a = tiny(tmp_path / "a", entropy=entropies([1.0]))
    before = sorted(tmp_path.rglob("*"))
    compare(a, a)
    assert sorted(tmp_path.rglob("*")) == before


# Test, effect size, correction


def test_p_values_are_corrected_for_how_many_there_are(audit, sharper):
    found = compare(audit, sharper)
    tested = [*found.differences, found.accuracy]
    least = min(each.p_value for each in tested)
    assert min(each.p_holm for each in tested) == pytest.approx(min(1.0, 6 * least))
    assert all(each.p_holm >= each.p_value for each in tested)


def test_accuracy_is_compared_where_labels_are_known(tmp_path, tiny, entropies):
    def labelled(predicted):
        frame = entropies([1.0] * 4, label=["real", "real", "fake", "fake"])
        return frame.assign(predicted=pd.Series(predicted, dtype="string"))

    a = tiny(tmp_path / "a", entropy=labelled(["real", "fake", "fake", "fake"]))
    b = tiny(tmp_path / "b", entropy=labelled(["real", "fake", "real", "fake"]))
    right = compare(a, b).accuracy
    assert (right.a.value, right.b.value, right.difference.value) == (0.75, 0.5, -0.25)
    assert compare(tiny(tmp_path / "c", entropy=entropies([1.0])), b).accuracy is None


# Families of runs


def runs_of(tiny, entropies, folder, means):
    """An audit a run, of two images one below and one above the mean given."""
    return [tiny(folder / str(place), entropy=entropies([mean - 0.5, mean + 0.5])) for place, mean in enumerate(means)]


def test_where_both_have_runs_the_run_is_the_unit(tmp_path, tiny, entropies):
    """Means of runs 1, 2, 3 and 4, 5, 6: the difference is 3, its standard error sqrt(2 / 3), 4 degrees of freedom."""
    a = runs_of(tiny, entropies, tmp_path / "a", [1.0, 2.0, 3.0])
    b = runs_of(tiny, entropies, tmp_path / "b", [4.0, 5.0, 6.0])
    found = compare(a, b)
    (each,) = found.differences
    assert (each.compared_by, found.runs) == ("run", (3, 3))
    assert (each.a.value, each.b.value, each.a.n, each.a.std) == (2.0, 5.0, 3, 1.0)
    assert each.difference.value == pytest.approx(3.0)
    assert each.difference.ci_low == pytest.approx(3 - 2.77645 * (2 / 3) ** 0.5, abs=1e-4)
    assert each.p_value == pytest.approx(0.02131, abs=1e-5)  # t = 3.674, 4 degrees of freedom
    assert each.effect_size == pytest.approx(3 * (1 - 3 / 15))
    assert each.outcome == "a"
    assert "5.000 in B against 2.000 in A over 3 and 3 runs" in each.sentence
    assert [found.id for found in found.findings] == ["pick"]  # nothing to warn of


def test_many_images_do_not_make_up_for_runs_that_vary(tmp_path, tiny, entropies):
    a = [tiny(tmp_path / f"a{mean}", entropy=entropies([mean] * 50)) for mean in (1.0, 3.0)]
    b = [tiny(tmp_path / f"b{mean}", entropy=entropies([mean] * 50)) for mean in (2.0, 4.0)]
    assert compare(a[0], b[0]).differences[0].outcome == "a"  # by image all is clear
    assert compare(a, b).differences[0].outcome == "undecided"


def test_runs_without_any_spread(tmp_path, tiny, entropies):
    a = [tiny(tmp_path / f"a{run}", entropy=entropies([1.0, 2.0])) for run in range(2)]
    b = [tiny(tmp_path / f"b{run}", entropy=entropies([1.5, 2.5])) for run in range(2)]
    (found,) = compare(a, b).differences
    assert (found.difference.value, found.difference.ci_low, found.p_value) == (0.5, 0.5, 0.0)
    assert compare(a, a[::-1]).differences[0].p_value == 1.0


def test_one_run_against_several_is_by_image_and_says_so(tmp_path, tiny, entropies):
    a = tiny(tmp_path / "a", entropy=entropies([1.0, 2.0]))
    b = runs_of(tiny, entropies, tmp_path / "b", [1.0, 2.0])
    found = compare(a, b)
    (each,) = found.differences
    assert each.compared_by == "image"
    assert each.b.value == 1.5  # the mean over runs of each image
    assert "tiny.pt is one training run" in found.findings[-1].sentence


def test_runs_that_differ_among_themselves_are_named(tmp_path, tiny, entropies):
    a = tiny(tmp_path / "a", entropy=entropies([1.0]))
    other = tiny(tmp_path / "b", entropy=entropies([1.0]), model={"layer": "deep"})
    assert "the runs of tiny.pt differ in layer: conv and deep" in compare(a, [a, other]).warnings
