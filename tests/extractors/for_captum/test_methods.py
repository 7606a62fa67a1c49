import subprocess
import sys

import pytest
import torch

from saliencekit.errors import UsageError
from saliencekit.extractors.for_captum.methods import METHODS, arguments, check_settings, checked_method


def test_every_method_is_captums():
    import captum.attr

    assert list(METHODS) == sorted(METHODS)
    assert all(hasattr(captum.attr, name) for name in METHODS)


def test_an_unknown_name_lists_the_known_without_captum():
    code = (
        "import sys\nfrom saliencekit.extractors.for_captum.methods import checked_method\n"
        "try:\n    checked_method('Saliencey')\n"
        "except ValueError as error:\n    print('captum' in sys.modules, error)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.startswith("False unknown attribution of captum 'Saliencey': expected one of Deconvolution, ")
    assert out.strip().endswith("did you mean 'Saliency'?")
    assert checked_method("LRP").own_weights


def test_what_is_given_goes_before_what_is_set():
    images = torch.zeros(4, 1, 32, 64)
    found = arguments("Occlusion", images, {"strides": (1, 4, 4)})
    assert found == {"sliding_window_shapes": (1, 4, 8), "strides": (1, 4, 4), "perturbations_per_eval": 8}
    assert arguments("IntegratedGradients", images, {})["internal_batch_size"] == 32
    assert arguments("Saliency", images, {}) == {}
    assert arguments("DeepLift", images, {"eps": 1e-3}) == {}  # that is a setting of the object


def test_patches_cover_each_pixel_once():
    mask = arguments("FeatureAblation", torch.zeros(1, 3, 30, 5), {})["feature_mask"]
    assert mask.shape == (1, 1, 30, 5)
    assert sorted(set(mask.flatten().tolist())) == list(range(14 * 5))


def test_settings_that_are_ours_are_no_settings():
    check_settings("IntegratedGradients", {"n_steps": 3, "multiply_by_inputs": False})
    for word in ("inputs", "target", "forward_func", "kwargs", "self"):
        with pytest.raises(UsageError, match=f"^unknown setting of captum's Saliency '{word}': expected one of abs"):
            check_settings("Saliency", {word: 1})
