import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from saliencekit import EnvironmentFault, InputError
from saliencekit.auditing.parts import PART_SIZE, Account, Parts

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
