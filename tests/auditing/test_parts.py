import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from saliencekit import EnvironmentFault, InputError, UsageError
from saliencekit.auditing.parts import PART_SIZE, Account, Parts, begin, clear, merge, merge_maps

ACCOUNT = Account(scored=2, degenerate=1, skipped=(("b.png", "it is empty"),))


def frame(*numbers):
    return pd.DataFrame({"index": numbers, "image": [f"{each}.png" for each in numbers]})


@pytest.fixture
def parts(tmp_path):
    return Parts(tmp_path / "parts" / "00", 2 * PART_SIZE + 1)


# Numbers


@pytest.mark.parametrize(
    ("images", "sizes"),
    [
        (1, [1]),
        (PART_SIZE, [PART_SIZE]),
        (PART_SIZE + 1, [PART_SIZE, 1]),
        (3 * PART_SIZE - 1, [PART_SIZE, PART_SIZE, PART_SIZE - 1]),
    ],
)
def test_every_image_is_in_one_part(tmp_path, images, sizes):
    parts = Parts(tmp_path, images)
    numbers = [parts.numbers(part) for part in range(parts.count)]
    assert [len(each) for each in numbers] == sizes
    assert [number for each in numbers for number in each] == list(range(images))


@pytest.mark.parametrize("world", [1, 2, 3, 7])
def test_processes_share_the_missing_parts_once_each(tmp_path, world):
    parts = Parts(tmp_path, 5 * PART_SIZE)
    parts.write(3, {}, ACCOUNT, None)
    shares = [parts.missing(rank=rank, world=world) for rank in range(world)]
    assert sorted(part for share in shares for part in share) == [0, 1, 2, 4]


# Whole or not there


def test_a_part_is_what_was_written(parts):
    maps = np.arange(6, dtype=np.float32).reshape(1, 2, 3)
    parts.write(1, {"entropy": frame(1, 2)}, ACCOUNT, maps)
    assert parts.missing() == [0, 2]
    (path,) = parts.files("entropy.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(path), frame(1, 2))
    assert np.array_equal(np.load(parts.files("maps.npy")[0]), maps)
    assert os.listdir(parts.folder) == ["000001"]  # no temporary is left


def test_accounts_come_back_in_the_order_of_the_parts(parts):
    others = [Account(each, 0, ()) for each in (0, 1)]
    for part, account in ((2, others[1]), (0, ACCOUNT), (1, others[0])):
        parts.write(part, {}, account, None)
    assert list(parts.accounts()) == [ACCOUNT, *others]


def test_files_come_in_the_order_of_the_parts_and_only_those_there_are(parts):
    for part, records in ((2, {"entropy": frame(5)}), (0, {"entropy": frame(0)}), (1, {})):
        parts.write(part, records, ACCOUNT, None)
    assert [path.parent.name for path in parts.files("entropy.parquet")] == ["000000", "000002"]
    assert parts.files("maps.npy") == []


def test_a_part_that_fails_half_way_is_not_there(parts):
    class Full:
        def to_parquet(self, path, index):
            path.write_bytes(b"PAR1 half of the")
            raise OSError(28, "No space left on device")

    with pytest.raises(EnvironmentFault, match="No space left on device"):
        parts.write(0, {"entropy": frame(0), "stability": Full()}, ACCOUNT, None)
    assert parts.missing() == [0, 1, 2]
    assert os.listdir(parts.folder) == []


def test_a_writer_killed_before_the_name_leaves_the_part_missing(parts):
    code = (
        "import os, sys\nfrom pathlib import Path\nimport pandas as pd\n"
        "from saliencekit.auditing.parts import Account, Parts\n"
        "class Killer(pd.DataFrame):\n"
        "    def to_parquet(self, path, index):\n        os.kill(os.getpid(), 9)\n"
        "records = {'entropy': pd.DataFrame({'index': [0]}), 'stability': Killer()}\n"
        "Parts(Path(sys.argv[1]), 513).write(0, records, Account(1, 0, ()), None)"
    )
    run = subprocess.run([sys.executable, "-c", code, str(parts.folder)], check=False)
    assert run.returncode == -9
    assert len(os.listdir(parts.folder)) == 1  # the temporary of the dead process
    assert parts.missing() == [0, 1, 2]
    parts.write(0, {"entropy": frame(0)}, ACCOUNT, None)  # the resumed audit does it again
    assert parts.missing() == [1, 2]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "parts").write_text("a file in the way")
    with pytest.raises(EnvironmentFault, match=r"cannot write .*parts/00"):
        Parts(tmp_path / "parts" / "00", 1).write(0, {}, ACCOUNT, None)


def test_a_damaged_account_is_named(parts):
    for part in range(parts.count):
        parts.write(part, {}, ACCOUNT, None)
    (parts.folder / "000001" / "account.json").write_text('{"scored": 2, "degen')
    with pytest.raises(InputError, match=r"000001.*cannot be read.*--resume"):
        list(parts.accounts())


# Merging


def test_merged_records_are_those_of_the_parts_in_order(parts, tmp_path):
    for part, numbers in ((1, (3, 4)), (0, (0, 1, 2)), (2, (5,))):
        parts.write(part, {"entropy": frame(*numbers)}, ACCOUNT, None)
    merge(parts.files("entropy.parquet"), tmp_path / "records" / "entropy.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "records" / "entropy.parquet"), frame(*range(6)))


def test_records_are_merged_a_part_at_a_time(parts, tmp_path):
    for part, numbers in ((0, (0, 1, 2)), (1, (3, 4)), (2, (5,))):
        parts.write(part, {"entropy": frame(*numbers)}, ACCOUNT, None)
    merge(parts.files("entropy.parquet"), tmp_path / "entropy.parquet")
    whole = pq.ParquetFile(tmp_path / "entropy.parquet")
    assert [whole.metadata.row_group(each).num_rows for each in range(whole.num_row_groups)] == [3, 2, 1]


def test_a_part_without_a_word_in_a_column_does_not_change_its_type(parts, tmp_path):
    for part, group in ((0, None), (1, "camera")):
        known = frame(part).assign(group=pd.Series([group], dtype="string"))
        parts.write(part, {"entropy": known}, ACCOUNT, None)
    merge(parts.files("entropy.parquet"), tmp_path / "entropy.parquet")
    groups = pd.read_parquet(tmp_path / "entropy.parquet")["group"]
    assert groups.isna().tolist() == [True, False]
    assert groups[1] == "camera"


def test_parts_of_other_columns_are_merged_by_name(parts, tmp_path):
    """One audited image has no other image to be compared with; the out-of-set images have the column."""
    parts.write(0, {"out_of_set": frame(0).assign(entropy=1.0)}, ACCOUNT, None)
    parts.write(1, {"out_of_set": frame(0).assign(entropy=2.0, ssim_null=float("nan"))}, ACCOUNT, None)
    merge(parts.files("out_of_set.parquet"), tmp_path / "out_of_set.parquet")
    assert pd.read_parquet(tmp_path / "out_of_set.parquet")["entropy"].tolist() == [1.0, 2.0]


@pytest.mark.parametrize("damage", ["emptied", "cut", "overwritten", "flipped"])
def test_a_damaged_part_is_named(parts, tmp_path, damage):
    for part in range(parts.count):
        parts.write(part, {"entropy": frame(*range(50))}, ACCOUNT, None)
    path = parts.folder / "000001" / "entropy.parquet"
    whole = path.read_bytes()
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    path.write_bytes(
        {
            "emptied": b"",
            "cut": whole[: len(whole) // 2],
            "overwritten": b"\0" * len(whole),
            "flipped": whole[:4] + bytes(byte ^ 255 for byte in whole[4:footer]) + whole[footer:],
        }[damage]
    )
    target = tmp_path / "records" / "entropy.parquet"
    with pytest.raises(InputError, match=r"000001/entropy\.parquet cannot be read.*delete that part.*--resume"):
        merge(parts.files("entropy.parquet"), target)
    assert not target.exists()


def test_merged_maps_are_those_of_the_parts_in_order(parts, tmp_path):
    maps = np.random.default_rng(0).normal(size=(5, 2, 3)).astype(np.float32)
    for part, rows in ((2, maps[4:]), (0, maps[:3]), (1, maps[3:4])):
        parts.write(part, {}, ACCOUNT, rows)
    merge_maps(parts.files("maps.npy"), tmp_path / "maps.npy")
    merged = np.load(tmp_path / "maps.npy")
    assert merged.dtype == np.float32
    assert np.array_equal(merged, maps)


def test_no_maps_no_file(tmp_path):
    merge_maps([], tmp_path / "maps.npy")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("keep", [0, 50, -4])
def test_damaged_maps_are_named(parts, tmp_path, keep):
    for part in range(parts.count):
        parts.write(part, {}, ACCOUNT, np.zeros((2, 7, 7), dtype=np.float32))
    path = parts.folder / "000002" / "maps.npy"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"000002/maps\.npy cannot be read.*--resume"):
        merge_maps(parts.files("maps.npy"), tmp_path / "maps.npy")


# New, resumed, replaced

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
