import inspect

import pytest

from saliencekit import errors

TREE = [each for each in vars(errors).values() if inspect.isclass(each)]


@pytest.mark.parametrize("error", TREE, ids=lambda each: each.__name__)
def test_each_error_is_drawn_in_the_tree_and_is_a_builtin_too(error):
    assert error.__name__ in errors.__doc__
    assert issubclass(error, errors.SaliencekitError)
    if error is not errors.SaliencekitError:
        assert any(issubclass(error, builtin) for builtin in (ValueError, OSError, ArithmeticError))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("UsageError", 2),
        ("InputError", 3),
        ("UnsafeFileError", 3),
        ("EnvironmentFault", 4),
        ("NumericalError", 5),
    ],
)
def test_exit_codes(error, code):
    assert getattr(errors, error).exit_code == code


def test_one_of_names_the_nearest():
    with pytest.raises(
        errors.UsageError, match=r"unknown salience 'gradcam': expected one of cam, grad-cam; did you mean"
    ):
        errors.one_of("gradcam", ["cam", "grad-cam"], "salience")
