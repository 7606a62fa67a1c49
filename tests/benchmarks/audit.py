"""The whole audit, from files to the report, against the bare ``inference_mode`` forwards that it runs."""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch
from PIL import Image

import saliencekit as sk

from .guided_blur import photographs
from .timing import seconds

ARCHITECTURES = ("resnet50", "densenet121")
IMAGES, BATCH = 16, 16


def run() -> dict[str, object]:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    images = IMAGES * 32 if device.type == "cuda" else IMAGES
    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, image in enumerate(photographs(images)):
            pixels = (image.permute(1, 2, 0) * 255).byte().numpy()
            Path(folder, "images").mkdir(exist_ok=True)
            Image.fromarray(pixels).save(Path(folder, "images", f"{number:04d}.png"))
        for name in ARCHITECTURES:
            found[name] = _one(name, Path(folder), device)
    return found


def _one(name: str, folder: Path, device: torch.device) -> dict[str, float]:
    torch.manual_seed(0)
    network = sk.build_model(name).to(device).eval()
    passed = 0

    def count(module, inputs):
        nonlocal passed
        passed += len(inputs[0])

    def audit():
        sk.audit(network, folder / "images", batch_size=BATCH, output=folder / name, overwrite=True)

    with network.register_forward_pre_hook(count):
        audit()
    forwards = passed
    batch = torch.rand(BATCH, 3, 224, 224, device=device)

    def bare():
        with torch.inference_mode():
            for _ in range(forwards // BATCH):
                network(batch)

    before = seconds(bare)
    ours = seconds(audit)
    after = seconds(bare)
    baseline = (before + after) / 2 * forwards / (forwards // BATCH * BATCH)
    print(f"  {name}: {ours / baseline:.2f}x of its {forwards} bare forwards ({ours:.1f} s against {baseline:.1f} s)")
    return {"forwards": forwards, "ours_s": ours, "baseline_s": baseline, "ratio": ours / baseline}
