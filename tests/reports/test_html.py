import base64
import hashlib
import json
import re
import shutil

import pytest

from saliencekit.auditing.result import load_audit
from saliencekit.errors import InputError
from saliencekit.reports import findings_of, write_report

NAMES = (
    "<script>alert(1)</script>.png",
    "$x$ and $\\frac{1}{2}$.png",
    "שלום עולם.png",
    "emoji 🙂 名前.png",
    "bell\x07 \x1b[2J.png",
    "gnp\u202eexe.png",
    "n" * 300 + ".png",
    '" onload="alert(2)".png',
)


@pytest.fixture(scope="module")
def report(audit, page):
    return page(write_report(audit))


@pytest.fixture(scope="module")
def hostile(build, page, tmp_path_factory):
    """A report in which every name is meant to break it."""
    audit = build(
        tmp_path_factory.mktemp("hostile") / "audit",
        images=len(NAMES),
        names=NAMES,
        groups=("<b>bold</b>", "$g$", "שלום", "long" * 60),
        classes=('real & "true"', "<i>fake</i>"),
        sets=("<img src=x onerror=alert(3)>",),
        skipped=[("<u>broken\x1b[31m.png", "cut & <off>"), *((name, "too small") for name in NAMES)],
        excluded=[("{{ 7 * 7 }}.png", "no image")],
        model={"path": "models/<model>.pt", "arch": "</title>", "layer": "a&b"},
    )
    return page(write_report(audit))


def test_it_asks_for_nothing_and_runs_only_its_own_script(report, hostile):
    for page in (report, hostile):
        names = {tag for tag, _ in page.tags}
        assert not names & {"link", "iframe", "object", "embed", "base", "form", "b", "u", "i"}
        assert page.all("script") == [{}]
        policy = next(attrs for attrs in page.all("meta") if "http-equiv" in attrs)
        assert policy["http-equiv"] == "Content-Security-Policy"
        (script,) = re.findall(r"<script>(.*?)</script>", page.source, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        allowed = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}';"
        assert policy["content"].startswith(allowed)
        without_pictures = re.sub(r"data:image/(png|jpeg);base64,[\w+/=]+", "", page.source)
        assert not re.search(r"https?:|//[a-z]|@import|javascript:", without_pictures)
        for tag, attrs in page.tags:
            assert not [name for name in attrs if name.startswith("on")], tag
            for name in ("src", "href", "xlink:href"):
                if attrs.get(name) is not None:
                    assert attrs[name] == "" or attrs[name].startswith(("data:image/png;base64,", "#")), attrs[name]
        for address in re.findall(r"url\(([^)]*)\)", page.source):
            assert address.startswith(("#", "data:image/png;base64,"))


def test_every_address_in_the_page_exists_once(report):
    ids = [attrs["id"] for _, attrs in report.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    addresses = [attrs[name] for _, attrs in report.tags for name in ("href", "xlink:href") if name in attrs]
    aimed = {address[1:] for address in addresses if not address.startswith("data:")}
    aimed |= set(re.findall(r"url\(#([^)]*)\)", report.source))
    aimed |= {attrs["aria-labelledby"] for _, attrs in report.tags if "aria-labelledby" in attrs}
    assert aimed <= set(ids)


def test_every_measure_is_there_with_its_numbers(report, audit):
    text = report.text
    for name, entry in audit.summary["measures"].items():
        assert {"id": name, "aria-labelledby": f"{name}-title"} in report.all("section")
        for words in (entry["question"], entry["reading"], entry["null_is"], entry["unit"]):
            assert words in text
        assert text.count(f"{entry['value']:.3f}".replace("-", "−")) >= 2  # at a glance, and in its section
        assert f"[{entry['ci_low']:.3f}, {entry['ci_high']:.3f}]" in text
    assert text.count("How it is computed") == text.count("What it cannot tell") == 5


def test_the_head_says_what_was_audited(report):
    text = " ".join(report.text.split())
    for words in ("saliencekit:small-cnn", "grad-cam", "features.9", "24 images = 24 scored + 0 skipped", "ab" * 32):
        assert words in text
    for words in ("to 56 × 56 by squash", "fake: 13; real: 11", "non-faces: 16 of 16 scored", "1 min 15 s", "2.15"):
        assert words in text


def test_figures_lie_beside_the_page_and_in_it(report, audit):
    files = sorted(path.stem for path in (audit.folder / "figures").glob("*.svg"))
    assert len(files) == 15
    assert {"average-map-by-label", "average-map-by-group", "average-map-by-run"} <= set(files)
    drawings = [attrs for attrs in report.all("svg") if attrs.get("class") != "glyph"]
    assert len(drawings) == len(files)
    for attrs in drawings:
        assert attrs["role"] == "img"
        assert len(attrs["aria-label"]) > 40


def test_pictures_have_words(report):
    pictures = [attrs for attrs in report.all("span") if attrs.get("role") == "img"]
    buttons = [attrs for attrs in report.all("button") if "pair" in attrs.get("class", "")]
    assert len(buttons) >= 12  # two classes, three places, two each, and the confident mistakes
    assert len(pictures) == 2 * len(buttons) + 2  # and the two of the viewer
    assert all(attrs.get("aria-label") or attrs.get("aria-labelledby") for attrs in (*pictures, *buttons))
    assert all(attrs.get("aria-label") for attrs in report.all("svg") if attrs.get("role") == "img")


def test_table_heads_have_a_scope(report):
    assert report.all("th")
    assert all(attrs.get("scope") in ("col", "row", "rowgroup") for attrs in report.all("th"))


def test_names_are_text(hostile):
    text = hostile.text
    for name in (*NAMES[:4], NAMES[6], NAMES[7]):
        assert name in text
    assert "bell\\x07 \\x1b[2J.png" in text
    assert "gnp\\u202eexe.png" in text
    for words in ("<b>bold</b>", "$g$", 'real & "true"', "<i>fake</i>", "<img src=x onerror=alert(3)>", "<model>.pt"):
        assert words in text
    assert "<u>broken\\x1b[31m.png" in text
    assert "cut & <off>" in text
    assert "{{ 7 * 7 }}.png" in text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", hostile.source)


def test_one_image_and_nothing_known_of_it(single, page):
    found = page(write_report(single))
    text = found.text
    assert "1 image = 1 scored + 0 skipped" in text
    assert text.count("none known") == 3
    assert "no out-of-set images were given" in text
    assert "no second training run was given" in text
    assert text.count("Not applicable") == 4  # at a glance and in the section, for two measures
    assert "nan" not in re.sub(r"[a-z]*nan[a-z]+|[a-z]+nan", "", text.lower())
    assert {"class": "wrong"} not in [attrs for _, attrs in found.tags]


def test_two_hundred_groups(audit, page, tmp_path):
    shutil.copytree(audit.folder, tmp_path / "copy")
    path = tmp_path / "copy" / "summary.json"
    summary = json.loads(path.read_text())
    summary["data"]["groups"] = {f"g{i:03d}": 5 for i in range(200)}
    for entry in summary["measures"].values():
        (level, *_) = entry["groups"].get("group", entry["groups"].get("amount")).values()
        entry["groups"]["group"] = {f"g{i:03d}": level | {"value": i / 200} for i in range(200)}
    path.write_text(json.dumps(summary))
    found = page(write_report(load_audit(tmp_path / "copy")))
    assert "200 groups of 5 images each" in found.text
    assert found.text.count("All 200 rows") == found.text.count("… 190 between") == 5
    assert found.text.count("g123") == 5  # every group has its row in each folded table
    assert found.text.count("g000") == 10  # and the ends are shown at once
    assert len(found.source) < 5_000_000


def test_the_same_audit_gives_the_same_bytes(audit):
    before = write_report(audit).read_bytes()
    figures = {path.name: path.read_bytes() for path in (audit.folder / "figures").iterdir()}
    assert write_report(load_audit(audit.folder)).read_bytes() == before
    assert {path.name: path.read_bytes() for path in (audit.folder / "figures").iterdir()} == figures


def test_gallery_gone(audit, page, tmp_path):
    shutil.copytree(audit.folder, tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / "gallery")
    assert "This audit kept no images for a gallery." in page(write_report(load_audit(tmp_path / "copy"))).text


def test_records_gone(audit, tmp_path):
    shutil.copytree(audit.folder, tmp_path / "copy")
    (tmp_path / "copy" / "records" / "stability.parquet").unlink()
    with pytest.raises(InputError, match="lacks the records of stability"):
        load_audit(tmp_path / "copy")


def test_average_maps_gone(audit, page, tmp_path):
    shutil.copytree(audit.folder, tmp_path / "copy")
    (tmp_path / "copy" / "average_maps.parquet").unlink()
    found = page(write_report(load_audit(tmp_path / "copy")))
    assert "average-maps" not in [attrs.get("id") for attrs in found.all("section")]


def test_the_gallery_has_a_limit(audit, page, tmp_path):
    shutil.copytree(audit.folder, tmp_path / "copy")
    found = page(write_report(load_audit(tmp_path / "copy"), most_cards=5))
    assert sum("card" in (attrs.get("class") or "").split() for attrs in found.all("figure")) == 5
    assert f"{len(audit.gallery) - 5} more images lie in" in found.text


def test_findings_come_first(report, audit):
    text = report.text
    for each in findings_of(audit.summary):
        assert each.sentence in text
        assert text.index(each.sentence) < text.rindex("At a glance")


def test_incomplete_audits_say_so_first(audit, page, tmp_path):
    shutil.copytree(audit.folder, tmp_path / "copy")
    path = tmp_path / "copy" / "summary.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"complete": False}))
    text = page(write_report(load_audit(tmp_path / "copy"))).text
    assert text.index("Incomplete.") < text.index("At a glance\n")


def test_files_that_changed_are_counted_and_named(audit, page, tmp_path):
    shutil.copytree(audit.folder, tmp_path / "copy")
    path = tmp_path / "copy" / "summary.json"
    summary = json.loads(path.read_text())
    summary["data"] |= {"changed": ["<u>a\x1b.png"], "skipped_share": 0.0}
    summary["data"]["out_of_set"][0]["changed"] = ["b.png"]
    path.write_text(json.dumps(summary | {"complete": False}))
    found = page(write_report(load_audit(tmp_path / "copy")))
    assert "24 images = 24 scored + 0 skipped; 2 files changed while the audit ran." in found.text
    assert "Incomplete. 2 files changed on the disk while the audit ran." in " ".join(found.text.split())
    assert "<u>a\\x1b.png" in found.text
    assert "non-faces: b.png" in found.text


def test_a_summary_of_before_there_were_kinds_and_changes(audit, page, tmp_path):
    shutil.copytree(audit.folder, tmp_path / "copy")
    path = tmp_path / "copy" / "summary.json"
    summary = json.loads(path.read_text())
    for each in (summary["data"], *summary["data"]["out_of_set"]):
        for name in ("degenerate_kinds", "changed", "skipped_share"):
            each.pop(name, None)
    path.write_text(json.dumps(summary))
    text = page(write_report(load_audit(tmp_path / "copy"))).text
    assert "24 images = 24 scored + 0 skipped." in text
    assert "changed while the audit ran" not in text


def test_a_measure_of_a_later_version_is_shown_without_a_figure(audit, page, tmp_path):
    shutil.copytree(audit.folder, tmp_path / "copy")
    path = tmp_path / "copy" / "summary.json"
    summary = json.loads(path.read_text())
    summary["measures"]["novelty"] = summary["measures"]["entropy"] | {"question": "What is new?", "groups": {}}
    path.write_text(json.dumps(summary))
    text = page(write_report(load_audit(tmp_path / "copy"))).text
    assert "What is new?" in text


def test_a_broken_run_record(audit, tmp_path):
    shutil.copytree(audit.folder, tmp_path / "copy")
    (tmp_path / "copy" / "run.json").write_text("{")
    with pytest.raises(InputError, match=r"run\.json cannot be read"):
        write_report(load_audit(tmp_path / "copy"))


def test_style_reads_well_in_the_dark_and_on_paper(report):
    assert "prefers-color-scheme: dark" in report.source
    assert "@media print" in report.source
    roles = set(re.findall(r"var\(--([a-z]+)\)", report.source))
    assert roles <= set(re.findall(r"--([a-z]+):", report.source))


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_of_every_text_colour_is_aa(report):
    schemes = re.findall(r":root \{(.*?)\}", report.source, re.DOTALL)
    assert len(schemes) == 3
    for scheme in schemes:
        colours = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6}|#[0-9a-f]{3});", scheme))
        colours = {name: "#" + "".join(2 * c for c in v[1:]) if len(v) == 4 else v for name, v in colours.items()}
        for ground in ("paper", "raised"):
            for name in ("ink", "muted", "accent", "second", "third", "bad"):
                light, dark = sorted((luminance(colours[name]), luminance(colours[ground])), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (name, ground)
