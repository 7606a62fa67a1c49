"""The figures that a sweep's table has of every run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """A figure of a run.

    Parameters
    ----------
    key
        In ``evaluation.json``, ``sweep.csv`` and ``sweep.json``.
    name, unit
        For people.
    direction
        ``"higher"`` or ``"lower"`` is better, or ``"neither"``.
    """

    key: str
    name: str
    unit: str
    direction: str


METRICS: dict[str, Metric] = {
    each.key: each
    for each in (
        Metric("auroc", "AUROC", "", "higher"),
        Metric("average_precision", "AP", "", "higher"),
        Metric("accuracy", "accuracy", "", "higher"),
        Metric("eer", "EER", "", "lower"),
        Metric("map_entropy", "map entropy", "nats", "neither"),
    )
}
"""Area under the ROC curve, average precision, accuracy at the threshold taken from the validation split, equal
error rate, and the mean entropy of the maps of the test images, in the order of the table."""
HEADLINE = "auroc"
