import json

import pytest

from saliencekit.sweeps.outcome import Outcome
from saliencekit.sweeps.table import Agreement, build_table


def run(loss, seed, auroc, status="finished", **groups):
    figures = {"auroc": auroc, "map_entropy": 3.0} if status == "finished" else {}
    reason = None if status == "finished" else "it broke"
    shown = {group: {"auroc": value} for group, value in groups.items()}
    return Outcome(loss, seed, f"{loss}/seed-{seed}", status, reason, figures, shown)


def six(loss, shift):
    return [run(loss, seed, 0.5 + shift + 0.01 * seed * (1 + shift)) for seed in range(6)]


def test_rows_are_in_the_order_of_the_losses_and_figures_by_hand():
    table = build_table([run("droid", 0, 0.75), run("cross-entropy", 0, 0.5), run("droid", 1, 0.25)])
    assert [row.loss for row in table.rows] == ["droid", "cross-entropy"]
    droid, plain = table.rows
    assert (droid.finished, droid.figures["auroc"].mean, droid.figures["auroc"].std) == (
        2,
        0.5,
        pytest.approx(0.3535534),
    )
    assert droid.figures["eer"].n == 0
    assert (plain.against, droid.against["auroc"].n, droid.against["auroc"].difference) == ({}, 1, 0.25)


def test_failed_runs_are_named_and_left_out_of_pairs():
    runs = [
        run("cross-entropy", 0, 0.5),
        run("cross-entropy", 1, 0.0, "failed"),
        run("hseb", 0, 0.6),
        run("hseb", 1, 0.9),
    ]
    table = build_table(runs)
    assert [each.folder for each in table.failed] == ["cross-entropy/seed-1"]
    assert table.rows[0].finished == 1
    assert table.rows[1].against["auroc"].n == 1
    assert "did not come to their end: cross-entropy/seed-1" in table.notes[-1]


def test_one_loss_is_compared_with_nothing():
    table = build_table([run("droid", seed, 0.5) for seed in range(3)])
    assert (table.baseline, table.rows[0].against) == (None, {})
    assert "nothing is compared" in " ".join(table.notes)
    alone = build_table([run("cross-entropy", 0, 0.5)])
    assert (alone.baseline, alone.rows[0].against, len(alone.notes)) == ("cross-entropy", {}, 1)


def test_another_baseline():
    table = build_table([*six("droid", 0.0), *six("fmmmse", 0.1)], baseline="droid")
    assert table.rows[1].against["auroc"].difference == pytest.approx(0.1 + 0.001 * 2.5)


def test_correction_counts_the_losses_that_are_compared():
    table = build_table([*six("cross-entropy", 0.0), *six("droid", 0.1), *six("hseb", 0.2)])
    droid, hseb = (row.against["auroc"] for row in table.rows[1:])
    assert droid.wilcoxon_p == hseb.wilcoxon_p == 2 / 2**6
    assert droid.wilcoxon_holm == hseb.wilcoxon_holm == 2 * 2 / 2**6
    assert "corrected by Holm for 2 losses" in table.notes[1]


def test_what_the_rank_test_cannot_reach_is_said():
    few = build_table([run(loss, seed, 0.5) for loss in ("cross-entropy", "droid") for seed in range(3)])
    assert "With 3 pairs Wilcoxon's p cannot fall below 0.25" in few.notes[-1]
    assert "to reach .05 it takes 6 pairs for one loss." in few.notes[-1]
    six_of_two = build_table([*six("cross-entropy", 0.0), *six("droid", 0.1)])
    assert not any("Wilcoxon" in note for note in six_of_two.notes)  # 2 / 2**6 = .031
    six_of_three = build_table([*six("cross-entropy", 0.0), *six("droid", 0.1), *six("hseb", 0.2)])
    assert "and 7 after Holm's correction for 2" in six_of_three.notes[-1]  # 2 * 2 / 2**7 = .031
    none = build_table([run("cross-entropy", 0, 0.5), run("droid", 1, 0.5)])
    assert "With 0 pairs Wilcoxon's p is not defined" in none.notes[-1]


def test_groups_that_only_some_runs_have():
    table = build_table([run("droid", 0, 0.5, warp=0.25), run("droid", 1, 0.5, warp=0.75, swap=1.0)])
    assert table.groups == ("swap", "warp")
    groups = table.rows[0].groups
    assert (groups["warp"]["auroc"].mean, groups["warp"]["auroc"].n, groups["swap"]["auroc"].n) == (0.5, 2, 1)
    assert set(groups["warp"]) == {"auroc"}


def test_no_run_has_finished():
    table = build_table([run("droid", 0, 0.0, "failed"), run("cross-entropy", 0, 0.0, "missing")])
    assert [row.figures["auroc"].mean for row in table.rows] == [None, None]
    assert len(table.failed) == 2


def test_plain_values_are_json():
    table = build_table(
        [*six("cross-entropy", 0.0), *six("droid", 0.1)], stability={"droid": Agreement(0.5, 0.4, 0.6, 0.2)}
    )
    plain = json.loads(json.dumps(table.to_dict(), allow_nan=False))
    assert plain["losses"]["droid"]["stability"]["null"] == 0.2
    assert plain["losses"]["cross-entropy"]["stability"] is None
    assert plain["interval"] == "95 % t interval of the mean over runs"
    assert len(plain["runs"]) == 12
