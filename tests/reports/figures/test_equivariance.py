from saliencekit.auditing.collecting import by_condition
from saliencekit.reports.figures.equivariance import COLUMNS, CONDITIONS, draw


def drawn(frame, entry):
    return draw(by_condition([frame], CONDITIONS, COLUMNS), entry)


def test_agreement_and_change_of_score_by_transform(audit):
    entry = audit.summary["measures"]["equivariance"]
    agreement, change = drawn(audit.records["equivariance"], entry)
    for name, level in entry["groups"]["transform"].items():
        assert f"{name}: {level['value']:.3f}" in agreement.alt
        assert f">{name}<" in agreement.svg
    frame = audit.records["equivariance"]
    medians = frame.groupby("transform")["score_change"].median()
    assert f"rotate+90: {medians['rotate+90']:.3f}".replace("-", "−") in change.alt


def test_one_image_has_no_null_values(single):
    assert len(drawn(single.records["equivariance"], single.summary["measures"]["equivariance"])) == 2


def test_nothing_to_draw(audit):
    entry = audit.summary["measures"]["equivariance"]
    assert drawn(audit.records["equivariance"].iloc[:0], entry) == []
    assert drawn(audit.records["equivariance"], entry | {"groups": {}}) == []
