import os
from array import array

from saliencekit.auditing.stamps import differing, stamps_of


def test_size_and_time_of_each_file(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    os.utime(tmp_path / "a", ns=(7, 9))
    assert stamps_of([str(tmp_path / "a"), str(tmp_path / "b")]) == array("q", [5, 9, -1, -1])


def test_what_was_written_to_removed_or_made_differs(tmp_path):
    paths = [str(tmp_path / name) for name in "abcd"]
    for path in paths[:3]:
        open(path, "wb").close()
        os.utime(path, ns=(7, 9))
    before = stamps_of(paths)
    assert differing(before, stamps_of(paths)) == []
    os.utime(paths[0], ns=(7, 10))
    os.remove(paths[1])
    with open(paths[3], "wb"):
        pass
    assert differing(before, stamps_of(paths)) == [0, 1, 3]
