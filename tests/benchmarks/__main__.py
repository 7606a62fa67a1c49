"""Run every benchmark: ``python -m tests.benchmarks [NAME ...] [--json FILE]``.

Each prints ratios against a baseline measured in the same run, and the whole is kept as JSON with a description of
the machine. Nothing here passes or fails.
"""

from __future__ import annotations

import argparse
import json
import platform
from pathlib import Path

import torch

from . import audit, caches, guided_blur, import_time, loss_steps, peers, ssim_pairs

BENCHMARKS = {
    "import-time": import_time.run,
    "ssim-pairs": ssim_pairs.run,
    "guided-blur": guided_blur.run,
    "loss-steps": loss_steps.run,
    "peers": peers.run,
    "audit": audit.run,
    "caches": caches.run,
}


def machine() -> dict[str, object]:
    """Describe what this runs on, without its name."""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {
        "processor": platform.machine(),
        "threads": torch.get_num_threads(),
        "gpu": gpu,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--json", type=Path, help="where to keep the figures")
    options = parser.parse_args()
    unknown = set(options.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"unknown benchmark {', '.join(sorted(unknown))}: expected {', '.join(BENCHMARKS)}")
    figures: dict[str, object] = {"machine": machine()}
    for name in options.names or BENCHMARKS:
        print(f"{name}", flush=True)
        figures[name] = BENCHMARKS[name]()
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


main()
