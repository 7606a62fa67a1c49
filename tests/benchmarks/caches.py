"""An epoch's batches from each cache against decoding them anew: the embedded faces, and photographs at 224 px."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from skimage import data

from saliencekit.data import build_faces
from saliencekit.preprocessing import Preprocessing
from saliencekit.training.augmentation import Augmentation
from saliencekit.training.batches import Batches
from saliencekit.training.data_module import DetectorData
from saliencekit.training.normalizing import normalized
from saliencekit.training.order import EpochBatches

from .timing import in_turn

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket")
SMALL = Preprocessing(size=(56, 56), channels=1, mean=(0.5,), std=(0.25,))
FLIPPED = Augmentation(flip=0.5, crop=0.6)
AUGMENTED = "flipped and cropped"


def write_photographs(folder: Path, count: int = 600) -> Path:
    """Write crops of 256 px as JPEG, and a manifest in which a tenth of them is for validation."""
    random = np.random.default_rng(0)
    rows = ["path,label,split"]
    for number in range(count):
        image = getattr(data, PHOTOGRAPHS[number % len(PHOTOGRAPHS)])()
        top, left = (random.integers(0, side - 256) for side in image.shape[:2])
        Image.fromarray(image[top : top + 256, left : left + 256]).save(folder / f"{number}.jpg", quality=90)
        rows.append(f"{number}.jpg,{'real' if number // 4 % 2 else 'fake'},{'train' if number % 10 else 'val'}")
    (folder / "manifest.csv").write_text("\n".join(rows))
    return folder / "manifest.csv"


def epoch(batches: Batches, preprocessing: Preprocessing, device: str, *, to_network: bool):
    """Return a function that goes through an epoch, up to what the network takes if asked to."""

    def whole() -> None:
        for batch in batches:
            images = batch.images.to(device, non_blocking=True)
            if to_network:
                normalized(images, preprocessing)

    return whole


def caches(manifest: Path, preprocessing: Preprocessing, *, to_network: bool) -> dict[str, object]:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    sources: dict[str, DetectorData] = {
        "none": DetectorData(manifest, preprocessing, cache="none"),
        "ram": DetectorData(manifest, preprocessing),
        AUGMENTED: DetectorData(manifest, preprocessing, augmentation=FLIPPED),
        f"none, {AUGMENTED}": DetectorData(manifest, preprocessing, cache="none", augmentation=FLIPPED),
    }
    made = {name: each.train_dataloader() for name, each in sources.items()}
    if device == "cuda":
        kept = sources["ram"].split("train").kept
        order = EpochBatches(len(kept.labels), batch_size=20, seed=0)
        made["device"] = Batches(kept.to(torch.device(device)), order)
    count = len(sources["none"].split("train"))
    runs = {name: epoch(each, preprocessing, device, to_network=to_network) for name, each in made.items()}
    found: dict[str, object] = {"images": count, "workers": made["none"].workers, "batch_size": 20}
    for name in (each for each in runs if not each.startswith("none")):
        times = in_turn(runs[name], runs[f"none, {AUGMENTED}" if name == AUGMENTED else "none"], runs=3)
        found[name] = {**times, "images_per_second": count / times["ours_s"]}
        faster, before = 1 / times["ratio"], count / times["baseline_s"]
        print(
            f"    {'ram, ' * (name == AUGMENTED)}{name}: {count / times['ours_s']:,.0f} images/s, {faster:.1f}x of"
            f" decoding them anew ({before:,.0f} images/s with {made['none'].workers} workers)"
        )
    return found


def run() -> dict[str, object]:
    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as name:
        sets = {
            "embedded faces, 56 px grey": (build_faces(Path(name) / "faces"), SMALL),
            "photographs, 224 px RGB": (write_photographs(Path(name)), Preprocessing()),
        }
        for word, (manifest, preprocessing) in sets.items():
            for to_network in (False, True):
                what = f"{word}, {'as the network takes them' if to_network else 'uint8 batches'}"
                print(f"  {what}")
                found[what] = caches(manifest, preprocessing, to_network=to_network)
    return found
