import pytest

from saliencekit.errors import InputError, UsageError
from saliencekit.reports import Gate


def read(*expressions, baseline=None):
    return Gate.read(expressions, measures=["entropy", "stability"], baseline=baseline)


def test_every_clause_that_fails_is_named(audit):
    found = read("entropy.value > 0", "entropy.value > 100", "entropy.n == 24").failures(audit)
    assert [each.clause for each in found] == ["entropy.value > 0", "entropy.n == 24"]
    assert read().failures(audit) == ()


def test_against_a_baseline(audit, sharper):
    drop = audit.summary["measures"]["entropy"]["value"] - sharper.summary["measures"]["entropy"]["value"]
    assert read(f"entropy.value drop > {drop - 0.001}", baseline=audit.folder).failures(sharper)
    assert not read(f"entropy.value drop > {drop + 0.001}", baseline=audit.folder).failures(sharper)


def test_what_differs_from_the_baseline_is_a_warning(audit, sharper, tiny, entropies, tmp_path):
    assert read("entropy.value rise > 0", baseline=audit.folder).warnings(sharper) == ()
    other = tiny(tmp_path / "a", entropy=entropies([1.0]))
    (found, *_) = read("entropy.value rise > 0", baseline=audit.folder).warnings(other)
    assert found == "the baseline differs in method: grad-cam there, cam here"
    assert read("entropy.value > 0").warnings(other) == ()


def test_mistakes_before_any_work(tmp_path):
    with pytest.raises(UsageError, match="give one"):
        read(baseline=tmp_path)
    with pytest.raises(InputError, match="holds no finished audit"):
        read("entropy.value drop > 0", baseline=tmp_path)
    with pytest.raises(UsageError, match="unknown name"):
        read("novelty.value > 0")
