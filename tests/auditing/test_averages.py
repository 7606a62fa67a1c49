import numpy as np
import pandas as pd
import pytest
import torch

from saliencekit.auditing.averages import average_maps, sums_of, write_averages


def by_level(frame, factor):
    return {level: (images, salience.tolist()) for level, images, salience in average_maps(frame, factor)}


def part(maps, labels, groups=None, flat=None):
    """Sums of maps (R, N, h, w)."""
    runs = torch.tensor(maps, dtype=torch.float32)
    flat = torch.zeros(runs.shape[:2], dtype=torch.bool) if flat is None else torch.tensor(flat)
    return sums_of(runs, flat, labels=labels, groups=groups or [None] * runs.shape[1])


@pytest.fixture
def write(tmp_path):
    def write_parts(*frames, names=("one", "two")):
        paths = []
        for place, frame in enumerate(frames):
            paths.append(tmp_path / f"{place}.parquet")
            frame.to_parquet(paths[-1], index=False)
        write_averages(paths, tmp_path / "whole.parquet", run_names=names)
        return pd.read_parquet(tmp_path / "whole.parquet")

    return write_parts


def test_means_of_maps_scaled_by_their_own_range(write):
    """[0, 2] and [4, 0] become [0, 1] and [1, 0]; their mean is one half each."""
    found = write(part([[[[0.0, 2.0]], [[4.0, 0.0]]]], ["real", "fake"], ["g", "g"]))
    assert by_level(found, "run") == {"one": (2, [[0.5, 0.5]])}
    assert by_level(found, "label") == {"fake": (1, [[1.0, 0.0]]), "real": (1, [[0.0, 1.0]])}
    assert by_level(found, "group") == {"g": (2, [[0.5, 0.5]])}


def test_where_the_parts_are_cut_does_not_matter(write):
    draw = np.random.default_rng(0)
    maps = draw.random((2, 6, 3, 4))
    labels = ["real", "fake", None, "real", "late", "fake"]
    whole = write(part(maps, labels))
    cut = write(part(maps[:, :1], labels[:1]), part(maps[:, 1:4], labels[1:4]), part(maps[:, 4:], labels[4:]))
    pd.testing.assert_frame_equal(whole, cut)
    assert list(by_level(whole, "run")) == ["one", "two"]
    assert by_level(whole, "label")["late"][0] == 1


def test_constant_maps_are_left_out(write):
    maps = [[[[0.0, 1.0]], [[3.0, 3.0]]]]
    found = write(part(maps, ["real", "fake"], flat=[[False, True]]))
    assert by_level(found, "run") == {"one": (1, [[0.0, 1.0]])}
    assert list(by_level(found, "label")) == ["real"]


def test_nothing_of_nothing(tmp_path):
    write_averages([], tmp_path / "whole.parquet", run_names=())
    assert not (tmp_path / "whole.parquet").exists()


def test_inputs_are_untouched():
    runs = torch.rand(1, 2, 3, 3)
    before = runs.clone()
    sums_of(runs, torch.zeros(1, 2, dtype=torch.bool), labels=[None, None], groups=[None, None])
    assert torch.equal(runs, before)
