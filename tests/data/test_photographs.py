import importlib

import pytest

from saliencekit.data import ImageDataset, photographs
from saliencekit.data.photographs import NAMES, wheel_folder
from saliencekit.errors import EnvironmentFault
from saliencekit.preprocessing import Preprocessing


@pytest.mark.real
def test_all_of_them_are_there_and_can_be_read():
    found = photographs()
    assert [sample.image for sample in found.samples] == sorted(NAMES)
    assert (found.kind, found.classes) == ("photographs", ())
    dataset = ImageDataset(found, Preprocessing(size=(32, 32)))
    for place in range(len(dataset)):
        pixels = dataset[place].pixels
        assert pixels.shape == (3, 32, 32)
        assert pixels.float().std() > 5


def test_an_installation_without_any(monkeypatch, tmp_path):
    module = importlib.import_module("saliencekit.data.photographs")
    monkeypatch.setattr(module, "wheel_folder", lambda: tmp_path)
    with pytest.raises(EnvironmentFault, match=r"the installed scikit-image has no photographs in"):
        photographs()


def test_the_folder_of_the_wheel():
    assert (wheel_folder() / "lfw_subset.npy").is_file()
