import pytest

from saliencekit.errors import InputError, UsageError
from saliencekit.preprocessing import Preprocessing, PreprocessingFlags


def test_round_trip():
    original = Preprocessing(size=(56, 48), channels=1, mean=(0.5,), std=(0.25,), resize="crop", resize_to=64)
    assert Preprocessing.from_dict(original.to_dict()) == original


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"channels": 2}, "expected `channels` to be 1, 3 or 4, got 2"),
        ({"mean": (0.5,)}, "expected `mean` and `std` of 3 numbers, got 1 and 3"),
        ({"std": (0.0, 1.0, 1.0)}, "expected positive `size` and `std`"),
        ({"size": (0, 10)}, "expected positive `size` and `std`"),
    ],
)
def test_what_makes_no_sense_is_refused(changed, message):
    with pytest.raises(InputError, match=message):
        Preprocessing(**changed)


def test_unknown_word_lists_the_known():
    with pytest.raises(UsageError, match="unknown resize 'stretch': expected one of squash, crop"):
        Preprocessing(resize="stretch")


def test_unknown_recorded_field():
    with pytest.raises(InputError, match="recorded preprocessing cannot be read"):
        Preprocessing.from_dict({"colour": "blue"})


def test_flags_change_what_they_name_and_say_so():
    found = Preprocessing(source="checkpoint")
    changed = PreprocessingFlags(image_size=(96, 128), mean=(0.5,), std=(0.25,)).applied_to(found)
    assert (changed.size, changed.mean, changed.std, changed.channels) == ((96, 128), (0.5,), (0.25,), 1)
    assert changed.source == "checkpoint, but image_size, mean, std as given"
    assert changed.interpolation == found.interpolation
    assert PreprocessingFlags().applied_to(found) is found


def test_flags_that_make_no_sense():
    with pytest.raises(UsageError, match="expected `image_size` of one or two numbers, got 3"):
        PreprocessingFlags(image_size=(1, 2, 3)).applied_to(Preprocessing())
    with pytest.raises(InputError, match="expected `mean` and `std` of 1 numbers, got 1 and 3"):
        PreprocessingFlags(mean=(0.5,)).applied_to(Preprocessing())
