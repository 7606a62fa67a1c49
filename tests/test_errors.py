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


MANY = ["densenet", *(f"resnet-{number}" for number in range(99) if number != 5)]


@pytest.mark.parametrize(
    ("word", "nearest"),
    [
        ("densnet", "densenet"),
        ("SNET-4", "resnet-4', 'resnet-40"),  # held by them
        ("Res", "resnet-0', 'resnet-1', 'resnet-2"),
        ("rho", "resnet-9"),  # more like it than any other
    ],
)
def test_of_many_words_the_nearest_are_listed_and_how_many_there_are(word, nearest):
    with pytest.raises(errors.UsageError) as caught:
        errors.one_of(word, MANY, "architecture")
    assert str(caught.value).startswith(f"unknown architecture {word!r}: expected one of 99 known; did you mean ")
    assert f"did you mean '{nearest}'" in str(caught.value)
    assert len(str(caught.value)) < 160


def test_as_many_as_are_read_at_a_glance_are_all_listed():
    words = [f"word-{number}" for number in range(errors.MOST_LISTED)]
    with pytest.raises(errors.UsageError, match=f"expected one of {', '.join(words)}$"):
        errors.one_of("qqq", words, "word")
