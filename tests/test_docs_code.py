"""The Python of the pages runs as it stands, each page from top to bottom."""

import re
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import nn

import saliencekit as sk
from saliencekit.extractors import eigen_cam
from saliencekit.measures import equivariance
from saliencekit.models import build_model, default_preprocessing

DOCS = Path(__file__).parent.parent / "docs"
ARCH = "saliencekit:small-cnn?width=2"
ELSEWHERE = {
    "howto/notebooks.md": "tests/test_notebook_pages.py",
    "howto/monitor.md": "tests/test_notebook_pages.py",
    "commands/explain.md": "tests/explaining runs the same call",
    "commands/train.md": "trains a DenseNet for 150 epochs",
}

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*isinstance.treespec, LeafSpec.*"),
    pytest.mark.filterwarnings("ignore:.*The number of training batches.*"),
]


def blocks(page):
    return re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)


def run(page, names, change=lambda code: code):
    found = blocks(page)
    assert found
    for block in found:
        exec(compile(change(block), page, "exec"), names)
    return names


@pytest.fixture(autouse=True)
def quiet(tmp_path, monkeypatch):
    """Work in a folder of its own, and leave torch's generator as it was."""
    monkeypatch.chdir(tmp_path)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


@pytest.fixture
def model():
    return build_model(ARCH, num_classes=2)


def written(folder, number, *, table=False, side=56):
    """Write grey images, half of them real, as class folders or with a table that has splits, groups and maps."""
    pixels = torch.randint(0, 256, (number, side, side), dtype=torch.uint8)
    rows = ["path,label,split,group"]
    for each in range(number):
        label = ("real", "fake")[each % 2]
        path = Path(folder, label, f"{each}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels[each].numpy()).save(path)
        rows.append(
            f"{label}/{each}.png,{label},{('train', 'val')[each // 2 % 2]},{('photograph', 'warping')[each % 2]}"
        )
    if table:
        Path(folder, "manifest.csv").write_text("\n".join(rows), encoding="utf-8")


def batch():
    images, labels = torch.randn(4, 1, 56, 56), torch.arange(4) % 2
    human_maps = torch.randint(0, 256, (4, 56, 56), dtype=torch.uint8)
    return images, labels, human_maps, torch.tensor([False, True, False, True])


def test_tutorial(model, capsys):
    written("demo/faces", 4, table=True)
    sk.audit(
        model, "demo/faces", measures="entropy", preprocessing=default_preprocessing(ARCH), output="demo/audit-droid"
    )
    run("tutorial.md", {})
    said = capsys.readouterr().out
    assert "warping" in said
    assert "Only 4 images" in said


def test_vision_transformer(capsys):
    names = run("howto/vision-transformer.md", {"images": torch.randn(2, 3, 224, 224)})
    assert names["maps"].shape == names["rollout"].shape == (2, 14, 14)
    assert (
        capsys.readouterr().out == re.search(r"# (blocks\S+)", "".join(blocks("howto/vision-transformer.md")))[1] + "\n"
    )


def test_train_with_human_maps(model, capsys):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    before = model.head.weight.detach().clone()
    run("howto/train-with-human-maps.md", {"batches": [batch()] * 2, "model": model, "optimizer": optimizer})
    assert "human_mse" in capsys.readouterr().out
    assert not torch.equal(model.head.weight, before)


def test_train_in_my_own_loop(model):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    before = model.head.weight.detach().clone()
    run("howto/train-in-my-own-loop.md", {"batches": [batch()[:2]], "model": model, "optimizer": optimizer})
    assert not torch.equal(model.head.weight, before)


def test_train_in_lightning():
    written("demo/faces", 8, table=True)
    quick = "Trainer(logger=False, enable_progress_bar=False, enable_checkpointing=False, accelerator='cpu', "

    def shortened(code):
        return code.replace("Trainer(", quick).replace("max_epochs=16", "max_epochs=1")

    run("howto/train-in-lightning.md", {}, shortened)
    assert sk.model_info(sk.load_model("model.pt")).classes == ("real", "fake")


def test_my_own_architecture():
    written("faces", 3, side=128)
    layers = (nn.Conv2d(3, 4, 5, stride=8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    names = run("howto/my-own-architecture.md", {"my_model": nn.Sequential(*layers).eval()})
    assert names["result"].summary["model"]["layer"] == "1"


def test_audit(model):
    written("faces", 2)
    written("other", 2)
    sk.save_model(model, "model.pt", arch=ARCH, classes=("real", "fake"), preprocessing=default_preprocessing(ARCH))
    names = run("commands/audit.md", {"sk": sk})
    assert set(names["result"].records) == {"entropy", "equivariance"}


def test_every_page_with_python_is_run():
    pages = {page.relative_to(DOCS).as_posix() for page in DOCS.glob("[!_]*/*.md")} | {"tutorial.md"}
    shown = {page for page in pages if blocks(page)}
    tested = set(re.findall(r'run\("(.+?)"', Path(__file__).read_text(encoding="utf-8")))
    assert shown == tested | set(ELSEWHERE)


def test_the_recipes_of_contributing_are_ones(model):
    recipes = (DOCS.parent / "CONTRIBUTING.md").read_text(encoding="utf-8").replace("\n   ", "\n")
    measure, extractor = re.findall(r"```python\n(.*?)```", recipes, re.DOTALL)
    helpers = {"peak": lambda maps: maps.amax((-2, -1))}
    names = vars(equivariance) | helpers
    exec(compile(measure, "CONTRIBUTING.md", "exec"), names)
    images = torch.rand(2, 1, 56, 56)
    rows = names["Sharpness"]()(sk.GradCAM(model), images)
    assert rows["view"].tolist() == ["clean", "flip-lr"] * 2
    assert rows["peak_null"].tolist() == [rows["peak"][each] for each in (2, 2, 0, 0)]
    names = dict(vars(eigen_cam))
    exec(compile(extractor, "CONTRIBUTING.md", "exec"), names)
    torch.testing.assert_close(names["EigenCAM"](model)(images), sk.EigenCAM(model)(images))
