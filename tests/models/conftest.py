"""Small model files and state dicts that several tests share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from saliencekit.models import SmallCNN
from saliencekit.models.build import build
from saliencekit.models.skeleton import weightless
from saliencekit.models.spec import parse_spec

Save = Callable[..., Path]


class Canary:
    """Leaves ``mark`` behind if it is ever unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.mark}",)


USER_NETWORKS = """
import torch
from torch import nn

def wrapped():
    return nn.Sequential(nn.Linear(2, 2))

class Named(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Linear(2, 2)

class Counting(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.fc = nn.Linear(4, num_classes)
        self.register_buffer("scale", torch.full((1,), 2.0), persistent=False)

    def forward(self, images):
        return self.fc(self.conv(images).mean((2, 3))) * self.scale
"""


@pytest.fixture
def canary(tmp_path: Path) -> Canary:
    """An object that runs a command when it is unpickled; ``canary.mark`` exists if it did."""
    return Canary(tmp_path / "mark")


@pytest.fixture
def user_networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module of a user's in the working folder: ``wrapped``, ``Named`` and ``Counting``."""
    (tmp_path / "networks_of_a_user.py").write_text(USER_NETWORKS)
    monkeypatch.chdir(tmp_path)
    return "networks_of_a_user"


@pytest.fixture
def small() -> nn.Module:
    """A network of a few hundred weights, always the same."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        model = SmallCNN(num_classes=2, width=2)
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_()
                module.running_var.uniform_(0.5, 2)
    return model.eval()


@pytest.fixture
def saved(tmp_path: Path) -> Save:
    """Writes content with torch.save and returns the file."""

    def save(content: object, name: str = "weights.pth", **options: bool) -> Path:
        torch.save(content, tmp_path / name, **options)
        return tmp_path / name

    return save


@pytest.fixture
def bare() -> Callable[..., dict[str, Tensor]]:
    """Gives the state dict of an architecture on the meta device: names and shapes, no weights."""

    def make(spec: str, num_classes: int = 5) -> dict[str, Tensor]:
        with weightless():
            return dict(build(parse_spec(spec), num_classes).state_dict())

    return make
