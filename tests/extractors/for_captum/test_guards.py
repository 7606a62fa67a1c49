import warnings

import numpy as np
import pytest
import torch
from torch import nn

from saliencekit.errors import ModelError
from saliencekit.extractors.for_captum.guards import as_captum_is, check_conserved


def test_draws_depend_on_the_seed_and_numpys_state_comes_back():
    before = np.random.get_state()[1].tolist()
    drawn = []
    for seed in (3, 3, -1):
        with torch.random.fork_rng(), as_captum_is("Saliency", torch.device("cpu"), seed):
            drawn.append((torch.rand(2).tolist(), np.random.rand(2).tolist()))
    assert drawn[0] == drawn[1] != drawn[2]
    assert np.random.get_state()[1].tolist() == before


def test_refusals_become_ours_and_other_faults_pass():
    before = np.random.get_state()[1].tolist()
    with pytest.raises(ModelError, match=r"^captum's LRP cannot explain this model with these settings: no rule$"):
        with as_captum_is("LRP", torch.device("cpu"), 0):
            raise AssertionError("no\n  rule")
    with pytest.raises(IndexError, match="mine"), as_captum_is("LRP", torch.device("cpu"), 0):
        raise IndexError("mine")
    assert np.random.get_state()[1].tolist() == before


def test_only_captums_remarks_are_silenced():
    with warnings.catch_warnings(record=True) as heard, as_captum_is("LRP", torch.device("cpu"), 0):
        warnings.filterwarnings("always", module="net")
        warnings.warn_explicit("its own", UserWarning, "captum/attr.py", 1, module="captum.attr")
        warnings.warn_explicit("a model's", UserWarning, "net.py", 1, module="net")
    assert [str(each.message) for each in heard] == ["a model's"]


def test_conservation():
    net, images = nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), torch.ones(1, 1, 2, 2)
    logit = float(net(images).detach().abs().max())
    check_conserved("LRP", torch.full((1, 1, 2, 2), logit), net, images)
    with pytest.raises(ModelError, match=r"^captum's LRP has no rule for a step of this model"):
        check_conserved("LRP", torch.full((1, 1, 2, 2), 100 * logit), net, images)
