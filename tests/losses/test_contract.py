"""What every loss of the registry keeps to."""

import inspect

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from saliencekit import losses
from saliencekit.errors import InputError, UsageError
from saliencekit.losses import LOSSES, loss_class

every_loss = pytest.mark.parametrize("word", sorted(LOSSES))


def args(batch, **changes):
    given = {
        "logits": batch.logits,
        "labels": batch.labels,
        "maps": batch.maps,
        "human_maps": batch.human_maps,
    }
    return given | changes


def test_the_words():
    assert list(LOSSES) == ["cross-entropy", "cyborg", "hseb", "fmmmse", "droid", "cyborg-droid"]
    assert all(loss_class(word) is cls and cls.word == word for word, cls in LOSSES.items())
    with pytest.raises(UsageError, match=r"unknown loss 'driod': expected one of .*; did you mean 'droid'"):
        loss_class("driod")


@every_loss
def test_class_and_function_stand_side_by_side(word, make_batch):
    stem = word.replace("-", "_")
    function = getattr(losses, f"{stem}_loss")
    settings = {
        name: each.default
        for name, each in inspect.signature(function).parameters.items()
        if each.kind is each.KEYWORD_ONLY
    }
    of_class = inspect.signature(LOSSES[word].__init__).parameters
    assert settings == {name: of_class[name].default for name in of_class if name != "self"}
    batch = make_batch()
    tensors = {name: value for name, value in args(batch).items() if name in inspect.signature(function).parameters}
    assert function(**tensors) == LOSSES[word]()(**args(batch))


@every_loss
def test_repr_names_the_settings(word):
    assert repr(LOSSES[word](reduction="sum")).startswith(f"{LOSSES[word].__name__}(reduction='sum'")


@every_loss
@pytest.mark.parametrize("k", [1, 2, 4])
@pytest.mark.parametrize("n", [1, 5])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_terms_sum_to_the_loss(word, make_batch, k, n, reduction):
    batch = make_batch(n=n, k=k)
    loss = LOSSES[word](reduction=reduction)
    terms = loss.terms(**args(batch))
    value = loss(**args(batch))
    assert "cross_entropy" in terms
    assert value.shape == ((n,) if reduction == "none" else ())
    assert all(term.shape == value.shape and term.dtype == torch.float64 for term in terms.values())
    torch.testing.assert_close(sum(terms.values()), value, rtol=0, atol=1e-12)


@every_loss
@pytest.mark.parametrize("present", [[1, 1, 1, 1, 1], [1, 0, 0, 1, 1], [0, 0, 0, 0, 0]])
def test_reductions_agree(word, make_batch, present):
    batch = make_batch()
    has_map = torch.tensor(present, dtype=torch.bool)
    given = args(batch, has_map=has_map)
    each = LOSSES[word](reduction="none").terms(**given)
    mean = LOSSES[word](reduction="mean").terms(**given)
    sums = LOSSES[word](reduction="sum").terms(**given)
    assert each.keys() == mean.keys() == sums.keys()
    for name, values in each.items():
        torch.testing.assert_close(values.sum(), sums[name])
        human = name in ("human_mse", "entropy_difference")
        count = max(1, int(has_map.sum())) if human else len(values)
        torch.testing.assert_close(values.sum() / count, mean[name])
        if human:
            assert (values[~has_map] == 0).all()


@every_loss
def test_batch_order_changes_nothing(word, make_batch):
    batch, order = make_batch(), torch.tensor([3, 1, 4, 0, 2])
    has_map = torch.tensor([True, True, False, True, False])
    given = args(batch, has_map=has_map)
    shuffled = {name: value[order] for name, value in given.items()}
    torch.testing.assert_close(LOSSES[word]()(**given), LOSSES[word]()(**shuffled))


@every_loss
@pytest.mark.parametrize("k", [1, 3])
def test_gradcheck(word, make_batch, k):
    batch = make_batch(n=3, k=k, size=(3, 4))
    has_map = torch.tensor([True, False, True])
    loss = LOSSES[word]()

    def scalar(logits, maps):
        return loss(logits, batch.labels, maps, batch.human_maps, has_map)

    inputs = (batch.logits.requires_grad_(), batch.maps.requires_grad_())
    assert torch.autograd.gradcheck(scalar, inputs)


MAPS = {
    "constant": torch.full((4, 7, 7), 3.0),
    "zero": torch.zeros(4, 7, 7),
    "one-hot": torch.eye(49)[[0, 10, 24, 48]].reshape(4, 7, 7),
    "checkerboard": (torch.arange(49) % 2).float().reshape(1, 7, 7).repeat(4, 1, 1),
    "one cell": torch.randn(4, 1, 1, generator=torch.Generator().manual_seed(0)),
    "tiny": torch.rand(4, 7, 7, generator=torch.Generator().manual_seed(0)) * 1e-30,
    "huge": torch.rand(4, 7, 7, generator=torch.Generator().manual_seed(0)) * 1e30,
}


@every_loss
@pytest.mark.parametrize("model", sorted(MAPS))
@pytest.mark.parametrize("human", ["constant", "zero", "one-hot", "one cell"])
@pytest.mark.parametrize("k", [1, 2])
def test_hard_maps_stay_finite(word, model, human, k):
    maps = MAPS[model].clone().requires_grad_()
    logits = torch.zeros(4, k, requires_grad=True)
    loss = LOSSES[word]()(logits, torch.tensor([0, 1, 0, 1]), maps, MAPS[human])
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(logits.grad).all()
    assert logits.grad.abs().sum() > 0
    if word != "cross-entropy":
        assert torch.isfinite(maps.grad).all()


@every_loss
def test_a_batch_with_no_human_map(word, make_batch):
    batch = make_batch()
    none = torch.zeros(5, dtype=torch.bool)
    junk = torch.full((5, 30, 20), torch.nan)
    first = LOSSES[word]()(batch.logits, batch.labels, batch.maps, junk, none)
    second = LOSSES[word]()(batch.logits, batch.labels, batch.maps, None, none)
    assert torch.isfinite(first)
    assert first == second


@every_loss
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_float32_inside_autocast(word, make_batch, dtype):
    batch = make_batch()
    with torch.autocast("cpu", dtype=dtype):
        halves = [each.to(dtype) for each in (batch.logits, batch.maps, batch.human_maps)]
        terms = LOSSES[word]().terms(halves[0], batch.labels, halves[1], halves[2])
    assert all(term.dtype == torch.float32 for term in terms.values())
    outside = LOSSES[word]()(halves[0].double(), batch.labels, halves[1].double(), halves[2].double())
    assert sum(terms.values()).item() == pytest.approx(outside.item(), abs=1e-5)


class NoWait(TorchDispatchMode):
    """Raise at every operation that would wait for an accelerator."""

    waits = frozenset({"_local_scalar_dense", "nonzero", "masked_select", "is_nonzero", "equal"})

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        assert name not in self.waits, f"{func} waits for the device"
        return func(*args, **(kwargs or {}))


@every_loss
@pytest.mark.parametrize("k", [1, 2])
def test_no_term_waits_for_the_device(word, k):
    # On the meta device there are no values: whatever needs one raises, on top of what NoWait catches.
    given = {
        "logits": torch.zeros(4, k, device="meta", requires_grad=True),
        "labels": torch.zeros(4, dtype=torch.long, device="meta"),
        "maps": torch.zeros(4, 7, 7, device="meta", requires_grad=True),
        "human_maps": torch.zeros(4, 56, 56, device="meta"),
        "has_map": torch.zeros(4, dtype=torch.bool, device="meta"),
    }
    with NoWait():
        for reduction in ("mean", "sum", "none"):
            sum(LOSSES[word](reduction=reduction).terms(**given).values()).sum().backward()


@every_loss
def test_inputs_and_random_state_are_untouched(word, make_batch):
    batch = make_batch()
    given = args(batch, has_map=torch.tensor([True, True, False, True, False]))
    before = {name: value.clone() for name, value in given.items()}
    state = torch.get_rng_state()
    leaves = {name: given[name].requires_grad_() for name in ("logits", "maps")}
    LOSSES[word]()(**given).backward()
    assert torch.equal(torch.get_rng_state(), state)
    for name, value in given.items():
        assert torch.equal(value, before[name]), name
    assert leaves["logits"].grad is not None
    assert (leaves["maps"].grad is None) == (word == "cross-entropy")


@every_loss
def test_nothing_to_train_and_nothing_to_save(word):
    loss = LOSSES[word]()
    assert not list(loss.parameters())
    assert not loss.state_dict()


@pytest.mark.parametrize("word", sorted(set(LOSSES) - {"cross-entropy"}))
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"maps": torch.zeros(5, 7)}, r"expected `maps` of shape \(5, h, w\), got \(5, 7\)"),
        ({"maps": torch.zeros(4, 7, 7)}, r"expected `maps` of shape \(5, h, w\), got \(4, 7, 7\)"),
    ],
)
def test_maps_that_do_not_fit_are_named(word, change, message, make_batch):
    with pytest.raises(InputError, match=message):
        LOSSES[word]()(**args(make_batch(), **change))


@pytest.mark.parametrize("word", sorted(word for word, cls in LOSSES.items() if cls.needs_human_maps))
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"human_maps": torch.zeros(5, 1, 7, 7)},
            r"`human_maps` of shape \(5, h, w\), got \(5, 1, 7, 7\)",
        ),
        ({"has_map": torch.ones(4).bool()}, r"expected `has_map` of shape \(5,\) and type bool, got \(4,\)"),
        (
            {"has_map": torch.ones(5)},
            r"and type bool, got \(5,\) of torch.float32",
        ),
    ],
)
def test_human_maps_that_do_not_fit_are_named(word, change, message, make_batch):
    with pytest.raises(InputError, match=message):
        LOSSES[word]()(**args(make_batch(), **change))


@every_loss
def test_an_unknown_reduction_lists_the_known_ones(word, make_batch):
    with pytest.raises(UsageError, match="unknown reduction 'avg': expected one of mean, sum, none"):
        LOSSES[word](reduction="avg")
    function = getattr(losses, f"{word.replace('-', '_')}_loss")
    batch = make_batch()
    tensors = [batch.logits, batch.labels] if word == "cross-entropy" else [batch.logits, batch.labels, batch.maps]
    extra = [batch.human_maps] if LOSSES[word].needs_human_maps else []
    with pytest.raises(UsageError, match="unknown reduction 'avg'"):
        function(*tensors, *extra, reduction="avg")


def test_a_training_loop_in_five_lines():
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU())
    head = torch.nn.Linear(4, 2)
    images, labels = torch.rand(6, 1, 9, 9), torch.tensor([0, 1, 0, 1, 0, 1])
    features = model(images)
    logits = head(features.mean((2, 3)))
    maps = torch.einsum("nchw,nc->nhw", features, head.weight[logits.argmax(1)])
    losses.DroidLoss(offset=1.0)(logits, labels, maps).backward()
    assert all(each.grad.abs().sum() > 0 for each in [*model.parameters(), head.weight])
