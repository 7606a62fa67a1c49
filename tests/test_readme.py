"""What README shows in Python runs as it stands, and its links lead somewhere."""

import re
from pathlib import Path

import pytest
import torch
from PIL import Image

import saliencekit as sk
from saliencekit.models import build_model, default_preprocessing

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_python_blocks_run_in_order(tmp_path, monkeypatch, capsys):
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 2
    monkeypatch.chdir(tmp_path)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = build_model("saliencekit:small-cnn", num_classes=2)
    arch = "saliencekit:small-cnn"
    sk.save_model(network, "model.pt", arch=arch, classes=("real", "fake"), preprocessing=default_preprocessing(arch))
    images = torch.randn(4, 1, 56, 56, generator=torch.Generator().manual_seed(0))
    for label in ("real", "fake"):
        Path("faces", label).mkdir(parents=True)
        for number in range(2):
            pixels = (images[number, 0] * 50 + 128).clamp(0, 255).byte().numpy()
            Image.fromarray(pixels).save(Path("faces", label, f"{number}.png"))
    names = {"images": images, "labels": torch.tensor([0, 1, 0, 1])}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)
    assert names["result"].summary["data"]["scored"] == 4
    assert all(parameter.grad is not None for parameter in names["model"].parameters())


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\((?!https?:)([^)#]+)\)", README))))
def test_links_lead_somewhere(target):
    assert (ROOT / target).exists()


def test_the_table_has_every_measure():
    for name in sk.MEASURES:
        assert f"| {name.replace('_', ' ')} |" in README
