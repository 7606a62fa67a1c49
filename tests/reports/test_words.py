import pytest

from saliencekit.reports.words import duration_words, plain_words, preprocessing_line


def test_preprocessing_with_a_crop():
    line = preprocessing_line(
        {
            "size": [224, 224],
            "resize": "crop",
            "resize_to": 256,
            "interpolation": "bicubic",
            "channels": 3,
            "mean": [0.485, 0.456, 0.406],
            "std": [0.229, 0.224, 0.225],
            "source": "flags",
        }
    )
    assert line == (
        "to 224 × 224 by crop from 256 (bicubic), 3 channels, mean 0.485, 0.456, 0.406, std 0.229, 0.224, 0.225; "
        "from: flags"
    )


@pytest.mark.parametrize(("seconds", "words"), [(None, "–"), (0.25, "0.2 s"), (59.4, "59.4 s"), (125.0, "2 min 05 s")])
def test_duration(seconds, words):
    assert duration_words(seconds) == words


def test_plain_values():
    assert plain_words(None) == "–"
    assert plain_words(["a", 1]) == "a 1"
    assert plain_words({"lr": 0.1, "steps": [1, 2]}) == "lr 0.1, steps 1 2"
    assert plain_words(False) == "False"
