"""
Two losses, three seeds
=======================

A sweep trains every loss from every seed, evaluates all runs on the same images, and compares the losses run by
run. So few and so short runs show how it is done, not which loss is better.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt

from saliencekit.data import build_faces
from saliencekit.sweeps import sweep
from saliencekit.training import RECIPES
from saliencekit.training.settings import TrainingSettings

recipe = replace(RECIPES["small-cnn"], backbone="saliencekit:small-cnn?width=4", epochs=3, warm_epochs=1)
settings = TrainingSettings(device="cpu", threads=1, workers=0, maps_every=0, limit_train=12)

with tempfile.TemporaryDirectory() as folder:
    found = sweep(
        build_faces(Path(folder) / "faces"),
        output=Path(folder) / "sweep",
        losses=["cross-entropy", "droid"],
        seeds=range(3),
        recipe=recipe,
        settings=settings,
        audit=False,
        on_run=lambda run, done, runs: print(f"{done} of {runs}: {run.folder}, AUROC {run.figures['auroc']:.3f}"),
    )

# %%
# The table has mean, spread and interval over the runs of each loss, and the comparison over the seeds they share.

for row in found.table.rows:
    auroc, entropy = row.figures["auroc"], row.figures["map_entropy"]
    print(f"{row.loss}: AUROC {auroc.mean:.3f} ± {auroc.std:.3f}, entropy {entropy.mean:.2f} ± {entropy.std:.2f} nats")
change = found.table.rows[1].against["map_entropy"]
print(f"map entropy, droid - cross-entropy: {change.difference:+.2f} [{change.ci_low:.2f}, {change.ci_high:.2f}] nats")

# %%
# A point a run, a line a seed: which way does each go when the loss is exchanged? The page that a sweep writes,
# ``sweep.html``, has this and the papers' other figures.

figure, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
runs = {(run.loss, run.seed): run.figures for run in found.table.runs}
for seed in range(3):
    both = [runs[loss, seed] for loss in ("cross-entropy", "droid")]
    axis.plot([each["map_entropy"] for each in both], [each["auroc"] for each in both], color="#c5cad0", zorder=0)
for loss, mark in {"cross-entropy": "o", "droid": "s"}.items():
    points = [runs[loss, seed] for seed in range(3)]
    axis.scatter([each["map_entropy"] for each in points], [each["auroc"] for each in points], marker=mark, label=loss)
axis.set(xlabel="mean map entropy (nats)", ylabel="AUROC")
axis.legend()
figure.savefig("sweep_losses.png")
