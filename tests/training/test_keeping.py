import copy
import dataclasses
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from saliencekit.errors import UsageError
from saliencekit.losses import CrossEntropyLoss
from saliencekit.models import SmallCNN, load_model, model_info
from saliencekit.training import DetectorModule, Recipe
from saliencekit.training.keeping import Destination, KeepBest

TRAINER = SimpleNamespace(is_global_zero=True)


@pytest.fixture
def module():
    return DetectorModule(SmallCNN(width=1), CrossEntropyLoss(), recipe=Recipe())


@pytest.fixture
def keeper(tmp_path, preprocessing):
    return KeepBest(
        Destination(
            path=tmp_path / "run" / "model.pt",
            arch="saliencekit:small-cnn?width=1",
            classes=("real", "fake"),
            preprocessing=preprocessing,
            data="faces",
            record={"seed": 5},
        )
    )


def epoch(keeper, module, number, accuracy):
    with torch.no_grad():
        module.model.head.bias.fill_(number)
    figures = {} if accuracy is None else {keeper.keep: accuracy}
    module.history.append({"epoch": number, "train/accuracy": 0.1 * number, **figures})
    keeper.on_train_epoch_end(TRAINER, module)


def kept(keeper):
    model = load_model(keeper.destination.path)
    return model.head.bias[0].item(), model_info(model).training


def test_the_highest_accuracy_is_kept_and_of_equal_ones_the_later(keeper, module):
    seen = []
    for number, accuracy in enumerate([0.5, 0.75, 0.6, 0.75, 0.7]):
        epoch(keeper, module, number, accuracy)
        seen.append(kept(keeper)[0])
    assert seen == [0, 1, 1, 3, 3]
    assert (keeper.best["epoch"], keeper.best["val/accuracy"]) == (3, 0.75)


def test_of_a_loss_the_lowest_is_kept_and_of_equal_ones_the_later(keeper, module):
    keeper.keep = "val/loss"
    seen = []
    for number, loss in enumerate([0.5, 0.7, 0.5, 0.6, 0.4]):
        epoch(keeper, module, number, loss)
        seen.append(kept(keeper)[0])
    assert seen == [0, 0, 2, 2, 4]
    assert kept(keeper)[1]["kept_by"] == "val/loss"
    assert kept(keeper)[1]["best_val_accuracy"] is None


def test_epochs_without_a_validation_do_not_count(keeper, module):
    for number, accuracy in enumerate([None, 0.5, None, 0.4, None]):
        epoch(keeper, module, number, accuracy)
    assert keeper.best["epoch"] == 1
    keeper.on_fit_end(TRAINER, module)
    assert (kept(keeper)[0], len(kept(keeper)[1]["history"])) == (1, 5)


def test_a_figure_of_training_counts_in_every_epoch(keeper, module):
    keeper.keep = "train/accuracy"
    for number in range(3):
        epoch(keeper, module, number, None)
    assert keeper.best["epoch"] == 2


def test_an_unknown_figure_lists_what_there_is(keeper, module):
    keeper.keep = "train/terms/human_mse"
    module.history.append({"epoch": 0, "train/loss": 1.0, "lr": 0.1})
    with pytest.raises(UsageError, match=r"no figure 'train/terms/human_mse' .* expected one of lr, train/loss$"):
        keeper.on_train_epoch_end(TRAINER, module)


def test_a_run_that_goes_on_knows_its_best_epoch(tmp_path, keeper, module):
    for number, accuracy in enumerate([0.5, 0.75, 0.6]):
        epoch(keeper, module, number, accuracy)
    state = copy.deepcopy(keeper.state_dict())
    other = KeepBest(dataclasses.replace(keeper.destination, path=tmp_path / "other" / "model.pt"))
    other.load_state_dict(state)
    epoch(other, module, 3, 0.7)
    other.on_fit_end(TRAINER, module)
    assert kept(other)[0] == 1
    assert kept(other)[1]["best_epoch"] == 1


def test_further_processes_know_the_best_epoch_and_write_nothing(keeper, module):
    module.history.append({"epoch": 0, "val/accuracy": 0.5})
    keeper.on_train_epoch_end(SimpleNamespace(is_global_zero=False), module)
    keeper.on_fit_end(SimpleNamespace(is_global_zero=False), module)
    assert keeper.best["epoch"] == 0
    assert not keeper.destination.path.exists()


def test_epochs_before_the_loss_is_on_give_way(keeper):
    recipe = Recipe(warm_epochs=2)
    module = DetectorModule(SmallCNN(width=1), CrossEntropyLoss(), recipe=recipe)
    seen = []
    for number, accuracy in enumerate([0.8, 0.9, 0.5, 0.4]):
        epoch(keeper, module, number, accuracy)
        seen.append(kept(keeper)[0])
    assert seen == [0, 1, 2, 2]


def test_the_end_adds_the_whole_history(keeper, module):
    for number, accuracy in enumerate([0.5, 0.9, 0.6]):
        epoch(keeper, module, number, accuracy)
    _, record = kept(keeper)
    assert (record["finished"], len(record["history"]), record["seed"]) == (False, 2, 5)
    keeper.on_fit_end(TRAINER, module)
    bias, record = kept(keeper)
    assert bias == 1
    assert (record["finished"], record["best_epoch"], record["best_val_accuracy"]) == (True, 1, 0.9)
    assert [each["epoch"] for each in record["history"]] == [0, 1, 2]


def test_the_trained_module_is_not_disturbed(keeper, module):
    module.model.train()
    before = {name: value.clone() for name, value in module.model.state_dict().items()}
    epoch(keeper, module, 0, 0.5)
    assert module.model.training
    before["head.bias"] = torch.zeros(2)
    assert all(torch.equal(value, before[name]) for name, value in module.model.state_dict().items())
    nn.init.ones_(module.model.head.weight)
    keeper.on_fit_end(TRAINER, module)
    assert torch.equal(load_model(keeper.destination.path).head.weight, before["head.weight"])


def test_a_network_in_channels_last_is_kept_in_the_usual_order(keeper, module):
    module.model.to(memory_format=torch.channels_last)
    epoch(keeper, module, 0, 0.5)
    weights = module.model.features[3].state_dict()
    saved = torch.load(keeper.destination.path, weights_only=True)["state_dict"]
    assert all(value.is_contiguous() for value in saved.values())
    assert all(torch.equal(saved[f"features.3.{name}"], value) for name, value in weights.items())
