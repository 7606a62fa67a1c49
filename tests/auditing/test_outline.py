"""The shape of a summary; that it is the shape of a real one is tested in ``test_run.py``."""

from saliencekit.auditing.outline import ANY, outline
from saliencekit.measures import Degradation, Entropy, OutOfSet


def test_only_the_measures_asked_for_have_a_shape():
    found = outline([Entropy(), Degradation()])
    assert list(found) == ["data", "findings", "measures"]
    assert list(found["measures"]) == ["entropy", "degradation"]
    assert outline([])["measures"] == {}


def test_what_only_one_measure_has():
    entropy, other = outline([Entropy(), OutOfSet()])["measures"].values()
    assert (entropy["maximum"], entropy["degenerate_kinds"]["one-pixel"]) == (0.0, 0.0)
    assert "maximum" not in other
    assert other["groups"]["set"][ANY]["effect_size"] == 0.0
    assert "set" not in entropy["groups"]
    assert other["also"]["auroc_of_informative_maps"]["value"] == 0.0


def test_words_are_words_and_tables_are_open():
    entry = outline([Entropy()])["measures"]["entropy"]
    assert (entry["status"], entry["unit"]) == ("ok", "nats")
    assert all(list(levels) == [ANY] for levels in entry["groups"].values())
