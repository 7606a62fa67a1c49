import pytest
import torch
from torch import nn

from saliencekit.errors import NumericalError
from saliencekit.training.watch import FiniteWatch, check_scale, check_weights

GOOD, BAD = torch.tensor(1.5), torch.tensor(float("nan"))


def test_the_message_names_epoch_step_terms_and_images():
    watch = FiniteWatch([f"{number}.png" for number in range(9)], every=1)
    watch.add({"cross_entropy": GOOD, "log_entropy": GOOD}, torch.tensor([0, 1]), epoch=3, step=6)
    watch.add({"cross_entropy": GOOD, "log_entropy": BAD}, torch.tensor([8, 2]), epoch=3, step=7)
    message = (
        r"not finite in epoch 3, step 7 \(cross_entropy 1.5, log_entropy nan\), "
        r"on the images 8.png, 2.png: lower the learning rate"
    )
    with pytest.raises(NumericalError, match=message):
        watch.look()


def test_many_images_are_counted():
    watch = FiniteWatch([], every=1)
    watch.add({"cross_entropy": torch.tensor(float("inf"))}, torch.arange(20), epoch=0, step=0)
    with pytest.raises(NumericalError, match="number 0, number 1, number 2, number 3, number 4 and 15 more"):
        watch.look()


def test_it_is_time_to_look_when_enough_is_kept():
    watch = FiniteWatch([], every=4)
    for step, term in enumerate([GOOD, BAD, BAD, GOOD]):
        assert not watch.due
        watch.add({"cross_entropy": term}, torch.tensor([step]), epoch=0, step=step)
    assert watch.due
    with pytest.raises(NumericalError, match=r"epoch 0, step 1 .* number 1:"):
        watch.look()
    assert not watch.due
    watch.look()  # what was looked at is gone


def test_a_scale_that_fell_step_after_step():
    for halvings in range(27):
        check_scale(65536.0 / 2**halvings)
    with pytest.raises(NumericalError, match=r"fallen to 0.00049, .* choose the precision bf16-mixed or 32"):
        check_scale(65536.0 / 2**27)
    with pytest.raises(NumericalError, match="fallen to 0,"):
        check_scale(0.0)


@pytest.mark.parametrize(("name", "value"), [("0.weight", float("nan")), ("1.running_var", float("inf"))])
def test_weights_and_buffers_are_checked(name, value):
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    check_weights(model, what="epoch 1")
    model.state_dict()[name].view(-1)[0] = value
    with pytest.raises(NumericalError, match=rf"the weight {name} is not finite after epoch 1, step 5"):
        check_weights(model, what="epoch 1, step 5")


def test_a_model_without_weights():
    check_weights(nn.ReLU(), what="epoch 0")
