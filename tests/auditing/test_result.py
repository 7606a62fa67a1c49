import json
import math
import shutil

import pandas as pd
import pytest

from saliencekit import InputError
from saliencekit.auditing import load_audit
from saliencekit.auditing.collecting import by_condition
from saliencekit.auditing.result import SCHEMA_VERSION, AuditResult, Records
from saliencekit.files import sha256


@pytest.fixture
def folder(tmp_path):
    """A finished audit, as small as one can be."""
    (tmp_path / "records").mkdir()
    (tmp_path / "summary.json").write_text(json.dumps({"schema_version": SCHEMA_VERSION, "measures": {}}))
    pd.DataFrame({"image": ["a", "b"], "entropy": [1.0, 2.0]}).to_parquet(tmp_path / "records" / "entropy.parquet")
    pd.DataFrame({"image": ["a"], "ssim": [0.5]}).to_parquet(tmp_path / "records" / "stability.parquet")
    return tmp_path


def test_what_lies_in_the_folder(folder):
    result = load_audit(str(folder))
    assert result.folder == folder
    assert result.summary == {"schema_version": SCHEMA_VERSION, "measures": {}}
    assert list(result.records) == ["entropy", "stability"]
    assert len(result.records) == 2
    assert result.records["entropy"]["entropy"].tolist() == [1.0, 2.0]
    assert result.gallery == []


def test_records_are_read_anew_each_time(folder):
    """Nothing is kept: what a caller does to a frame is the caller's, and frames of many images can be let go."""
    records = load_audit(folder).records
    frame = records["entropy"]
    frame["entropy"] = 0.0
    assert records["entropy"]["entropy"].tolist() == [1.0, 2.0]


def test_to_ask_for_records_is_not_to_read_them(folder):
    (folder / "records" / "entropy.parquet").write_bytes(b"no Parquet")
    assert "entropy" in load_audit(folder).records
    assert "equivariance" not in load_audit(folder).records


def test_conditions_apart_are_single_precision_copies():
    first = pd.DataFrame({"guide": ["x", "x", "y"], "level": [0.5, None, 0.5], "score": [0.25, 0.5, 0.75]})
    second = pd.DataFrame({"guide": ["x"], "level": [0.5], "score": [1.0], "ssim": [0.0]})
    levels = by_condition([first, second], ("guide", "level"), ("score", "absent"))
    assert {key: each["score"].tolist() for key, each in levels.items()} == {
        ("x", 0.5): [0.25, 1.0],
        ("x", ""): [0.5],
        ("y", 0.5): [0.75],
    }
    assert all(list(each.columns) == ["score"] and each["score"].dtype == "float32" for each in levels.values())


def test_pieces_and_columns_are_the_records(tmp_path):
    frame = pd.DataFrame({"image": list("abcd"), "guide": list("xyxy"), "score": [0.1, 0.2, 0.3, 0.4]})
    frame.to_parquet(tmp_path / "degradation.parquet", row_group_size=2)
    records = Records(tmp_path)
    pieces = list(records.pieces("degradation"))
    assert [list(each["image"]) for each in pieces] == [["a", "b"], ["c", "d"]]
    pd.testing.assert_frame_equal(pd.concat(pieces, ignore_index=True), frame)
    assert [list(each.columns) for each in records.pieces("degradation", ["score"])] == [["score"]] * 2
    some = records.columns("degradation", ["image", "guide", "absent"])
    assert list(some.columns) == ["image", "guide"]
    assert some["guide"].astype(str).tolist() == list("xyxy")
    assert isinstance(some["guide"].dtype, pd.CategoricalDtype)


def test_frame_and_notebook_table(tmp_path):
    entropy = {"value": 3.25, "ci_low": 3.0, "ci_high": 3.5, "null": 3.8, "n": 4, "degenerate": 0, "unit": "nats"}
    missing = {"value": None, "n": 0, "unit": "<b>SSIM</b>", "reason": "needs a <second> run"}
    result = AuditResult(tmp_path, {"measures": {"entropy": entropy, "stability": missing}})
    frame = result.frame()
    assert frame.loc["entropy", ["value", "null"]].tolist() == [3.25, 3.8]
    assert math.isnan(frame.loc["stability", "value"])
    shown = result._repr_html_()
    assert "3.250" in shown
    assert "stability: not applicable, needs a &lt;second&gt; run" in shown
    assert "<b>SSIM" not in shown


def test_gallery_is_what_its_list_says(folder):
    (folder / "gallery").mkdir()
    listing = [{"file": "000.png", "image": "größe/a.png"}]
    (folder / "gallery" / "gallery.json").write_text(json.dumps(listing, ensure_ascii=False), encoding="utf-8")
    assert load_audit(folder).gallery == listing


@pytest.mark.parametrize("content", [b"", b"[{", b"\xff", b"{}", b"[1]", b"null"])
def test_a_damaged_gallery_is_named(folder, content):
    (folder / "gallery").mkdir()
    (folder / "gallery" / "gallery.json").write_bytes(content)
    with pytest.raises(InputError, match=r"gallery\.json (cannot be read|is not the list)"):
        _ = load_audit(folder).gallery


def test_records_that_are_not_there_name_those_that_are(folder):
    with pytest.raises(KeyError, match="no records of 'equivariance': there are entropy, stability"):
        load_audit(folder).records["equivariance"]
    shutil.rmtree(folder / "records")
    with pytest.raises(KeyError, match="no records of 'entropy': there are none"):
        load_audit(folder).records["entropy"]


def test_no_audit(tmp_path):
    with pytest.raises(InputError, match=rf"{tmp_path} holds no finished audit \(no summary.json\)$"):
        load_audit(tmp_path)
    with pytest.raises(InputError, match="holds no finished audit"):
        load_audit(tmp_path / "nowhere")


def test_an_unfinished_audit_says_how_to_go_on(folder):
    (folder / "summary.json").unlink()
    (folder / "parts").mkdir()
    with pytest.raises(InputError, match=r"it is unfinished: `saliencekit audit \.\.\. --resume` goes on with it"):
        load_audit(folder)


def test_a_newer_schema_is_refused(folder):
    (folder / "summary.json").write_text(json.dumps({"schema_version": SCHEMA_VERSION + 1}))
    with pytest.raises(InputError, match=rf"has schema {SCHEMA_VERSION + 1}, and this saliencekit reads up to"):
        load_audit(folder)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"schema_version": 1, "measu',
        b"not JSON",
        b"[]",
        b"null",
        b"{}",
        b"\xff\xfe\x00",
        b'{"schema_version": "one"}',
        b'{"schema_version": null}',
        b'{"schema_version": 1}',
        b'{"schema_version": 1, "measures": []}',
        b'{"schema_version": 1, "measures": {"entropy": 3.2}}',
        b'{"schema_version": 1, "measures": {"entropy": {"status": "ok"}}}',
    ],
)
def test_a_damaged_summary_is_named(folder, content):
    (folder / "summary.json").write_bytes(content)
    with pytest.raises(InputError, match=r"summary\.json is not the summary of an audit"):
        load_audit(folder)


@pytest.mark.parametrize("keep", [0, 10, -10])
def test_damaged_records_are_named(folder, keep):
    path = folder / "records" / "entropy.parquet"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"entropy\.parquet cannot be read"):
        load_audit(folder).records["entropy"]


def test_edited_or_missing_records_are_refused_by_their_hash(folder):
    path = folder / "records" / "entropy.parquet"
    (folder / "run.json").write_text(json.dumps({"records": {"entropy": sha256(path)}}))
    assert load_audit(folder).records["entropy"] is not None
    frame = pd.read_parquet(path)
    frame.assign(entropy=0.0).to_parquet(path, index=False)
    with pytest.raises(InputError, match=r"entropy\.parquet is not what the audit wrote"):
        load_audit(folder)
    path.unlink()
    with pytest.raises(InputError, match="entropy"):
        load_audit(folder)


def test_an_edited_summary_is_refused_by_its_hash(folder):
    path = folder / "summary.json"
    (folder / "run.json").write_text(json.dumps({"summary": sha256(path)}))
    summary = load_audit(folder).summary
    path.write_text(json.dumps(summary | {"complete": True}))
    with pytest.raises(InputError, match=r"summary\.json is not what the audit wrote, so that its numbers are not to"):
        load_audit(folder)


def test_a_damaged_account_of_the_run_is_named(folder):
    (folder / "run.json").write_text("{")
    with pytest.raises(InputError, match=r"run\.json cannot be read"):
        load_audit(folder)
    (folder / "run.json").write_text("{}")
    assert load_audit(folder).summary


def test_average_maps_are_read_where_there_are_some(folder):
    assert load_audit(folder).average_maps is None
    pd.DataFrame({"factor": ["run"], "value": [1.0]}).to_parquet(folder / "average_maps.parquet")
    assert load_audit(folder).average_maps["value"].tolist() == [1.0]
    (folder / "average_maps.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match=r"average_maps\.parquet cannot be read"):
        assert load_audit(folder).average_maps is None
