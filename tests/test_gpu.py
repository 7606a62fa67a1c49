"""What must hold on an accelerator; ``pytest -m gpu`` where there is one."""

import pandas as pd
import pytest
import torch
from PIL import Image
from skimage import data

import saliencekit as sk
from saliencekit import functional
from saliencekit.functional.random import Draw
from saliencekit.measures import MEASURES
from saliencekit.measures.look import look_clean, look_views
from saliencekit.models import build_model

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here"),
]


@pytest.fixture(scope="module")
def network():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build_model("resnet18").eval()


@pytest.mark.parametrize(
    "name", ["as_unit_range", "as_distribution", "cam_entropy", "effective_area", "histogram_entropy", "is_degenerate"]
)
def test_functions_of_maps_equal_the_cpu(name):
    maps = torch.rand(8, 7, 7, generator=torch.Generator().manual_seed(0))
    maps[0], maps[1] = 0, 3
    function = getattr(functional, name)
    torch.testing.assert_close(function(maps.cuda()).cpu(), function(maps), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["ssim", "pearson", "spearman", "iou_top"])
def test_functions_of_two_maps_equal_the_cpu(name):
    a, b = torch.rand(2, 8, 14, 14, generator=torch.Generator().manual_seed(0))
    function = getattr(functional, name)
    torch.testing.assert_close(function(a.cuda(), b.cuda()).cpu(), function(a, b), rtol=1e-5, atol=1e-5)


def test_draws_are_equal_bit_for_bit():
    names = [str(number) for number in range(5)]
    here, there = (Draw.of(3, names, "test", device).uniform(1000) for device in ("cpu", "cuda"))
    assert torch.equal(here, there.cpu())


@pytest.mark.parametrize("word", [word for word in sk.EXTRACTORS if word != "attention-rollout"])  # needs attention
def test_maps_equal_the_cpu(network, word):
    images = torch.randn(4, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    method = sk.EXTRACTORS[word]
    here = method(network.cpu())(images, target=7)
    there = method(network.cuda())(images.cuda(), target=7)
    assert there.is_cuda
    torch.testing.assert_close(there.cpu(), here, rtol=1e-3, atol=1e-4)
    network.cpu()


@pytest.mark.parametrize("name", MEASURES)
def test_no_measure_waits_for_the_device(network, name):
    measure = MEASURES[name]()
    images = torch.rand(4, 3, 96, 96, device="cuda")
    runs = [sk.GradCAM(network.cuda()) for _ in range(2 if name == "stability" else 1)]
    draw = Draw.of(0, list("abcd"), "test", "cuda")
    with torch.inference_mode():
        for mode in ("default", "error"):  # the first pass may build what is cached
            torch.cuda.set_sync_debug_mode(mode)
            try:
                clean = look_clean(runs, images, draw=draw)
                measure.rows(clean, look_views(runs[0], clean, measure.views))
            finally:
                torch.cuda.set_sync_debug_mode("default")
    network.cpu()


def test_an_audit_equals_the_cpu(network, tmp_path):
    (tmp_path / "data").mkdir()
    for number, name in enumerate(("astronaut", "chelsea", "coffee", "rocket")):
        Image.fromarray(getattr(data, name)()).save(tmp_path / "data" / f"{number}.png")
    here, there = (
        sk.audit(network, tmp_path / "data", device=device, output=tmp_path / device) for device in ("cpu", "cuda")
    )
    for name in ("entropy", "equivariance", "out_of_set"):
        pd.testing.assert_frame_equal(here.records[name], there.records[name], rtol=1e-2, atol=1e-2)
