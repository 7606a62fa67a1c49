import os

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from saliencekit import InputError
from saliencekit.auditing.merging import merge, merge_maps
from saliencekit.auditing.parts import PART_SIZE, Account, Parts

ACCOUNT = Account(scored=2, degenerate=1, skipped=(("b.png", "it is empty"),))


def frame(*numbers):
    return pd.DataFrame({"index": numbers, "image": [f"{each}.png" for each in numbers]})


@pytest.fixture
def parts(tmp_path):
    return Parts(tmp_path / "parts" / "00", 2 * PART_SIZE + 1)


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
