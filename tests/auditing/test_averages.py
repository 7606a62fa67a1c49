import numpy as np
import pandas as pd
import pytest
import torch

from saliencekit.auditing.averages import MOST_CELLS, average_maps, small_maps, sums_of, write_averages


def by_level(frame, factor):
    return {level: (images, salience.tolist()) for level, images, salience in average_maps(frame, factor)}


def part(maps, labels, groups=None, flat=None):
    """Sums of maps (R, N, h, w)."""
    runs = torch.tensor(maps, dtype=torch.float32)
    flat = torch.zeros(runs.shape[:2], dtype=torch.bool) if flat is None else torch.tensor(flat)
    return sums_of(small_maps(runs), flat, labels=labels, groups=groups or [None] * runs.shape[1])


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
    sums_of(small_maps(runs), torch.zeros(1, 2, dtype=torch.bool), labels=[None, None], groups=[None, None])
    assert torch.equal(runs, before)


@pytest.mark.parametrize(
    ("size", "small"),
    [((7, 7), (7, 7)), ((32, 14), (32, 14)), ((33, 7), (17, 4)), ((224, 224), (32, 32)), ((100, 224), (15, 32))],
)
def test_maps_as_large_as_images_become_small(size, small):
    assert small_maps(torch.rand(2, 3, *size)).shape == (2, 3, *small)
    assert max(small) <= MOST_CELLS


def test_a_small_map_is_the_mean_of_blocks():
    """Columns 0 to 63 in pairs: 0.5, 2.5, ..., 62.5 of 63."""
    maps = torch.arange(64.0).expand(1, 1, 64, 64)
    expected = (torch.arange(32) * 2 + 0.5) / 63
    assert torch.allclose(small_maps(maps)[0, 0], expected.expand(32, 32), atol=1e-6)


def test_a_block_over_the_edge_is_the_mean_of_what_is_in_it():
    """Columns 0 to 32 in pairs: 0.5, 2.5, ..., 30.5, and 32 alone, of 32."""
    expected = torch.cat([torch.arange(16) * 2 + 0.5, torch.tensor([32.0])]) / 32
    assert torch.allclose(small_maps(torch.arange(33.0).expand(1, 1, 33, 33))[0, 0, -1], expected, atol=1e-6)
