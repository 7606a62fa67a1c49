"""Grad-CAM and CAM against the bare ``inference_mode`` forward, in time and in peak memory; other libraries beside.

Times are medians of pairs run in turn. Memory is the peak that a call adds to what the network and the images hold:
of the CUDA allocator on a GPU; on the CPU of the process that runs it, each contestant in a process of its own.
Contestants whose library is not installed are left out by name.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import torch

import saliencekit as sk

from .timing import in_turn

ARCHITECTURES = {"resnet50": "layer4", "densenet121": "features"}
LIBRARIES = {"captum": "captum", "torch-cam": "torchcam", "pytorch-grad-cam": "pytorch_grad_cam"}
OURS = ("saliencekit Grad-CAM", "saliencekit CAM")
BARE = "bare forward"


def run() -> dict[str, object]:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    batch, runs = 16, 20 if device.type == "cuda" else 7
    found: dict[str, object] = {"batch": batch}
    for library, module in LIBRARIES.items():
        if importlib.util.find_spec(module) is None:
            print(f"  {library} is not installed")
    for architecture in ARCHITECTURES:
        found[architecture] = _one(architecture, device, batch, runs)
    return found


def _one(architecture: str, device: torch.device, batch: int, runs: int) -> dict[str, dict[str, float]]:
    contestants = arena(architecture, device, batch)
    found = {}
    bare = _memory(architecture, BARE, device, batch)
    print(f"  {architecture}, batch {batch}: the bare forward adds {bare:.0f} MiB")
    for name, call in contestants.items():
        if name == BARE:
            continue
        times = in_turn(call, contestants[BARE], runs=runs)
        memory = _memory(architecture, name, device, batch)
        found[name] = {**times, "memory_mib": memory, "bare_memory_mib": bare, "memory_ratio": memory / bare}
        print(
            f"  {architecture} {name}: {times['ratio']:.3f}x in time, {memory / bare:.2f}x in memory ({memory:.0f} MiB)"
        )
    return found


def arena(
    architecture: str, device: torch.device, batch: int, only: str | None = None
) -> dict[str, Callable[[], object]]:
    """Return by name what is to be run on a network and images: all, or one alone."""
    torch.manual_seed(0)
    network = sk.build_model(architecture).to(device).eval()
    images = torch.rand(batch, 3, 224, 224, device=device)
    layer = network.get_submodule(ARCHITECTURES[architecture])
    makers = {
        BARE: _bare,
        OURS[0]: _ours(sk.GradCAM),
        OURS[1]: _ours(sk.CAM),
        "captum Grad-CAM": _captum,
        "torch-cam Grad-CAM": _torch_cam,
        "pytorch-grad-cam Grad-CAM": _pytorch_grad_cam,
    }
    contestants = {}
    for name, make in makers.items():
        missing = any(name.startswith(word) and importlib.util.find_spec(LIBRARIES[word]) is None for word in LIBRARIES)
        if not missing and only in (None, name):
            contestants[name] = make(network, layer, images)
    return contestants


def _bare(network, layer, images):
    def call():
        with torch.inference_mode():
            network(images)

    return call


def _ours(method):
    def make(network, layer, images):
        extract = method(network)

        def call():
            with torch.inference_mode():
                extract(images, target=1)

        return call

    return make


def _captum(network, layer, images):
    from captum.attr import LayerGradCam

    method = LayerGradCam(network, layer)
    return lambda: method.attribute(images, target=1, relu_attributions=True).detach()


def _torch_cam(network, layer, images):
    from torchcam.methods import GradCAM

    def call():
        with GradCAM(network, target_layer=layer) as extractor:
            return extractor(1, network(images))

    return call


def _pytorch_grad_cam(network, layer, images):
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    method = GradCAM(model=network, target_layers=[layer])
    return lambda: method(input_tensor=images, targets=[ClassifierOutputTarget(1)] * len(images))


def _memory(architecture: str, name: str, device: torch.device, batch: int) -> float:
    """Return the peak that one call adds, MiB."""
    if device.type == "cuda":
        return _peak_on_gpu(arena(architecture, device, batch, name)[name])
    command = [sys.executable, "-W", "ignore", "-m", __name__, architecture, name, str(batch)]
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536"}  # what is freed goes back to the system at once
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], env=environment, capture_output=True, text=True, check=True
    )
    return float(json.loads(done.stdout.splitlines()[-1]))


def _peak_on_gpu(call: Callable[[], object]) -> float:
    call()
    torch.cuda.synchronize()
    held = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    call()
    torch.cuda.synchronize()
    return (torch.cuda.max_memory_allocated() - held) / 2**20


def _peak_on_cpu(call: Callable[[], object]) -> float:
    """Return how far the resident memory of this process rises in a call above where it was; Linux alone tells."""
    call()
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak is now
    before = _status("VmHWM")
    call()
    return (_status("VmHWM") - before) / 1024


def _status(word: str) -> int:
    """Return a line of this process's status, KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(word))


if __name__ == "__main__":
    wanted, contestant, size = sys.argv[1:]
    alone = arena(wanted, torch.device("cpu"), int(size), contestant)[contestant]
    print(json.dumps(_peak_on_cpu(alone)))
