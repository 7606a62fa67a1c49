"""The public names: sorted, all there, and free until they are used."""

import subprocess
import sys

import pytest

import saliencekit as sk


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_all_is_sorted_and_complete():
    assert list(sk.__all__) == sorted(sk.__all__)
    assert set(sk.__all__) <= set(dir(sk))


@pytest.mark.parametrize("name", sk.__all__)
def test_every_name_resolves(name):
    assert getattr(sk, name) is not None


def test_unknown_name():
    with pytest.raises(AttributeError, match="no_such_name"):
        sk.no_such_name  # noqa: B018


def test_audit_is_the_function_even_after_the_room_is_imported():
    import saliencekit.auditing  # noqa: F401

    assert callable(sk.audit)


def test_import_alone_is_light():
    assert python("import sys, saliencekit; print('torch' in sys.modules, 'numpy' in sys.modules)") == "False False"


def test_a_functional_name_brings_torch_and_no_heavier_engine():
    heavy = "('torchvision', 'lightning', 'pandas', 'matplotlib', 'captum', 'scipy', 'skimage', 'timm', 'pyarrow')"
    use = "from saliencekit import cam_entropy, DroidLoss, GradCAM"
    code = f"import sys; {use}; print([name for name in {heavy} if name in sys.modules])"
    assert python(code) == "[]"


def test_help_needs_no_torch():
    code = (
        "import sys\nfrom saliencekit.cli import app\n"
        "app(['audit', '--help'], exit_on_error=False)\nprint('torch' in sys.modules)"
    )
    assert python(code).endswith("False")
