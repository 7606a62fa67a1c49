"""
Two losses, three seeds
=======================

Does DROID focus the maps, and what does it cost? A short sweep on the embedded faces: each loss trained from each
seed, evaluated on the same images, and compared run by run. So few and so short runs show how it is done, not which
loss is better.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

from saliencekit.data import build_faces
from saliencekit.sweeps import sweep
from saliencekit.training import RECIPES
from saliencekit.training.settings import TrainingSettings

recipe = replace(RECIPES["small-cnn"], backbone="saliencekit:small-cnn?width=4", epochs=3, warm_epochs=1)
settings = TrainingSettings(device="cpu", threads=1, workers=0, maps_every=0, limit_train=12)

with tempfile.TemporaryDirectory() as folder:
    manifest = build_faces(Path(folder) / "faces")
    losses = ["cross-entropy", "droid"]
    found = sweep(
        manifest,
        output=Path(folder) / "sweep",
        losses=losses,
        seeds=range(3),
        recipe=recipe,
        settings=settings,
        audit=False,
        on_run=lambda run, done, runs: print(f"{done} of {runs}: {run.folder}, AUROC {run.figures['auroc']:.3f}"),
    )
    page = (found.folder / "sweep.html").read_text()

# %%
# The table has mean, spread and interval over the runs of each loss, and the comparison over the seeds they share.

for row in found.table.rows:
    auroc, entropy = row.figures["auroc"], row.figures["map_entropy"]
    print(
        f"{row.loss}: AUROC {auroc.mean:.3f} ± {auroc.std:.3f}, map entropy {entropy.mean:.2f} ± {entropy.std:.2f} nats"
    )

change = found.table.rows[1].against["map_entropy"]
print(f"map entropy, droid - cross-entropy: {change.difference:+.2f} [{change.ci_low:.2f}, {change.ci_high:.2f}] nats")
print(f"the page has {page.count('<figure')} pictures")
