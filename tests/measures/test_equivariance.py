import pytest
import torch

from saliencekit import measures
from saliencekit.functional.geometry import TRANSFORMS, Transform


def test_maps_that_move_with_the_image_score_one(extract, images):
    rows = measures.Equivariance()(extract, images)
    exact = rows[rows["transform"].str.contains("flip|rotate")]
    assert exact["ssim"].to_numpy() == pytest.approx(1, abs=1e-5)
    assert exact["pearson"].to_numpy() == pytest.approx(1, abs=1e-5)
    assert exact["score_change"].to_numpy() == pytest.approx(0, abs=1e-6)


def test_maps_that_stay_put_score_low():
    class Fixed:
        """The same corner, whatever the image."""

        def __call__(self, images, target="predicted", labels=None):
            self.logits = torch.zeros(len(images), 2)
            self.target = torch.zeros(len(images), dtype=torch.long)
            maps = torch.zeros(len(images), 7, 7)
            maps[:, 0, 0] = 1
            return maps

    rows = measures.Equivariance()(Fixed(), torch.rand(2, 3, 56, 56))
    flips = rows[rows["transform"].str.startswith("flip")]
    assert (flips["pearson"] < 0.1).all()
    shifts = rows[rows["transform"].str.startswith("shift")]
    assert (shifts["ssim"] < 0.99).all()


def test_pixels_that_left_the_frame_do_not_count():
    class OnePixelGrid:
        """A map of image size: shifts then are exact wherever the pixels stayed."""

        def __call__(self, images, target="predicted", labels=None):
            self.logits = torch.zeros(len(images), 2)
            self.target = torch.zeros(len(images), dtype=torch.long)
            unit = images[:, 0].clone()
            unit[:, 28, 28], unit[:, 28, 29] = 0, 1  # the same range before and after
            return unit

    pattern = torch.rand(1, 1, 56, 56) * 0.5 + 0.25
    pattern[..., 28, 28], pattern[..., 28, 29] = 0, 1
    rows = measures.Equivariance(transforms=(Transform.named("shift(+16,0)"),))(OnePixelGrid(), pattern)
    assert rows["ssim"].item() > 0.95


def test_twelve_rows_an_image_in_the_papers_order(extract, images):
    rows = measures.Equivariance()(extract, images)
    assert rows["transform"].tolist() == [each.name for each in TRANSFORMS] * 3
    assert rows["image"].tolist() == [0] * 12 + [1] * 12 + [2] * 12


def test_non_square_images(extract):
    rows = measures.Equivariance()(extract, torch.rand(2, 3, 56, 80))
    assert rows.loc[rows["transform"] == "rotate+90", "ssim"].to_numpy() == pytest.approx(1, abs=1e-5)


def test_null_is_against_another_image(extract, images):
    rows = measures.Equivariance()(extract, images)
    assert rows["ssim_null"].mean() < rows["ssim"].mean()
    assert "ssim_null" not in measures.Equivariance()(extract, images[:1])


def test_any_angle_can_be_asked_for(extract, images):
    turned = measures.Equivariance(transforms=(Transform.named("rotate+15"),))(extract, images)
    assert turned["transform"].unique().tolist() == ["rotate+15"]
    assert turned["ssim"].between(0, 1).all()
