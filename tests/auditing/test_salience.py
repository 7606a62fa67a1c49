"""Every word for salience in an audit: methods of layers, of attention, of captum, and several layers as one."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.models import VisionTransformer

from saliencekit import ModelError, Preprocessing, UsageError, cam_entropy, load_model
from saliencekit.auditing import AuditSettings, run_audit
from saliencekit.auditing.engine import Engine
from saliencekit.auditing.nulls import redrawn
from saliencekit.data import load_image
from saliencekit.extractors.making import make_extractor

WORDS = ("eigen-cam", "layer-cam", "captum:Saliency")
PLAIN = Preprocessing(size=(32, 32), channels=3, mean=(0.5,) * 3, std=(0.25,) * 3)
COLUMNS = ("entropy", "entropy_normalized", "effective_area", "histogram_entropy")


def audited(model, data, output, *, measures="entropy", preprocessing=None, **settings):
    return run_audit(
        model,
        data,
        settings=AuditSettings(measures=measures, workers=0, gallery=1, **settings),
        output=output,
        preprocessing=preprocessing,
    )


@pytest.fixture
def transformer():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = VisionTransformer(32, 8, num_layers=2, num_heads=2, hidden_dim=8, mlp_dim=16, num_classes=2)
        nn.init.normal_(model.heads.head.weight)
    return model


def seen_by(word, checkpoint, folder, layer="auto"):
    """Entropy of each image's map, by the public functions alone."""
    model = load_model(checkpoint)
    images = [load_image(path, model.saliencekit_info.preprocessing) for path in sorted(folder.rglob("*.png"))]
    return cam_entropy(make_extractor(word, model, layer)((torch.stack(images).float() / 255 - 0.5) / 0.25))


@pytest.mark.parametrize("word", WORDS)
def test_the_maps_are_those_of_the_word(word, checkpoints, folder, tmp_path):
    result = audited(checkpoints[0], folder, tmp_path / "audit", salience=word)
    expected = seen_by(word, checkpoints[0], folder)
    assert result.records["entropy"]["entropy"].to_numpy() == pytest.approx(expected.numpy(), abs=1e-4)
    assert result.summary["model"]["salience"] == word
    assert math.isfinite(result.summary["measures"]["entropy"]["null"])


def test_several_layers_are_fused(checkpoints, folder, tmp_path):
    layer = "features.3+features"
    result = audited(checkpoints[0], folder, tmp_path / "audit", layer=layer)
    expected = seen_by("grad-cam", checkpoints[0], folder, layer)
    assert result.records["entropy"]["entropy"].to_numpy() == pytest.approx(expected.numpy(), abs=1e-4)
    assert (result.summary["model"]["layer"], result.summary["model"]["grid"]) == (layer, [14, 14])
    assert result.summary["measures"]["entropy"]["maximum"] == pytest.approx(math.log(14 * 14))


def test_maps_as_large_as_the_images(checkpoints, folder, elsewhere, tmp_path):
    result = run_audit(
        checkpoints[0],
        folder,
        out_of_set=[elsewhere],
        runs=checkpoints[1:2],
        settings=AuditSettings(salience="captum:Saliency", workers=0, gallery=1, save_maps=True, limit=3),
        output=tmp_path / "audit",
    )
    measures = result.summary["measures"]
    assert {entry["status"] for entry in measures.values()} == {"ok"}
    assert measures["entropy"]["maximum"] == pytest.approx(math.log(56 * 56))
    assert np.load(tmp_path / "audit" / "maps.npy").shape == (3, 56, 56)
    averages = result.average_maps
    assert (averages["row"].max(), averages["column"].max()) == (27, 27)  # no row a pixel
    for name in ("equivariance", "stability"):
        assert -1 <= measures[name]["null"] < measures[name]["value"] <= 1


def test_the_null_value_is_that_of_the_same_method_on_the_redrawn_network(checkpoints, folder, tmp_path):
    result = audited(checkpoints[0], folder, tmp_path / "audit", salience="captum:InputXGradient")
    model = load_model(checkpoints[0])
    files = sorted(folder.rglob("*.png"))
    images = torch.stack([load_image(path, model.saliencekit_info.preprocessing) for path in files])
    ready = (images.float() / 255 - 0.5) / 0.25
    maps = make_extractor("captum:InputXGradient", redrawn(model, ready, seed=0))(ready)
    assert result.summary["measures"]["entropy"]["null"] == pytest.approx(cam_entropy(maps).mean().item(), abs=1e-3)


@pytest.mark.parametrize(("word", "layer"), [("attention-rollout", "auto"), ("grad-cam", "auto")])
def test_a_transformer(transformer, folder, tmp_path, word, layer):
    result = audited(
        transformer,
        folder,
        tmp_path / "audit",
        measures="entropy,equivariance",
        salience=word,
        layer=layer,
        preprocessing=PLAIN,
    )
    assert result.summary["model"]["grid"] == [4, 4]
    assert result.summary["measures"]["entropy"]["maximum"] == pytest.approx(math.log(16))
    assert result.summary["measures"]["entropy"]["null"] <= math.log(16)


def test_batches_change_nothing_where_numbers_are_drawn(checkpoints, folder, tmp_path):
    one, many = (
        audited(checkpoints[0], folder, tmp_path / str(size), salience="captum:GradientShap", batch_size=size, limit=2)
        for size in (1, 2)
    )
    assert one.records["entropy"][list(COLUMNS)].to_numpy() == pytest.approx(
        many.records["entropy"][list(COLUMNS)].to_numpy(), abs=1e-4
    )


@pytest.mark.parametrize(
    ("settings", "error", "sentence"),
    [
        ({"salience": "gradcam"}, UsageError, "did you mean 'grad-cam'?"),
        ({"salience": "captum:Salency"}, UsageError, "did you mean 'Saliency'?"),
        ({"salience": "attention-rollout", "layer": "features"}, UsageError, "it takes no layer but 'auto'"),
        ({"salience": "attention-rollout"}, ModelError, "use grad-cam"),
        ({"layer": "features.3+featurs"}, ModelError, "no layer 'featurs'; nearest: features"),
    ],
)
def test_mistakes_are_said(checkpoints, folder, tmp_path, settings, error, sentence):
    with pytest.raises(error) as found:
        audited(checkpoints[0], folder, tmp_path / "audit", **settings)
    assert sentence in str(found.value)
    assert not (tmp_path / "audit" / "summary.json").exists()


def test_what_a_part_holds_of_large_maps_is_small(checkpoints, folder, tmp_path, monkeypatch):
    held = []
    measure = Engine.measure

    def watched(self, pixels, images, labels):
        found = measure(self, pixels, images, labels)
        held.append(tuple(found.small_runs.shape[-2:]))
        return found

    monkeypatch.setattr(Engine, "measure", watched)
    audited(checkpoints[0], folder, tmp_path / "audit", salience="captum:Saliency", limit=4)
    assert set(held) == {(28, 28)}
