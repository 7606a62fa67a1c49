"""
Compare two families of runs
============================

Does DROID focus the maps? One network of each kind cannot say: another seed gives another network. Here each family
has three short runs, and the run is the unit.
"""

import tempfile
from pathlib import Path

import torch

import saliencekit as sk
from saliencekit.data import load_image, open_data
from saliencekit.reports.families import Family

ARCH = "saliencekit:small-cnn?width=4"
preprocessing = sk.models.default_preprocessing(ARCH)
kept = tempfile.TemporaryDirectory()
faces = sk.build_faces(Path(kept.name) / "faces")
samples = open_data(faces, split="train").samples[::4]
images = torch.stack([load_image(each.path, preprocessing) for each in samples]).float() / 127.5 - 1
labels = torch.tensor([each.label for each in samples])


def audited(loss_function, name, seed):
    torch.manual_seed(seed)
    model = sk.build_model(ARCH, num_classes=2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9)
    for epoch in range(3):
        for batch in torch.randperm(len(images)).split(20):
            with sk.CAM(model) as cam:
                logits = model(images[batch])
                maps = cam.maps(target="predicted")
            loss = (loss_function if epoch else sk.CrossEntropyLoss())(logits, labels[batch], maps)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    chosen = {"measures": "entropy,equivariance", "limit": 40, "workers": 0, "preprocessing": preprocessing}
    return sk.audit(model.eval(), faces, output=Path(kept.name) / f"{name}-{seed}", **chosen)


# %%
# Both families get the same seeds, and so the same first weights and the same order of images. Means of the runs
# are compared, and how much runs vary decides how wide the interval is.

losses = {"cross-entropy": sk.CrossEntropyLoss(), "droid": sk.DroidLoss(alpha=0.5)}
families = [Family(name, tuple(audited(loss, name, seed) for seed in range(3))) for name, loss in losses.items()]
comparison = sk.compare(*families)
for finding in comparison.findings:
    print(finding.sentence)
kept.cleanup()

# %%
# Left, each family's mean with its interval; right, the difference. Three runs of a few seconds tell little apart.

figure = comparison.plot()
figure.savefig("compare_families.png")
