"""``import saliencekit`` (and what it is for) against ``import torch``, each in a fresh process."""

from __future__ import annotations

import subprocess
import sys

from .timing import in_turn


def _importing(code: str):
    return lambda: subprocess.run([sys.executable, "-c", code], check=True)


def run() -> dict[str, object]:
    torch = _importing("import torch")
    found = {
        "import saliencekit": in_turn(_importing("import saliencekit"), torch, runs=3),
        "from saliencekit import cam_entropy, DroidLoss, GradCAM": in_turn(
            _importing("from saliencekit import cam_entropy, DroidLoss, GradCAM"), torch, runs=3
        ),
    }
    for name, each in found.items():
        print(f"  {name}: {each['ours_s']:.2f} s, {each['ratio']:.2f}x of `import torch`")
    return found
