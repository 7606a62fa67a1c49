"""
Audit a detector of forged faces
================================

Two runs of a small detector, trained for seconds on the embedded faces, are asked the five questions.
"""

import tempfile
from pathlib import Path

import torch

import saliencekit as sk
from saliencekit.data import load_image, open_data

ARCH = "saliencekit:small-cnn?width=4"
preprocessing = sk.models.default_preprocessing(ARCH)
kept = tempfile.TemporaryDirectory()
faces = sk.build_faces(Path(kept.name) / "faces")
samples = open_data(faces, split="train").samples
images = torch.stack([load_image(each.path, preprocessing) for each in samples]).float() / 127.5 - 1
labels = torch.tensor([each.label for each in samples])


def trained(seed):
    torch.manual_seed(seed)
    model = sk.build_model(ARCH, num_classes=2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    for _ in range(3):
        for batch in torch.randperm(len(images)).split(20):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(images[batch]), labels[batch]).backward()
            optimizer.step()
    return model.eval()


# %%
# One call. Photographs of no faces are another set, and the second run is there for stability. From the shell:
# ``saliencekit audit model.pt --out-of-set ... --runs ...``

others = {"runs": [trained(1)], "out_of_set": [faces.parent / "non-faces"]}
settings = {"preprocessing": preprocessing, "limit": 60, "workers": 0, "output": Path(kept.name) / "audit"}
result = sk.audit(trained(0), faces, **others, **settings)

# %%
# What a report says first: sentences, each from a rule with a threshold. So short a training makes a poor detector.
for finding in result.summary["findings"]:
    print(f"{finding['severity']}: {finding['sentence']}")
kept.cleanup()

# %%
# Each value beside its null value. Where the interval reaches the null value, the maps say no more than chance
# does.

figure = result.plot()
figure.savefig("audit_detector.png")
