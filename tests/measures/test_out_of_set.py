import math

import pytest
import torch

from saliencekit import UsageError, measures
from saliencekit.functional.random import Draw
from saliencekit.measures.look import look_clean
from saliencekit.measures.out_of_set import AMOUNTS, NOISE


def test_amount_zero_is_the_clean_image_and_takes_no_pass(extract, images):
    rows = measures.OutOfSet()(extract, images)
    assert len(extract.calls) == len(AMOUNTS)  # clean, and seven noisy ones
    clean = rows[rows["amount"] == 0]
    assert clean["ssim"].to_numpy() == pytest.approx(1, abs=1e-6)


def test_the_share_of_noisy_pixels_is_the_amount(extract):
    measures.OutOfSet(amounts=(0.25, 1.0))(extract, torch.full((2, 3, 224, 224), 0.5), value_range=(0.0, 1.0))
    _, quarter, all_noise = extract.calls
    assert (quarter != 0.5).float().mean().item() == pytest.approx(0.25, abs=0.01)
    assert set(all_noise.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(all_noise[:, 0], all_noise[:, 2])  # a pixel is noisy in all its channels


def test_more_noise_less_likeness(extract):
    ramp = torch.linspace(0, 1, 56).expand(4, 3, 56, 56)
    rows = measures.OutOfSet()(extract, ramp)
    means = rows.groupby("amount")["ssim"].mean()
    assert means[0.0] > means[0.25] > means[1.0]


def test_other_sets_have_entropy_and_no_likeness(extract):
    images = torch.zeros(2, 1, 56, 56)
    images[:, :, :8, :32] = 1
    clean = look_clean([extract], images, draw=Draw.of(0, ["a", "b"], "test"))
    rows = measures.OutOfSet().set_rows("elsewhere", clean)
    assert rows.conditions[0]["set"] == "elsewhere"
    assert rows.values["entropy"][0].tolist() == pytest.approx([math.log(4)] * 2, abs=1e-6)
    assert rows.values["ssim"].isnan().all()


def test_lacks_its_input_without_another_set():
    assert "no out-of-set images" in measures.OutOfSet().lacks(runs=5, sets=0)
    assert measures.OutOfSet().lacks(runs=1, sets=1) is None


def test_per_image_takes_the_mean_over_noise_only(extract, images):
    measure = measures.OutOfSet()
    records = measure(extract, images)
    expected = records[(records["set"] == NOISE) & (records["amount"] > 0) & (records["image"] == 1)]["ssim"].mean()
    assert measure.per_image(records).loc[1, "noise_ssim"] == pytest.approx(expected)


def test_random_draws_do_not_depend_on_the_batch(extract):
    image = torch.full((1, 3, 56, 56), 0.5)
    views = measures.OutOfSet(amounts=(0.5,)).views
    together = look_clean([extract], image.expand(3, -1, -1, -1), draw=Draw.of(1, ["a", "b", "c"], "audit"))
    alone = look_clean([extract], image, draw=Draw.of(1, ["b"], "audit"))
    assert torch.equal(views[0].make(together)[1], views[0].make(alone)[0])
    assert not torch.equal(views[0].make(together)[0], views[0].make(together)[1])


def test_stability_alone_says_what_it_lacks(extract, images):
    with pytest.raises(UsageError, match="stability is not applicable: no second training run"):
        measures.Stability()(extract, images)
