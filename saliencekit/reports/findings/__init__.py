"""Findings: what the numbers of an audit say in plain sentences, each from one rule with a stated threshold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import degradation, entropy, equivariance, images, out_of_set, stability
from .finding import SEVERITIES, Finding, Severity

Rule = Callable[[Mapping[str, Any]], Finding | None]

RULES: dict[str, Rule] = {
    "skipped-images": images.skipped_images,
    "few-images": images.few_images,
    "constant-maps": images.constant_maps,
    "flat-as-random": entropy.flat_as_random,
    "wrong-more-diffuse": entropy.wrong_more_diffuse,
    "diffuse-class": entropy.diffuse_class,
    "diffuse-group": entropy.diffuse_group,
    "entropy-tells-sets": out_of_set.entropy_tells_sets,
    "holds-under-noise": out_of_set.holds_under_noise,
    "follows-flips": equivariance.follows_flips,
    "follows-transforms": equivariance.follows_transforms,
    "runs-agree": stability.runs_agree,
    "salient-pixels-matter": degradation.salient_pixels_matter,
    "object-blur-hurts": degradation.object_blur_hurts,
}


def findings_of(summary: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return what the rules find in the content of ``summary.json``, warnings first.

    A rule whose measure is not applicable, or whose numbers are missing, finds nothing.
    """
    found = [each for rule in RULES.values() if (each := rule(summary)) is not None]
    return tuple(sorted(found, key=lambda each: SEVERITIES.index(each.severity)))


def recorded_findings(summary: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return the findings that a summary holds; of a summary without any, written before there were some, its own."""
    held = summary.get("findings")
    return findings_of(summary) if held is None else tuple(Finding(**each) for each in held)


__all__ = ["RULES", "SEVERITIES", "Finding", "Rule", "Severity", "findings_of", "recorded_findings"]
