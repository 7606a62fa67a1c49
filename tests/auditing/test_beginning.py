import json

import pandas as pd
import pytest

from saliencekit import EnvironmentFault, UsageError
from saliencekit.auditing.beginning import begin, clear
from saliencekit.auditing.parts import Account, Parts

ACCOUNT = Account(scored=2, degenerate=1, skipped=(("b.png", "it is empty"),))


def frame(*numbers):
    return pd.DataFrame({"index": numbers, "image": [f"{each}.png" for each in numbers]})


FINGERPRINT = {"saliencekit": "0.1.0", "seed": 0, "data": [{"name": "data", "images": 3}], "size": (7, 7)}


def started(folder):
    begin(folder, FINGERPRINT, resume=False, overwrite=False)
    Parts(folder / "parts" / "00", 3).write(0, {"entropy": frame(0, 1, 2)}, ACCOUNT, None)


def finished(folder):
    """As a finished audit leaves its folder: the parts are gone."""
    (folder / "records").mkdir(parents=True)
    frame(0, 1, 2).to_parquet(folder / "records" / "entropy.parquet")
    (folder / "run.json").write_text(json.dumps({"fingerprint": FINGERPRINT}))
    (folder / "summary.json").write_text("{}")


def test_a_new_folder(tmp_path):
    started(tmp_path / "audit")
    assert json.loads((tmp_path / "audit" / "parts" / "fingerprint.json").read_text())["seed"] == 0


def test_a_folder_with_other_files_is_used_as_it_is(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    started(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("state", [started, finished])
def test_an_audit_is_not_touched_unasked(tmp_path, state):
    state(tmp_path)
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    with pytest.raises(UsageError, match=r"holds an audit already: choose another --output, or --resume, or --ov"):
        begin(tmp_path, FINGERPRINT, resume=False, overwrite=False)
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == before


def test_an_interrupted_audit_is_resumed_with_its_parts(tmp_path):
    started(tmp_path)
    begin(tmp_path, FINGERPRINT, resume=True, overwrite=False)
    assert Parts(tmp_path / "parts" / "00", 3).missing() == []


def test_resume_where_nothing_was_begun_begins(tmp_path):
    begin(tmp_path / "audit", FINGERPRINT, resume=True, overwrite=False)
    assert (tmp_path / "audit" / "parts" / "fingerprint.json").is_file()


def test_resume_where_the_first_write_was_cut_begins(tmp_path):
    (tmp_path / "parts").mkdir()  # killed between the folder and the fingerprint
    begin(tmp_path, FINGERPRINT, resume=True, overwrite=False)
    assert (tmp_path / "parts" / "fingerprint.json").is_file()


def test_resume_of_a_finished_audit_finds_it_done(tmp_path):
    finished(tmp_path)
    begin(tmp_path, FINGERPRINT, resume=True, overwrite=False)
    assert (tmp_path / "summary.json").is_file()
    assert not (tmp_path / "parts").exists()


def test_resume_of_a_finished_audit_of_something_else_names_the_field(tmp_path):
    finished(tmp_path)
    with pytest.raises(UsageError, match="cannot be resumed: its seed was 0, and is now 1"):
        begin(tmp_path, {**FINGERPRINT, "seed": 1}, resume=True, overwrite=False)


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        ({**FINGERPRINT, "seed": 1}, "its seed was 0, and is now 1"),
        ({**FINGERPRINT, "saliencekit": "0.2.0"}, "its saliencekit was 0.1.0, and is now 0.2.0"),
        ({**FINGERPRINT, "data": []}, "its data was .*images.*, and is now "),
        ({**FINGERPRINT, "fill": "mean"}, "its fill was None, and is now mean"),
        ({name: FINGERPRINT[name] for name in ("saliencekit", "data", "size")}, "its seed was 0, and is now None"),
    ],
)
def test_resume_of_something_else_names_the_field(tmp_path, now, sentence):
    started(tmp_path)
    with pytest.raises(UsageError, match=f"cannot be resumed: {sentence}"):
        begin(tmp_path, now, resume=True, overwrite=False)
    assert Parts(tmp_path / "parts" / "00", 3).missing() == []


@pytest.mark.parametrize("state", [started, finished])
def test_overwrite_removes_what_an_audit_writes_and_nothing_else(tmp_path, state):
    state(tmp_path)
    written = ("run.json", "report.html", "maps.npy", "gallery/000.png", "figures/entropy.svg")
    mine = ("notes.txt", "other/records/entropy.parquet", "summary.json.bak")
    for name in (*written, *mine):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    begin(tmp_path, FINGERPRINT, resume=False, overwrite=True)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {*mine, "parts/fingerprint.json"}


def test_overwrite_of_a_folder_without_an_audit_leaves_it_alone(tmp_path):
    """Folders of the same names that no audit wrote are somebody's data."""
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "patients.csv").write_text("mine")
    with pytest.raises(UsageError, match="records"):
        begin(tmp_path, FINGERPRINT, resume=False, overwrite=True)
    assert (tmp_path / "records" / "patients.csv").read_text() == "mine"


@pytest.mark.parametrize("name", ["gallery", "figures"])
def test_a_folder_in_the_way_is_not_written_into_unasked(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "holiday.png").write_text("mine")
    with pytest.raises(UsageError, match="choose another --output"):
        begin(tmp_path, FINGERPRINT, resume=False, overwrite=False)


def test_the_summary_goes_first(tmp_path, monkeypatch):
    """Killed while it is emptied, a folder must not look whole."""
    finished(tmp_path)

    def refuse(path):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("shutil.rmtree", refuse)
    with pytest.raises(EnvironmentFault, match=r"cannot empty .*: Input/output error"):
        clear(tmp_path)
    assert not (tmp_path / "summary.json").exists()
