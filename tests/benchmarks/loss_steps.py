"""A training step with each loss on the map, from batch to new weights, against the step with cross-entropy alone."""

from __future__ import annotations

import torch
from torch.nn.functional import cross_entropy

import saliencekit as sk
from saliencekit.losses import LOSSES

from .timing import in_turn

ARCHITECTURES = ("resnet50", "densenet121")
RUNS = 5


def run() -> dict[str, object]:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return {name: _losses_of(name, device) for name in ARCHITECTURES}


def _losses_of(name: str, device: torch.device) -> dict[str, dict[str, float]]:
    torch.manual_seed(0)
    count = 20 if device.type == "cuda" else 4
    model = sk.build_model(name, num_classes=2).to(device, memory_format=torch.channels_last).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9, weight_decay=1e-6)
    images = torch.rand(count, 3, 224, 224, device=device).contiguous(memory_format=torch.channels_last)
    labels = torch.arange(count, device=device) % 2
    human_maps = torch.randint(0, 256, (count, 224, 224), dtype=torch.uint8, device=device)
    has_map = labels == 0
    cam = sk.CAM(model)

    def plain() -> None:
        optimizer.zero_grad()
        cross_entropy(model(images), labels).backward()
        optimizer.step()

    def with_loss(loss: sk.losses.SalienceLoss) -> None:
        optimizer.zero_grad()
        with cam:
            logits = model(images)
            maps = cam.maps(target="predicted")
        loss(logits, labels, maps, human_maps, has_map).backward()
        optimizer.step()

    found = {}
    for word, cls in LOSSES.items():
        loss = cls()
        found[word] = in_turn(lambda loss=loss: with_loss(loss), plain, runs=RUNS)
        print(f"  {name} {word}: {found[word]['ratio']:.3f}x the step with cross-entropy alone")
    return found
