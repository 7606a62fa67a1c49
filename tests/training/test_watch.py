import pytest
import torch

from saliencekit.errors import NumericalError
from saliencekit.training.watch import FiniteWatch

GOOD, BAD = torch.tensor(1.5), torch.tensor(float("nan"))


def test_the_message_names_epoch_step_terms_and_images():
    watch = FiniteWatch([f"{number}.png" for number in range(9)], every=1)
    watch.add({"cross_entropy": GOOD, "log_entropy": GOOD}, torch.tensor([0, 1]), epoch=3, step=6)
    message = (
        r"not finite in epoch 3, step 7 \(cross_entropy 1.5, log_entropy nan\), "
        r"on the images 8.png, 2.png: lower the learning rate"
    )
    with pytest.raises(NumericalError, match=message):
        watch.add({"cross_entropy": GOOD, "log_entropy": BAD}, torch.tensor([8, 2]), epoch=3, step=7)


def test_many_images_are_counted():
    watch = FiniteWatch([], every=1)
    message = "number 0, number 1, number 2, number 3, number 4 and 15 more"
    with pytest.raises(NumericalError, match=message):
        watch.add({"cross_entropy": torch.tensor(float("inf"))}, torch.arange(20), epoch=0, step=0)


def test_the_first_bad_step_is_named_when_looks_are_rare():
    watch = FiniteWatch([], every=4)
    for step, term in enumerate([GOOD, BAD, BAD]):
        watch.add({"cross_entropy": term}, torch.tensor([step]), epoch=0, step=step)
    with pytest.raises(NumericalError, match=r"epoch 0, step 1 .* number 1:"):
        watch.look()
    watch.look()  # what was looked at is gone
