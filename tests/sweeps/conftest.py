"""Folders of runs as training and evaluation leave them, without waiting for either."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from saliencekit.sweeps.examples import ExampleMaps, _keep
from saliencekit.sweeps.outcome import read_outcome, run_folder
from saliencekit.sweeps.table import Agreement, build_table
from saliencekit.sweeps.writing import write_table

SIX = ("cross-entropy", "cyborg", "hseb", "fmmmse", "droid", "cyborg-droid")


def figure(value):
    return {"value": value, "ci_low": value, "ci_high": value}


def write_run(sweep, loss, seed, *, auroc=0.7, entropy=3.0, groups=(), epochs=4):
    """Write what a finished run leaves: metrics.csv, model.pt, evaluation/evaluation.json."""
    folder = run_folder(sweep, loss, seed)
    (folder / "evaluation").mkdir(parents=True)
    (folder / "model.pt").write_bytes(f"{loss} {seed}".encode())
    course = [3.6 + (entropy - 3.6) * epoch / max(1, epochs - 1) for epoch in range(epochs)]
    frame = pd.DataFrame({"epoch": range(epochs), "val/map_entropy": course, "train/map_entropy": course})
    frame["map_entropy/maximum"], frame["map_entropy/human"] = math.log(49), 3.0
    frame.to_csv(folder / "metrics.csv", index=False)
    metrics = {"auroc": auroc, "average_precision": auroc - 0.01, "accuracy": auroc - 0.05, "eer": 1 - auroc}
    pooled = {key: figure(value) for key, value in metrics.items()}
    fpr = np.linspace(0, 1, 50)
    summary = {
        "schema_version": 1,
        "pooled": pooled,
        "groups": {group: {"auroc": figure(auroc + shift)} for group, shift in groups},
        "macro": pooled,
        "roc": {"fpr": fpr.tolist(), "tpr": (fpr ** (1 / auroc - 1)).tolist()},
        "entropy": {**figure(entropy), "unit": "nats"},
    }
    (folder / "evaluation" / "evaluation.json").write_text(json.dumps(summary))
    return folder


@pytest.fixture(name="write_run")
def _write_run():
    return write_run


def examples_of(losses, *, count=3, side=56):
    draw = np.random.default_rng(0)
    images = tuple(draw.integers(0, 255, (side, side, 1), dtype=np.uint8) for _ in range(count))
    humans = (*(draw.random((side, side), dtype=np.float32) for _ in range(count - 1)), None)
    maps = {loss: draw.random((count, 7, 7), dtype=np.float32) for loss in losses}
    names = tuple(f"fake/{place}.png" for place in range(count))
    return ExampleMaps("test", names, images, humans, maps, dict.fromkeys(losses, "ab" * 32))


@pytest.fixture(name="examples_of")
def _examples_of():
    return examples_of


ACCOUNT = {
    "saliencekit": "0.0",
    "data": "<faces> & $more$/manifest.csv",
    "split": "test",
    "test_data": [],
    "human_maps": None,
    "weights": None,
    "losses": list(SIX),
    "seeds": [0, 1, 2],
    "baseline": "cross-entropy",
    "recipe": {"backbone": "saliencekit:small-cnn?width=8", "epochs": 4, "lr": 0.01, "image_size": None},
    "settings": {"device": "auto"},
}


@pytest.fixture
def written(tmp_path):
    """Write a sweep's folder with its table, and return folder and table."""

    def write(losses=SIX, seeds=range(3), *, failures=None, missing=(), groups=(("warp", 0.02), ("<swap>", -0.02))):
        sweep, draw = tmp_path / "sweep", np.random.default_rng(1)
        for place, loss in enumerate(losses):
            for seed in seeds:
                if (loss, seed) not in {*missing, *(failures or {})}:
                    auroc = 0.6 + 0.03 * place + 0.02 * float(draw.standard_normal())
                    entropy = 3.6 - 0.2 * place + 0.1 * float(draw.standard_normal())
                    write_run(sweep, loss, seed, auroc=auroc, entropy=entropy, groups=groups)
        runs = [
            read_outcome(sweep, loss, seed, failure=(failures or {}).get((loss, seed)))
            for loss in losses
            for seed in seeds
        ]
        stability = {loss: Agreement(0.5, 0.45, 0.55, 0.3) for loss in losses}
        table = build_table(runs, stability=stability)
        write_table(sweep, table, {**ACCOUNT, "losses": list(losses), "seeds": list(seeds)})
        _keep(sweep / "examples.npz", examples_of(losses))
        return sweep, table

    return write
