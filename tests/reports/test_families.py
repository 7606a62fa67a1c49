import pytest

from saliencekit.errors import InputError, UsageError
from saliencekit.reports.families import family_from_word, family_of, told_apart


@pytest.fixture
def audits(tmp_path, tiny, entropies):
    return [tiny(tmp_path / name, entropy=entropies({"x": 1.0, name: 2.0})) for name in ("a", "b", "c=d")]


def test_a_folder_is_a_family_of_one(audits):
    found = family_from_word(str(audits[0].folder))
    assert (found.name, len(found.audits)) == ("tiny.pt", 1)
    assert family_of(found) is found


def test_a_name_and_folders(audits):
    found = family_from_word(f"droid={audits[0].folder},{audits[1].folder}")
    assert (found.name, len(found.audits)) == ("droid", 2)
    assert found.images == {"x"}  # what every run holds


def test_a_folder_with_an_equals_sign_is_a_folder(audits):
    assert family_from_word(str(audits[2].folder)).name == "tiny.pt"


@pytest.mark.parametrize("word", ["=a", "name=", "name=,"])
def test_half_a_word(word):
    with pytest.raises(UsageError, match="expected a folder, or NAME=DIR,DIR"):
        family_from_word(word)


def test_no_audit_and_the_same_twice(audits, tmp_path):
    with pytest.raises(InputError, match="holds no finished audit"):
        family_from_word(f"x={tmp_path}/nothing")
    with pytest.raises(UsageError, match="stands twice"):
        family_from_word(f"x={audits[0].folder},{audits[0].folder}/../a")
    with pytest.raises(UsageError, match="at least one audit"):
        family_of([])


def test_equal_names_are_told_apart(audits):
    given = [family_of(each) for each in audits[:2]]
    names = [each.name for each in told_apart(given)]
    assert names == [f"tiny.pt ({each.folder})" for each in audits[:2]]
    assert len({each.name for each in told_apart([given[0], given[0]])}) == 2
    assert told_apart([given[0]])[0].name == "tiny.pt"
