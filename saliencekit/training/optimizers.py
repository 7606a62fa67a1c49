"""From a recipe to torch's optimiser and learning-rate schedule."""

from __future__ import annotations

from torch import nn, optim
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ConstantLR, CosineAnnealingLR, LRScheduler, StepLR

from .recipe import Recipe


def build_optimizer(model: nn.Module, recipe: Recipe, *, fused: bool = False) -> Optimizer:
    """Return the recipe's optimiser over the parameters that take a gradient.

    Parameters
    ----------
    model
        Whose parameters it moves.
    recipe
        Names the optimiser and its settings.
    fused
        One kernel for all parameters; on CUDA.

    Examples
    --------
    >>> type(build_optimizer(nn.Linear(1, 1), Recipe(optimizer="adamw"))).__name__
    'AdamW'
    """
    parameters = [each for each in model.parameters() if each.requires_grad]
    kernel = True if fused else None  # None is torch's own choice, which is right elsewhere
    if recipe.optimizer == "sgd":
        return optim.SGD(
            parameters, lr=recipe.lr, momentum=recipe.momentum, weight_decay=recipe.weight_decay, fused=kernel
        )
    cls = optim.Adam if recipe.optimizer == "adam" else optim.AdamW
    return cls(parameters, lr=recipe.lr, weight_decay=recipe.weight_decay, fused=kernel)


def build_schedule(optimizer: Optimizer, recipe: Recipe) -> LRScheduler:
    """Return the schedule of the learning rate, stepped once an epoch.

    >>> schedule = build_schedule(build_optimizer(nn.Linear(1, 1), Recipe()), Recipe(schedule="step"))
    >>> schedule.step_size, schedule.gamma
    (12, 0.1)
    """
    if recipe.schedule == "step":
        return StepLR(optimizer, recipe.step_epochs, recipe.step_factor)
    if recipe.schedule == "cosine":
        return CosineAnnealingLR(optimizer, recipe.epochs)
    return ConstantLR(optimizer, factor=1.0)
