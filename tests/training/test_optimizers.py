import pytest
import torch
from torch import nn

from saliencekit.training.optimizers import build_optimizer, build_schedule
from saliencekit.training.recipe import Recipe


def rates(recipe, epochs):
    optimizer = build_optimizer(nn.Linear(1, 1), recipe)
    schedule = build_schedule(optimizer, recipe)
    seen = []
    for _ in range(epochs):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return seen


def test_the_step_schedule_of_the_paper():
    seen = rates(Recipe(lr=0.005, schedule="step"), 25)
    assert seen == pytest.approx([0.005] * 12 + [0.0005] * 12 + [0.00005])


def test_constant_and_cosine():
    assert rates(Recipe(lr=0.01), 3) == [0.01] * 3
    falling = rates(Recipe(lr=0.01, schedule="cosine", epochs=4), 4)
    assert falling == pytest.approx([0.01, 0.008536, 0.005, 0.001464], abs=1e-6)


def test_the_recipes_numbers_reach_the_optimizer():
    group = build_optimizer(nn.Linear(1, 1), Recipe(lr=0.1, momentum=0.5, weight_decay=0.2)).param_groups[0]
    assert (group["lr"], group["momentum"], group["weight_decay"]) == (0.1, 0.5, 0.2)
    for word, cls in (("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW)):
        optimizer = build_optimizer(nn.Linear(1, 1), Recipe(optimizer=word, lr=0.1, weight_decay=0.2))
        assert type(optimizer) is cls
        assert optimizer.param_groups[0]["weight_decay"] == 0.2


def test_frozen_parameters_are_left_out():
    model = nn.Linear(1, 1)
    model.bias.requires_grad_(False)
    assert build_optimizer(model, Recipe()).param_groups[0]["params"] == [model.weight]


@pytest.mark.parametrize("word", ["sgd", "adam", "adamw"])
def test_a_fused_step_moves_the_weights_as_the_usual_one_does(word):
    moved = []
    for fused in (False, True):
        torch.manual_seed(0)
        model = nn.Linear(3, 2)
        optimizer = build_optimizer(model, Recipe(optimizer=word, lr=0.1, weight_decay=0.1), fused=fused)
        for _ in range(3):
            optimizer.zero_grad()
            model(torch.ones(1, 3)).square().sum().backward()
            optimizer.step()
        assert optimizer.param_groups[0]["fused"] is (True if fused else None)
        moved.append(model.weight.detach().clone())
    torch.testing.assert_close(moved[0], moved[1])
