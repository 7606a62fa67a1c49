import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity

from saliencekit import InputError, measures

from .conftest import Brightness


class Shown:
    """Gives the maps it was made with."""

    def __init__(self, maps):
        self.maps = maps

    def __call__(self, images, target="predicted", labels=None):
        self.logits = torch.zeros(len(images), 2)
        self.target = torch.zeros(len(images), dtype=torch.long)
        return self.maps


def eight_bit(map_):
    unit = (map_ - map_.min()) / (map_.max() - map_.min())
    return np.round(unit * 255).astype(np.uint8)


def test_every_pair_agrees_with_scikit_image():
    maps = torch.rand(4, 5, 7, 7, generator=torch.Generator().manual_seed(1))
    first, *rest = [Shown(each) for each in maps]
    rows = measures.Stability()(first, torch.zeros(5, 3, 56, 56), runs=rest)
    assert len(rows) == 5 * 6
    for _, row in rows.iterrows():
        a, b = (int(row[name].removeprefix("run ")) for name in ("run_a", "run_b"))
        x, y = maps[a, row["image"]].numpy(), maps[b, row["image"]].numpy()
        assert a < b
        assert row["ssim"] == pytest.approx(structural_similarity(eight_bit(x), eight_bit(y)), abs=1e-6)
        assert row["pearson"] == pytest.approx(np.corrcoef(x.ravel(), y.ravel())[0, 1], abs=1e-5)
        assert row["spearman"] == pytest.approx(spearmanr(x.ravel(), y.ravel()).statistic, abs=1e-5)


def test_equal_runs_agree_fully():
    maps = torch.rand(3, 7, 7)
    rows = measures.Stability()(Shown(maps), torch.zeros(3, 3, 56, 56), runs=[Shown(maps.clone())])
    for name in ("ssim", "pearson", "spearman", "iou"):
        assert rows[name].to_numpy() == pytest.approx(1, abs=1e-6), name
    assert (rows["ssim_null"] < 0.9).all()


def test_runs_of_another_grid_are_refused():
    with pytest.raises(InputError, match=r"maps of one size, got \(7, 7\) from the model and \(14, 14\) from run 1"):
        measures.Stability()(Brightness(8), torch.rand(2, 3, 56, 112)[..., :56], runs=[Brightness(4)])
