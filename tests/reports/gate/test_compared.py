import pytest

from saliencekit.errors import UsageError
from saliencekit.reports import Gate, compare
from saliencekit.reports.families import family_of


def failures(expression, a, b):
    families = [family_of(a), family_of(b)]
    return Gate.for_comparison([expression], families).failures_between(compare(*families))


@pytest.fixture
def two(tmp_path, tiny, entropies):
    a = tiny(tmp_path / "a", entropy=entropies([1.0 + i for i in range(12)], group=["g", "h"] * 6))
    b = tiny(tmp_path / "b", entropy=entropies([0.75 + i for i in range(12)]))
    return a, b


@pytest.mark.parametrize(
    ("expression", "fails"),
    [
        ("entropy.value drop > 0.2", True),
        ("entropy.value drop > 0.3", False),
        ("entropy.value == 6.25", True),
        ("entropy.difference.ci_high < 0 and entropy.p_holm < 0.05", True),
        ("entropy.effect_size == -1", True),
        ("entropy.groups.group.g.value == -0.25", True),
        ("data.images < 12", False),
        ("accuracy is applicable", False),
        ("accuracy.value drop > 0.1", True),  # labels are not known, and a test that cannot be made fails
        ("findings.notice > 0", True),
    ],
)
def test_numbers_of_a_comparison(two, expression, fails):
    assert bool(failures(expression, *two)) == fails


def test_unknown_measures_are_refused_first(two):
    with pytest.raises(UsageError, match="unknown name 'stability'"):
        failures("stability.value > 1", *two)
