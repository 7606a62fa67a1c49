from saliencekit.auditing.collecting import by_condition
from saliencekit.reports.figures.out_of_set import COLUMNS, CONDITIONS, draw


def drawn(frame, entry):
    return draw(by_condition([frame], CONDITIONS, COLUMNS), entry)


def test_other_sets_maps_and_score_under_noise(audit):
    frame = audit.records["out_of_set"]
    sets, maps, score = drawn(audit.records["out_of_set"], {})
    others = frame[frame["set"] == "non-faces"]["entropy"]
    assert f"non-faces: {others.median():.3f}" in sets.alt
    half = frame[frame["amount"] == 0.5]
    assert f"50%: {half['ssim'].mean():.3f}" in maps.alt
    assert f"50%: {half['score'].mean():.3f}" in score.alt
    assert "map of another image" in maps.svg
    assert "map of another image" not in score.svg


def test_without_another_set_the_noise_is_drawn(single):
    assert [panel.name for panel in drawn(single.records["out_of_set"], {})] == [
        "out-of-set-noise-ssim",
        "out-of-set-noise-score",
    ]


def test_nothing_to_draw(audit):
    assert drawn(audit.records["out_of_set"].iloc[:0], {}) == []
