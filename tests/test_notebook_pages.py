"""The code of the pages on notebooks and on watching a training runs as it stands, in order."""

import re
import shutil
from pathlib import Path

import pytest
import torch
from lightning.pytorch import LightningModule
from PIL import Image
from torch.utils.data import DataLoader, TensorDataset

import saliencekit as sk
from saliencekit.models import build_model, default_preprocessing

HOWTO = Path(__file__).parent.parent / "docs" / "howto"
ARCH = "saliencekit:small-cnn"

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*isinstance.treespec, LeafSpec.*"),
    pytest.mark.filterwarnings("ignore:.*The number of training batches.*"),
]


class Theirs(LightningModule):
    """A module of somebody else's."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def training_step(self, batch, _):
        return torch.nn.functional.cross_entropy(self.model(batch[0]), batch[1])

    def validation_step(self, batch, _):
        self.log("val_loss", self.training_step(batch, _))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.01)


def blocks(page):
    return re.findall(r"```python\n(.*?)```", (HOWTO / page).read_text(encoding="utf-8"), re.DOTALL)


def run(page, names):
    """Run every block, and show what stands alone in a line, as a notebook shows the last of a cell."""
    shown = []
    for block in blocks(page):
        exec(compile(block, page, "exec"), names)
        for line in block.splitlines():
            found = re.match(
                r"((?:result|comparison|sk\.plot|sk\.show_maps|rows\.)\S.*?|result|comparison)(?:  #.*)?$", line
            )
            if found:
                shown.append(eval(found[1], names))
    return shown


@pytest.fixture
def model():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build_model(ARCH, num_classes=2)


@pytest.fixture
def faces(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pixels = torch.randint(0, 256, (6, 56, 56), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    for number, image in enumerate(pixels):
        folder = Path("faces", ("real", "fake")[number % 2])
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.numpy()).save(folder / f"{number}.png")


def test_notebooks(model, faces):
    sk.save_model(model, "model.pt", arch=ARCH, classes=("real", "fake"), preprocessing=default_preprocessing(ARCH))
    sk.audit("model.pt", "faces/", measures="entropy", output="audit-a")
    shutil.copytree("audit-a", "audit-b")
    shown = run("notebooks.md", {})
    assert len(shown) > 10
    for each in shown:
        assert hasattr(each, "_repr_png_") or hasattr(each, "_repr_html_") or hasattr(each, "to_frame")
    figures = [each for each in shown if hasattr(each, "_repr_png_")]
    assert len(figures) >= 5
    assert all(each._repr_png_()[0].startswith(b"\x89PNG") for each in figures)


def test_monitor(model, faces, capsys):
    generator = torch.Generator().manual_seed(1)
    images, labels = torch.randn(8, 1, 56, 56, generator=generator), torch.arange(8) % 2
    batches = DataLoader(TensorDataset(images, labels), batch_size=4)

    names = {
        "module": Theirs(model),
        "train_batches": batches,
        "val_batches": batches,
        "watched": images[:4],
        "watched_labels": labels[:4],
        "preprocessing": default_preprocessing(ARCH),
        "model": model,
    }
    run("monitor.md", names)
    said = capsys.readouterr().out
    assert "epoch 2: " in said
    assert "effective_area" in said
    assert len(names["monitor"].history) == 1
    assert names["tracker"].frame()["step"].tolist() == [0, 1, 2]
    assert sorted(each.name for each in Path("maps").iterdir()) == [f"step-00000{each}.png" for each in range(3)]


@pytest.mark.parametrize("page", ["notebooks.md", "monitor.md"])
def test_pictures_and_pages_are_there(page):
    text = (HOWTO / page).read_text(encoding="utf-8")
    for target in re.findall(r"\{image\} (\S+)|\]\((?!https?:)([^)#]+)\)", text):
        assert (HOWTO / "".join(target)).is_file(), target
    assert text.count("{image}") == text.count(":alt:")
