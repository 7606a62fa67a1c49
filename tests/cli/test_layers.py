"""`saliencekit layers`: every layer that gives maps, with its grid, and the choice marked."""

import json

import pytest
import torch

import saliencekit.cli.layers  # noqa: F401
from saliencekit.models import build_model, default_preprocessing, save_model


@pytest.fixture(scope="module")
def transformer(tmp_path_factory):
    arch = "timm:deit_tiny_distilled_patch16_224?img_size=48&depth=2"
    path = tmp_path_factory.mktemp("model") / "deit.pt"
    with torch.random.fork_rng():
        model = build_model(arch, num_classes=2)
    save_model(model, path, arch=arch, classes=("real", "fake"), preprocessing=default_preprocessing(arch))
    return path


def test_a_table_with_the_choice_marked(run, checkpoint):
    code, out, err = run("layers", checkpoint)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].endswith("layers that give maps of images of 56x56")
    assert lines[1].split() == ["layer", "channels", "map", "tokens", "dropped"]
    marked = [line.split() for line in lines if line.startswith("* ") and "explained" not in line]
    assert len(marked) == 1
    assert marked[0][2:] == ["128", "7x7"]


def test_json_says_the_same(run, checkpoint):
    code, out, _ = run("layers", checkpoint, "--size", "112x56", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["size"] == [112, 56]
    chosen = [each for each in found["layers"] if each["chosen"]]
    assert [each["shape"] for each in chosen] == [[128, 14, 7]]
    assert len(found["layers"]) > 3


def test_dropped_tokens_are_told(run, transformer):
    code, out, _ = run("layers", transformer, "--size", "48", "--json")
    assert code == 0
    chosen = next(each for each in json.loads(out)["layers"] if each["chosen"])
    assert chosen == {"name": "blocks.1.norm1", "shape": [192, 3, 3], "tokens_dropped": 2, "chosen": True}
    _, table, _ = run("layers", transformer, "--size", "48x48")
    marked = next(line.split() for line in table.splitlines() if line.startswith("* "))
    assert marked == ["*", "blocks.1.norm1", "192", "3x3", "2"]


@pytest.mark.parametrize("size", ["axb", "0x3", "3x4x5", "", "-3", "²x3"])
def test_a_size_that_is_none(run, checkpoint, size):
    code, _, err = run("layers", checkpoint, f"--size={size}")
    assert code == 2
    assert "expected --size as HEIGHTxWIDTH in pixels, such as 224x224, got" in err


def test_a_size_that_the_model_does_not_take(run, transformer):
    code, out, err = run("layers", transformer, "--size", "50x48")
    assert (code, out) == (3, "")
    assert "the network failed on images of (C, H, W) = (3, 50, 48): " in err
    assert err.count("\n") == 1


def test_no_such_file(run, tmp_path):
    assert run("layers", tmp_path / "none.pt")[0] == 3
