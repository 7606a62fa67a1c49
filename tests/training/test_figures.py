import math

import pytest
import torch

from saliencekit.errors import UsageError
from saliencekit.functional.entropy import cam_entropy
from saliencekit.functional.geometry import resize_maps
from saliencekit.training import figures as figures_module
from saliencekit.training.figures import EpochFigures, Pace, higher_is_better, known_figure, on_grid

LOGITS = torch.tensor([[2.0, 0.0], [0.0, 3.0], [1.0, 0.0], [0.0, 1.0]])
LABELS = torch.tensor([0, 1, 1, 0])
ONE_HOT = torch.zeros(4, 2, 2)
ONE_HOT[:, 0, 0] = 1


def test_training_figures_by_hand():
    figures = EpochFigures()
    figures.add_train({"a": torch.tensor(1.0), "b": torch.tensor(0.5)}, LOGITS, LABELS, ONE_HOT)
    figures.add_train({"a": torch.tensor(3.0), "b": torch.tensor(0.5)}, LOGITS[:1], LABELS[:1], torch.ones(1, 2, 2))
    closed = figures.close(lr=0.25)
    assert closed["train/terms/a"] == pytest.approx((4 * 1 + 3) / 5)
    assert closed["train/loss"] == pytest.approx(closed["train/terms/a"] + 0.5)
    assert closed["train/accuracy"] == pytest.approx(3 / 5)
    assert closed["train/map_entropy"] == pytest.approx(math.log(4) / 5)
    assert closed["map_entropy/maximum"] == math.log(4)
    assert closed["lr"] == 0.25
    assert "train/images_per_second" not in closed  # nobody has said when the epoch began
    assert not any(name.startswith("val/") for name in closed)
    assert "map_entropy/human" not in closed


def test_validation_figures_leave_stand_ins_out():
    figures, reference = EpochFigures(), EpochFigures()
    reference.add_val(LOGITS, LABELS, ONE_HOT, count=4)
    figures.add_val(LOGITS[:3], LABELS[:3], ONE_HOT[:3], count=3)
    figures.add_val(LOGITS[2:], LABELS[2:], ONE_HOT[2:], count=0)
    figures.add_val(LOGITS[[3, 0]], LABELS[[3, 0]], ONE_HOT[[3, 0]], count=1)
    expected, found = reference.close(lr=1.0), figures.close(lr=1.0)
    assert found == pytest.approx(expected)
    assert found["val/accuracy"] == 0.5
    assert found["val/auroc"] == 0.75  # margins -2, 3, -1, 1 of classes 0, 1, 1, 0: three pairs of four


def test_a_validation_that_was_broken_off_is_forgotten():
    figures = EpochFigures()
    figures.add_val(LOGITS, 1 - LABELS, ONE_HOT, count=4)
    figures.start_val()
    figures.add_val(LOGITS[:1], LABELS[:1], ONE_HOT[:1], count=1)
    closed = figures.close(lr=1.0)
    assert closed["val/accuracy"] == 1.0
    assert "val/auroc" not in closed  # of one class


def test_a_validation_that_is_not_finite_has_no_auroc():
    figures = EpochFigures()
    figures.add_val(LOGITS * float("nan"), LABELS, ONE_HOT, count=4)
    closed = figures.close(lr=1.0)
    assert math.isnan(closed["val/loss"])
    assert "val/auroc" not in closed


def test_the_human_entropy_is_that_of_the_first_epoch_over_images_with_a_map():
    maps = torch.zeros(3, 8, 8)
    maps[0, :2, :2], maps[1, :4] = 255, 255
    maps[2] = float("nan")
    has_map = torch.tensor([True, True, False])
    figures = EpochFigures()
    figures.add_human(maps[:1], has_map[:1], (4, 4))
    figures.add_human(maps[1:], has_map[1:], (4, 4))
    expected = cam_entropy(resize_maps(maps[:2], (4, 4))).mean().item()
    assert figures.close(lr=1.0)["map_entropy/human"] == pytest.approx(expected)
    figures.add_human(maps[:1], has_map[:1], (4, 4))
    assert figures.close(lr=1.0)["map_entropy/human"] == pytest.approx(expected)


def test_without_a_map_there_is_no_human_entropy():
    figures = EpochFigures()
    figures.add_human(torch.zeros(2, 8, 8), torch.tensor([False, False]), (4, 4))
    assert "map_entropy/human" not in figures.close(lr=1.0)


def test_half_an_epoch_can_be_saved():
    def first(figures):
        figures.add_train({"a": torch.tensor(0.3)}, LOGITS, LABELS, ONE_HOT)
        figures.add_human(ONE_HOT, torch.tensor([True, False, True, True]), (2, 2))

    def second(figures):
        figures.add_train({"a": torch.tensor(0.7)}, LOGITS[:3], LABELS[:3], ONE_HOT[:3])
        return {name: value for name, value in figures.close(lr=1.0).items() if name not in figures_module.TIMES}

    whole, begun, resumed = EpochFigures(), EpochFigures(), EpochFigures()
    first(whole)
    first(begun)
    resumed.load_state_dict(begun.state_dict(), torch.device("cpu"))
    assert second(resumed) == second(whole)


def test_the_pace_is_from_the_first_step_to_the_last(monkeypatch):
    clock = iter([10.0, 11.0, 14.0])
    monkeypatch.setattr("saliencekit.training.figures.time.monotonic", lambda: next(clock))
    pace = Pace()
    pace.start()
    pace.add(8)
    pace.add(12)
    assert pace.take() == 5.0
    assert pace.take() is None


def test_an_epoch_of_one_step_has_a_pace_and_one_without_any_has_none(monkeypatch):
    clock = iter([10.0, 12.0, 20.0])
    monkeypatch.setattr("saliencekit.training.figures.time.monotonic", lambda: next(clock))
    figures = EpochFigures()
    figures.start_train()
    figures.add_train(
        {"cross_entropy": torch.tensor(0.5)}, torch.zeros(8, 2), torch.zeros(8).long(), torch.rand(8, 2, 2)
    )
    assert figures.close(lr=0.1)["train/images_per_second"] == 4.0
    figures.start_train()  # resumed where only the validation is left
    assert "train/images_per_second" not in figures.close(lr=0.1)


def test_missing_maps_become_zeros_on_the_grid():
    maps = torch.full((2, 4, 4), float("nan"))
    maps[0] = 1
    found = on_grid(maps, torch.tensor([True, False]), (2, 2))
    assert torch.equal(found, torch.stack([torch.ones(2, 2), torch.zeros(2, 2)]))


def test_directions():
    lower = ["train/loss", "val/loss", "train/terms/human_mse", "val/map_entropy"]
    assert not any(higher_is_better(name) for name in lower)
    assert all(higher_is_better(name) for name in ["val/accuracy", "val/auroc"])


def test_an_unknown_figure_lists_what_there_is():
    with pytest.raises(UsageError, match=r"no figure 'val/acc' .*: expected one of lr, val/accuracy$"):
        known_figure("val/acc", {"epoch": 1, "val/accuracy": 0.5, "lr": 0.1})
