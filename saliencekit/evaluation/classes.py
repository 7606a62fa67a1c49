"""Which of two classes is the synthetic one, in the model and in the data: by what their names mean."""

from __future__ import annotations

from collections.abc import Sequence

from ..data.labels import binary_label
from ..errors import DataError, ModelError

REAL, FAKE = "real", "fake"


def synthetic_class(classes: Sequence[str], logits: int) -> int:
    """Return the number of a model's synthetic class: the one whose name means so, else 1.

    A model trained on folders in the order of their names has ``("fake", "real")``.

    Parameters
    ----------
    classes
        Names of the model's classes; empty where they are not known.
    logits
        Length of its logits.

    Raises
    ------
    ModelError
        If it tells apart more than two classes.

    Examples
    --------
    >>> synthetic_class(("real", "fake"), 2), synthetic_class(("fake", "real"), 2), synthetic_class((), 1)
    (1, 0, 1)
    """
    if logits > 2:
        raise ModelError(
            f"expected a detector of one or two logits, got {logits} classes: these figures are of telling synthetic "
            "images from real ones"
        )
    return _meaning_fake(classes)


def synthetic_label(labels: Sequence[str], classes: Sequence[str] = ()) -> int:
    """Return the label of the data that stands for synthetic images.

    Parameters
    ----------
    labels
        Names of the data's classes.
    classes
        Names of the model's: where neither means real or fake, equal names are the same class.

    Raises
    ------
    DataError
        If the data have more than two classes, or none.

    Examples
    --------
    >>> synthetic_label(("real", "fake")), synthetic_label(("cat", "dog"), ("dog", "cat"))
    (1, 0)
    """
    if not labels:
        raise DataError("an evaluation needs labelled images, and these have no labels")
    if len(labels) > 2:
        named = ", ".join(labels[:5])
        raise DataError(f"an evaluation needs the two classes real and synthetic, got {len(labels)} classes: {named}")
    plain = all(binary_label(each) is None for each in (*labels, *classes))
    if plain and len(labels) == 2 and set(labels) == set(classes):
        return labels.index(classes[1])
    return _meaning_fake(labels)


def _meaning_fake(names: Sequence[str]) -> int:
    fake = [binary_label(each) == 1 for each in names]
    real = [binary_label(each) == 0 for each in names]
    if any(fake):
        return fake.index(True)
    return 0 if len(names) == 2 and real == [False, True] else 1
