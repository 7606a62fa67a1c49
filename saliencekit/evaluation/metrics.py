"""The figures, by name: what each asks for, and its value by torchmetrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..errors import InputError
from ..functional.detection import curve_eer, d_prime
from .trials import Trials

BINS = 15
LOW_RATES = {"tpr_at_fpr_1e-2": 0.01, "tpr_at_fpr_1e-3": 0.001}


@dataclass(frozen=True)
class Metric:
    """One figure about a set of real and synthetic images.

    Parameters
    ----------
    title, unit
        For people.
    direction
        Which is better.
    needs
        Classes without which it has no value.
    value
        The figure of a set that has them.
    """

    title: str
    unit: str
    direction: Literal["higher", "lower"]
    needs: tuple[Literal["real", "synthetic"], ...]
    value: Callable[[Trials], float]

    def reason_against(self, trials: Trials) -> str | None:
        """Return why a set has no such figure, or None."""
        counts = {"real": trials.real, "synthetic": trials.fake}
        lacking = [name for name in self.needs if not counts[name]]
        return f"no {lacking[0]} image was scored" if lacking else None


def _auroc(trials: Trials) -> float:
    from torchmetrics.functional.classification import binary_auroc

    return float(binary_auroc(trials.scores, trials.labels.long(), validate_args=False))


def _average_precision(trials: Trials) -> float:
    from torchmetrics.functional.classification import binary_average_precision

    return float(binary_average_precision(trials.scores, trials.labels.long(), validate_args=False))


def _ece(trials: Trials) -> float:
    from torchmetrics.functional.classification import binary_calibration_error

    return float(binary_calibration_error(trials.probabilities, trials.labels.long(), n_bins=BINS, validate_args=False))


def _sensitivity(trials: Trials, specificity: float) -> float:
    from torchmetrics.functional.classification import binary_sensitivity_at_specificity

    found, _ = binary_sensitivity_at_specificity(
        trials.scores, trials.labels.long(), min_specificity=specificity, validate_args=False
    )
    return float(found)


def _eer(trials: Trials) -> float:
    return float(curve_eer(*trials.curve[1:]))


def _tpr_at(rate: float) -> Callable[[Trials], float]:
    def value(trials: Trials) -> float:
        if trials.real * rate < 1 - 1e-9:
            raise InputError(f"{rate:.1%} of {trials.real} real images is less than one image")
        return _sensitivity(trials, 1 - rate)

    return value


def _d_prime(trials: Trials) -> float:
    return d_prime(trials.scores[trials.labels], trials.scores[~trials.labels])


def confusion(trials: Trials) -> tuple[int, int, int, int]:
    """Return hits, alarms, correct rejections and misses at the threshold."""
    from torchmetrics.functional.classification import binary_stat_scores

    # Given as decisions: torchmetrics' own threshold is exclusive.
    counts = binary_stat_scores(trials.called.long(), trials.labels.long(), validate_args=False)
    hits, alarms, rejections, misses, _ = counts.tolist()
    return hits, alarms, rejections, misses


def _accuracy(trials: Trials) -> float:
    hits, _, rejections, _ = confusion(trials)
    return (hits + rejections) / len(trials.labels)


def _apcer(trials: Trials) -> float:
    return confusion(trials)[3] / trials.fake


def _bpcer(trials: Trials) -> float:
    return confusion(trials)[1] / trials.real


def _acer(trials: Trials) -> float:
    return (_apcer(trials) + _bpcer(trials)) / 2


def _balanced(trials: Trials) -> float:
    return 1 - _acer(trials)


def _brier(trials: Trials) -> float:
    return float(trials.residuals.square().mean())


BOTH: tuple[Literal["real", "synthetic"], ...] = ("real", "synthetic")
METRICS: dict[str, Metric] = {
    "auroc": Metric("AUROC", "area", "higher", BOTH, _auroc),
    "average_precision": Metric("average precision", "share", "higher", BOTH, _average_precision),
    "accuracy": Metric("accuracy", "share", "higher", (), _accuracy),
    "balanced_accuracy": Metric("balanced accuracy", "share", "higher", BOTH, _balanced),
    "eer": Metric("equal error rate", "rate", "lower", BOTH, _eer),
    "tpr_at_fpr_1e-2": Metric("TPR at FPR 1 %", "rate", "higher", BOTH, _tpr_at(LOW_RATES["tpr_at_fpr_1e-2"])),
    "tpr_at_fpr_1e-3": Metric("TPR at FPR 0.1 %", "rate", "higher", BOTH, _tpr_at(LOW_RATES["tpr_at_fpr_1e-3"])),
    "d_prime": Metric("d'", "standard deviations", "higher", BOTH, _d_prime),
    "apcer": Metric("APCER", "rate", "lower", ("synthetic",), _apcer),
    "bpcer": Metric("BPCER", "rate", "lower", ("real",), _bpcer),
    "acer": Metric("ACER", "rate", "lower", BOTH, _acer),
    "brier": Metric("Brier score", "square", "lower", (), _brier),
    "ece": Metric("ECE", "share", "lower", (), _ece),
}
