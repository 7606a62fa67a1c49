import re

import pytest

from saliencekit.errors import InputError, UsageError
from saliencekit.measures import MEASURES
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


ALL = [each() for each in MEASURES.values()]


@pytest.mark.parametrize(
    "expression",
    [
        "entropy.ci_low > 3.2 or entropy.degenerate > 0 and entropy.degenerate_kinds.'one-pixel' > 0",
        "entropy.value / entropy.maximum > 0.5 and entropy.also.effective_area.value < 3",
        'entropy.groups.group."any name".value > 3 or entropy.groups.correct.False.n < 5',
        'equivariance.groups.transform."flip-lr".over_null.ci_high > 0',
        "degradation.over_null.ci_high > 0",
        "out_of_set.groups.set.cats.effect_size > 1 or out_of_set.also.noise_ssim.null > 1",
        "stability is applicable and stability.over_null.ci_low <= 0",
        "out_of_set.groups.set.cats is not applicable",
        "data.skipped_share > 0.01 and data.listed > 0 or findings.warning > 0",
    ],
)
def test_whatever_an_audit_may_say_can_be_named_before_it(expression):
    assert Gate.for_audit([expression], ALL).clauses


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("entropi.value > 3", "unknown name 'entropi'; the nearest is entropy"),
        ("entropy.vlaue > 3", "unknown name 'vlaue' in entropy; the nearest are value, value_range"),
        ("entropy.value > 3 and entropy.ci_hihg > 3", "unknown name 'ci_hihg' in entropy; the nearest"),
        ("entropy.effective_area.value > 3", "'effective_area' in entropy; it stands in also: also.effective_area"),
        ("entropy.also.effective_aera.value > 3", "the nearest is effective_area"),
        ("entropy.groups.lable.real.value > 3", "'lable' in entropy.groups; the nearest is label"),
        ("entropy.groups.label.real.vlaue > 3", "'vlaue' in entropy.groups.label.real; the nearest is value"),
        ("entropy.groups.label.real > 3", "entropy.groups.label.real is no number; in it are value, ci_low"),
        ("entropy.groups.label > 3", "entropy.groups.label is no number:"),
        ("entropy > 3", "entropy is no number; in it are value, ci_low"),
        ("entropy.unit > 3", "entropy.unit is no number"),
        ("entropy.value.mean > 3", "unknown name 'mean' in entropy.value; that is no table"),
        ("stability.also.peason is applicable", "'peason' in stability.also; the nearest are pearson, spearman"),
        ("data.skiped_share > 0", "unknown name 'skiped_share' in data; the nearest is skipped_share"),
        ("data.source > 0", "unknown name 'source' in data"),
        ("findings.warnings > 0", "the nearest is warning"),
    ],
)
def test_a_misspelt_name_is_seen_before_the_audit(expression, sentence):
    with pytest.raises(UsageError, match=re.escape(sentence)):
        Gate.for_audit(["entropy.value > 1", expression], ALL)


def test_mistakes_before_any_work(tmp_path):
    with pytest.raises(UsageError, match="give one"):
        read(baseline=tmp_path)
    with pytest.raises(InputError, match="holds no finished audit"):
        read("entropy.value drop > 0", baseline=tmp_path)
    with pytest.raises(UsageError, match="unknown name"):
        read("novelty.value > 0")
