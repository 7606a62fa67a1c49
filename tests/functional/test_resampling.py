import pytest
import torch

from saliencekit.errors import InputError
from saliencekit.functional import resampling
from saliencekit.functional.resampling import resampled_weights


def weights(strata, resamples=200, seed=0):
    return torch.cat(list(resampled_weights(strata, resamples=resamples, seed=seed)))


def test_each_stratum_keeps_its_size_and_each_image_is_drawn_once_on_average():
    drawn = weights({"real": 30, "fake": 70}, resamples=2000)
    assert drawn.shape == (2000, 100)
    assert (drawn[:, :30].sum(1) == 30).all()
    assert (drawn[:, 30:].sum(1) == 70).all()
    # The number of times is binomial: mean 1, variance 1 - 1 / n; 2000 draws know the mean to 0.022.
    assert (drawn.mean(0) - 1).abs().max() < 0.11
    assert drawn[:, 30:].var(0).mean() == pytest.approx(1 - 1 / 70, abs=0.03)


def test_the_pieces_do_not_matter(monkeypatch):
    whole = weights({"real": 5, "fake": 9})
    monkeypatch.setattr(resampling, "AT_ONCE", 30)
    pieces = list(resampled_weights({"real": 5, "fake": 9}, resamples=200))
    assert max(len(piece) for piece in pieces) == 2
    assert torch.equal(torch.cat(pieces), whole)


def test_a_stratum_is_drawn_by_its_name_and_the_seed():
    one, other = weights({"real": 6, "a": 4}), weights({"real": 6, "b": 9})
    assert torch.equal(one[:, :6], other[:, :6])
    assert not torch.equal(one[:, :6], weights({"real": 6}, seed=1))
    assert not torch.equal(one[:, 6:], weights({"c": 4}))


def test_no_global_generator_is_used():
    before = torch.random.get_rng_state()
    weights({"real": 3})
    assert torch.equal(torch.random.get_rng_state(), before)


def test_bad_input():
    with pytest.raises(InputError, match="one or more `resamples`, got 0"):
        weights({"real": 3}, resamples=0)
    with pytest.raises(InputError, match="at least one image each"):
        weights({"real": 0})
