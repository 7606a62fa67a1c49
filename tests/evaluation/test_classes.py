import pytest

from saliencekit.errors import DataError, ModelError
from saliencekit.evaluation.classes import synthetic_class, synthetic_label


@pytest.mark.parametrize(
    ("classes", "expected"),
    [((), 1), (("real", "fake"), 1), (("fake", "real"), 0), (("Synthetic", "Bona-Fide"), 0), (("cat", "dog"), 1)],
)
def test_the_class_whose_name_means_so(classes, expected):
    assert synthetic_class(classes, 2) == expected


def test_a_classifier_of_many_things_is_no_detector():
    with pytest.raises(ModelError, match="detector of one or two logits, got 1000 classes"):
        synthetic_class((), 1000)


def test_labels_mean_what_their_names_say():
    assert synthetic_label(("real", "fake")) == 1
    assert synthetic_label(("real", "fake"), ("fake", "real")) == 1  # the data's own numbers
    assert synthetic_label(("cat", "dog"), ("dog", "cat")) == 0  # dog is 1 for both


def test_labels_that_will_not_do():
    with pytest.raises(DataError, match="have no labels"):
        synthetic_label(())
    with pytest.raises(DataError, match="needs the two classes real and synthetic, got 3 classes: 0, 1, 2"):
        synthetic_label(("0", "1", "2"))
