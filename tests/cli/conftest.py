"""A checkpoint and a few images to run commands on, and how a command is run."""

import pytest
import torch
from PIL import Image

from saliencekit.cli import main
from saliencekit.models import build_model, default_preprocessing, save_model


@pytest.fixture
def run(capsys):
    """Run a command in this process; return exit code, stdout, stderr."""

    def run_command(*words):
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        out = capsys.readouterr()
        return ended.value.code, out.out, out.err

    return run_command


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = build_model("saliencekit:small-cnn", num_classes=2)
    path = tmp_path_factory.mktemp("model") / "model.pt"
    preprocessing = default_preprocessing("saliencekit:small-cnn")
    save_model(model, path, arch="saliencekit:small-cnn", classes=("real", "fake"), preprocessing=preprocessing)
    return path


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    random = torch.Generator().manual_seed(0)
    for number in range(4):
        Image.fromarray((torch.rand(64, 64, generator=random) * 255).byte().numpy()).save(folder / f"{number}.png")
    return folder
