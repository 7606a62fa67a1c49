import json
import re

import pytest

from saliencekit.errors import UsageError
from saliencekit.reports import Comparison, compare_families, compare_many
from saliencekit.reports.families import Family, family_of


@pytest.fixture
def three(tmp_path, tiny, entropies):
    """Three models whose maps are ever more focused."""
    values = {"wide": 3.0, "middle": 2.0, "<narrow>": 1.0}
    return [
        Family(name, (tiny(tmp_path / str(place), entropy=entropies([value + 0.01 * i for i in range(20)])),))
        for place, (name, value) in enumerate(values.items())
    ]


def test_every_pair_once_and_one_to_pick(three):
    found = compare_many(three)
    assert [(one.a, one.b) for one in found.comparisons] == [
        ("wide", "middle"),
        ("wide", "<narrow>"),
        ("middle", "<narrow>"),
    ]
    pick = found.findings[0]
    assert pick.sentence.startswith("Pick <narrow>: the only one that is worse than no other at anything")
    assert "<narrow> 2 to 0, middle 1 to 1, wide 0 to 2" in pick.sentence
    assert found.value("entropy", "middle").value == pytest.approx(2.095)
    assert found.value("entropy", "nobody") is None


def test_the_correction_counts_every_pair(three):
    found = compare_many(three)
    values = [one.differences[0] for one in found.comparisons]
    assert max(each.p_holm for each in values) == pytest.approx(3 * values[0].p_value)  # all three are the same


def test_page_and_numbers(three, page, tmp_path):
    found = compare_many(three, output=tmp_path / "out")
    assert json.loads((tmp_path / "out" / "comparison.json").read_text()) == json.loads(json.dumps(found.to_dict()))
    shown = page(tmp_path / "out" / "comparison.html")
    for finding in found.findings:
        assert finding.sentence in shown.text
    assert "<narrow>" in shown.text
    assert not re.search(r"https?:|<script|<narrow", shown.source)
    assert all(attrs.get("scope") for attrs in shown.all("th"))
    assert str(found).count("A: ") == 3


def test_whole_audits(audit, sharper, single, tmp_path, page):
    found = compare_many(
        [audit, sharper, Family("again", audit.audits if hasattr(audit, "audits") else (audit,))],
        output=tmp_path / "out",
    )
    assert found.images == 24
    assert set(found.measures) == {"accuracy", *audit.summary["measures"]}
    assert "Equivariance" in page(tmp_path / "out" / "comparison.html").text


def test_two_are_a_comparison_of_two(three):
    found, against = compare_families(three[:2])
    assert isinstance(found, Comparison)
    assert against == (found,)
    _, against = compare_families(three)
    assert [(one.a, one.b) for one in against] == [("wide", "middle"), ("wide", "<narrow>")]


def test_too_few_and_too_many(three):
    with pytest.raises(UsageError, match="expected 2 to 12 audits or families to compare, got 1"):
        compare_many(three[:1])
    with pytest.raises(UsageError, match="got 13"):
        compare_many([family_of(three[0])] * 13)


def test_warnings_name_their_pair(tmp_path, tiny, entropies):
    audits = [
        tiny(tmp_path / str(place), entropy=entropies([1.0]), model={"layer": layer, "path": f"{place}.pt"})
        for place, layer in enumerate(("conv", "conv", "deep"))
    ]
    assert compare_many(audits).warnings == (
        "0.pt (A) and 2.pt (B): the audits differ in layer: conv in A, deep in B",
        "1.pt (A) and 2.pt (B): the audits differ in layer: conv in A, deep in B",
    )


def test_classes_and_groups_against_the_first(tmp_path, tiny, entropies, page):
    group = ["g", "g", "<h>"]
    audits = [
        tiny(
            tmp_path / str(place),
            entropy=entropies([1.0, 2.0, 3.0 + place], group=group),
            model={"path": f"{place}.pt"},
        )
        for place in range(3)
    ]
    compare_many(audits, output=tmp_path / "out")
    found = page(tmp_path / "out" / "comparison.html")
    assert "By class and group: 2 rows" in found.text
    text = " ".join(found.text.split())
    assert "<h> 1.000 [1.000, 1.000] 2.000 [2.000, 2.000]" in text.replace("]2", "] 2").replace("<h>1", "<h> 1")
    assert "g 0.000 [0.000, 0.000]" in text.replace("g0", "g 0")
