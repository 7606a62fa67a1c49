import pytest
import torch

from saliencekit import UsageError, measures
from saliencekit.measures.degradation import ORDERS


@pytest.fixture
def spot():
    """Dark images with one bright cell, which makes the score."""
    images = torch.full((2, 3, 56, 56), 0.1)
    images[0, :, 8:16, 8:16] = 1
    images[1, :, 40:48, 0:8] = 1
    return images


def test_taking_the_bright_cell_first_hurts_most(extract, spot):
    measure = measures.Degradation(fill="erase")
    areas = measure.per_image(measure(extract, spot, value_range=(0.0, 1.0)))
    assert (areas["salient_first"] < areas["random_first"]).all()
    assert (areas["random_first"] < areas["least_first"]).all()
    assert areas["area_between"].to_numpy() == pytest.approx((areas["least_first"] - areas["salient_first"]).to_numpy())


def test_level_zero_is_clean_and_level_one_is_the_same_for_all_orders(extract, spot):
    rows = measures.Degradation()(extract, spot)
    clean = rows[rows["level"] == 0]
    assert clean["ssim"].to_numpy() == pytest.approx(1, abs=1e-6)
    full = rows[rows["level"] == 1].pivot(index="image", columns="guide", values="score")
    for order in ORDERS:
        assert full[order].equals(full[ORDERS[0]].rename(order))
    assert len(extract.calls) == 1 + 2 + 4 * 3 + 1


def test_area_by_hand():
    import pandas as pd

    levels, scores = [0.0, 0.5, 1.0], [1.0, 0.5, 0.0]
    rows = [
        {"image": "a", "guide": guide, "level": level, "score": score, "ssim": 1.0}
        for guide in ORDERS
        for level, score in zip(levels, scores, strict=True)
    ] + [
        {"image": "a", "guide": f"blur-{word}", "level": float("nan"), "score": s, "ssim": 1.0}
        for word, s in (("object", 0.2), ("background", 0.9))
    ]
    table = measures.Degradation().per_image(pd.DataFrame(rows))
    assert table.loc["a", "salient_first"] == pytest.approx(0.5)
    assert table.loc["a", "area_between"] == pytest.approx(0)
    assert table.loc["a", "blur_object_score"] == 0.2
    assert table.loc["a", "blur_background_score"] == 0.9


def test_the_share_replaced_is_the_level(extract, spot):
    measure = measures.Degradation(levels=(0.25,), fill="erase")
    measure(extract, spot + 0.5, value_range=(0.0, 1.0))
    for images in extract.calls[3:]:
        assert (images == 0).all(1).float().mean().item() == pytest.approx(0.25, abs=1 / 56**2)


def test_blur_of_the_object_hits_the_salient_part(extract):
    images = torch.rand(1, 3, 56, 56, generator=torch.Generator().manual_seed(2)) * 0.2
    images[:, :, 0:16, 0:16] += 0.8 * torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(3))
    measure = measures.Degradation(levels=(1.0,))
    measure(extract, images, value_range=(0.0, 1.0))
    clean, background, thing = extract.calls[:3]
    changed = [(each - clean).abs()[:, :, 2:14, 2:14].mean().item() for each in (background, thing)]
    assert changed[1] > 5 * changed[0]


@pytest.mark.parametrize("levels", [(), (0.5, 0.25), (0.0, 1.0), (0.5, 1.5), (0.5, 0.5)])
def test_levels_that_make_no_curve(levels):
    with pytest.raises(UsageError, match=r"expected increasing `levels` in \(0, 1\]"):
        measures.Degradation(levels=levels)
