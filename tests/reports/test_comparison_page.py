import json
import re

from saliencekit.reports import compare


def test_page_and_numbers(audit, sharper, page, tmp_path):
    found = compare(audit, sharper, output=tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["comparison.html", "comparison.json"]
    assert json.loads((tmp_path / "out" / "comparison.json").read_text()) == json.loads(json.dumps(found.to_dict()))
    shown = page(tmp_path / "out" / "comparison.html")
    text = " ".join(shown.text.split())
    for sentence in found.sentences:
        assert sentence in text
    for each in found.differences:
        assert f"{each.difference.value:.3f}".replace("-", "−") in text
        assert each.measure in {attrs.get("id") for attrs in shown.all("section")}
    assert "By class and group" in text
    assert not re.search(r"https?:|<script", shown.source)
    ids = [attrs["id"] for _, attrs in shown.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert all(attrs.get("scope") for attrs in shown.all("th"))


def test_warnings_and_missing_measures_stand_in_the_page(audit, build, page, tmp_path):
    other = build(tmp_path / "b", images=10, runs=1, sets=(), model={"layer": "<features>.6", "path": "x/$b$.pt"})
    compare(audit, other, output=tmp_path / "out")
    text = page(tmp_path / "out" / "comparison.html").text
    assert "the audits hold different images: 10 images in both, 14 images only in A" in text
    assert "the audits differ in layer: features.9 in A, <features>.6 in B" in text
    assert "$b$.pt" in text
    assert "not measured in B: no second training run was given (--runs)" in text


def test_one_shared_image_and_many_groups(tiny, entropies, page, tmp_path):
    groups = [f"g{i}" for i in range(40)]
    a = tiny(tmp_path / "a", entropy=entropies([1.0 + i for i in range(40)], group=groups))
    b = tiny(tmp_path / "b", entropy=entropies([1.5 + i for i in range(40)], group=groups))
    compare(a, b, output=tmp_path / "out")
    assert "All 40 rows" in page(tmp_path / "out" / "comparison.html").text
    one = tiny(tmp_path / "one", entropy=entropies([1.0]))
    compare(one, b, output=tmp_path / "out")
    assert "One image decides nothing." in page(tmp_path / "out" / "comparison.html").text
