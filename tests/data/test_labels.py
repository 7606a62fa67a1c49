import pytest

from saliencekit.data.labels import FAKE_WORDS, REAL_WORDS, binary_label, resolve_labels, split_name
from saliencekit.errors import DataError


def lines(*words):
    return {word: f"line {number}" for number, word in enumerate(words, start=2)}


@pytest.mark.parametrize("word", ["real", "REAL", " Real ", "0_real", "Bona-Fide", "bona_fide", "bona fide", "genuine"])
def test_words_for_real(word):
    assert binary_label(word) == 0


@pytest.mark.parametrize("word", ["fake", "1_fake", "Synthetic", "FORGED", "generated", "1-fake"])
def test_words_for_fake(word):
    assert binary_label(word) == 1


@pytest.mark.parametrize("word", ["0_fake", "1_real", "0", "1", "", "cat", "unreal", "fakes"])
def test_words_for_neither(word):
    assert binary_label(word) is None


def test_no_word_means_both():
    assert not REAL_WORDS & FAKE_WORDS


@pytest.mark.parametrize("real", sorted(REAL_WORDS))
@pytest.mark.parametrize("fake", ["fake", "synthetic"])
def test_the_positive_class_is_fake_whatever_the_order(real, fake):
    for words in (lines(real, fake), lines(fake, real)):
        assert resolve_labels(words) == (("real", "fake"), {real: 0, fake: 1})


def test_one_class_only_keeps_its_number():
    assert resolve_labels(lines("fake")) == (("real", "fake"), {"fake": 1})
    assert resolve_labels(lines("1")) == (("real", "fake"), {"1": 1})


def test_zero_and_one_also_as_floats():
    assert resolve_labels(lines("0.0", "1.0", "1")) == (("real", "fake"), {"0.0": 0, "1.0": 1, "1": 1})


def test_numbers_are_the_labels_themselves():
    assert resolve_labels(lines("2", "4")) == (("0", "1", "2", "3", "4"), {"2": 2, "4": 4})


def test_any_names_are_sorted():
    classes, label = resolve_labels(lines("dog", "cat", "Ant"))
    assert classes == ("Ant", "cat", "dog")
    assert label == {"Ant": 0, "cat": 1, "dog": 2}


def test_real_among_generators_is_one_class_of_many():
    assert resolve_labels(lines("stylegan", "real", "progan"))[0] == ("progan", "real", "stylegan")


def test_numbers_and_words_do_not_mix():
    with pytest.raises(DataError, match=r"labels mix numbers \('1', line 3\) and words \('real', line 2\)"):
        resolve_labels(lines("real", "1"))


@pytest.mark.parametrize("words", [("real", "faek"), ("faek", "fake"), ("real", "fake", "maps")])
def test_a_word_that_is_neither_does_not_turn_the_classes_round(words):
    with pytest.raises(DataError, match=r"label '(faek|maps)' \(line \d\) means neither real nor fake"):
        resolve_labels(lines(*words))


def test_a_number_too_large_for_a_class():
    with pytest.raises(DataError, match=r"label '20230101' .* is no class number: expected 0 to 99999"):
        resolve_labels(lines("0", "20230101"))


@pytest.mark.parametrize(
    ("word", "name"), [("Training", "train"), ("dev", "val"), (" test ", "test"), ("fold", "fold")]
)
def test_splits(word, name):
    assert split_name(word) == name
