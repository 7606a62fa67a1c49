import platform

import saliencekit as sk
from saliencekit.versions import versions


def test_this_package_and_python_come_first():
    assert list(versions(["torch"])) == ["saliencekit", "python", "torch"]
    assert versions([]) == {"saliencekit": sk.__version__, "python": platform.python_version()}


def test_what_is_missing_is_said():
    assert versions(["no-such-package"])["no-such-package"] == "not installed"
