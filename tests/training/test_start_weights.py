import pytest
import torch
from safetensors.torch import save_file

from saliencekit.errors import EnvironmentFault, ModelError, UsageError
from saliencekit.models import SmallCNN, build_model, model_info, save_model
from saliencekit.training.start_weights import network_from, published_file

ARCH = "saliencekit:small-cnn?width=2"


@pytest.fixture
def started():
    torch.manual_seed(7)
    return SmallCNN(width=2)


@pytest.mark.parametrize("form", ["checkpoint", "state dict", "wrapped", "safetensors"])
def test_every_form_of_file(tmp_path, started, form):
    path = tmp_path / "start.pt"
    if form == "checkpoint":
        save_model(started, path, arch=ARCH, classes=["a", "b"], preprocessing=None)
    elif form == "safetensors":
        save_file(started.state_dict(), path)
    else:
        state = started.state_dict()
        torch.save(
            state if form == "state dict" else {"state_dict": {f"module.{n}": v for n, v in state.items()}}, path
        )
    found = network_from(path, ARCH, num_classes=2)
    for name, value in started.state_dict().items():
        assert torch.equal(found.state_dict()[name], value)


@pytest.mark.parametrize("classes", [1, 3])
def test_a_head_of_other_classes_is_new_and_drawn_from_the_global_generator(tmp_path, started, classes):
    torch.save(started.state_dict(), tmp_path / "start.pt")
    heads = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        found = network_from(tmp_path / "start.pt", ARCH, num_classes=classes)
        assert torch.equal(found.features[0][0].weight, started.features[0][0].weight)
        assert model_info(found).num_classes == found.head.out_features == classes
        heads.append(found.head.weight)
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])


def test_auxiliary_heads_are_new_too(tmp_path):
    published = build_model("inception_v3", num_classes=5)
    torch.save(published.state_dict(), tmp_path / "inception.pth")
    found = network_from(tmp_path / "inception.pth", "torchvision:inception_v3", num_classes=2)
    assert (found.fc.out_features, found.AuxLogits.fc.out_features) == (2, 2)
    assert torch.equal(found.Mixed_7c.branch1x1.conv.weight, published.Mixed_7c.branch1x1.conv.weight)
    assert found.transform_input  # as the weights that torchvision publishes expect it
    assert "transform_input=true" in model_info(found).arch


def test_another_architecture_is_refused_in_the_loaders_words(tmp_path, started):
    torch.save(started.state_dict(), tmp_path / "start.pt")
    with pytest.raises(ModelError, match=r"start.pt: the weights do not fit torchvision:resnet18"):
        network_from(tmp_path / "start.pt", "torchvision:resnet18", num_classes=2)


def test_weights_for_another_number_of_channels_are_refused(tmp_path, started):
    torch.save(started.state_dict(), tmp_path / "start.pt")
    with pytest.raises(ModelError, match=r"start.pt: the weights do not fit saliencekit:small-cnn\?in_channels=3"):
        network_from(tmp_path / "start.pt", ARCH, num_classes=2, in_channels=3)


def test_a_file_that_would_run_code_is_refused(tmp_path, started):
    torch.save(started, tmp_path / "start.pt")
    with pytest.raises(ModelError, match="would import"):
        network_from(tmp_path / "start.pt", ARCH, num_classes=2)


def test_nobody_publishes_weights_of_the_small_network():
    with pytest.raises(UsageError, match="there are no published weights for saliencekit:small-cnn"):
        published_file("saliencekit:small-cnn")


@pytest.mark.parametrize("arch", ["torchvision:resnet18", "timm:resnet10t"])
def test_without_a_network_the_way_out_is_said(tmp_path, monkeypatch, arch):
    def cut(*_, **__):
        raise OSError("[Errno -3] Temporary failure in name resolution")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub.download_url_to_file", cut)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", cut)
    message = rf"the published weights of {arch} cannot be downloaded \(\[Errno -3\].*, give them as a file"
    with pytest.raises(EnvironmentFault, match=message):
        published_file(arch)


def test_published_weights_are_downloaded_once(tmp_path, monkeypatch):
    asked = []

    def download(url, path, *, hash_prefix, progress):
        asked.append((url, hash_prefix))
        torch.save(build_model("resnet18").state_dict(), path)

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub.download_url_to_file", download)
    path = published_file("torchvision:resnet18")
    assert published_file("resnet18") == path
    assert asked == [("https://download.pytorch.org/models/resnet18-f37072fd.pth", "f37072fd")]
    assert network_from(path, "torchvision:resnet18", num_classes=2).fc.out_features == 2
