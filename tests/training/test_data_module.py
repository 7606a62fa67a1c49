import pytest
import torch

from saliencekit.data import open_data
from saliencekit.errors import DataError, UsageError
from saliencekit.preprocessing import Preprocessing
from saliencekit.training import DetectorData
from saliencekit.training.data_module import normalized


def test_images_are_scaled_as_the_network_takes_them():
    images = torch.tensor([[[[0, 51]], [[255, 102]]]], dtype=torch.uint8)
    two = Preprocessing(channels=3, mean=(0.5, 0.0, 0.0), std=(0.5, 2.0, 1.0))
    out = normalized(images[:, [0, 1, 1]], two)
    torch.testing.assert_close(out, torch.tensor([[[[-1.0, -0.6]], [[0.5, 0.2]], [[1.0, 0.4]]]]))
    assert images.dtype == torch.uint8


def test_runs_share_what_was_read(squares, preprocessing):
    first = DetectorData(squares, preprocessing, seed=0)
    first.setup()
    second = first.for_run(batch_size=7, seed=3)
    assert second.split("train") is first.split("train")
    batches = second.train_dataloader()
    assert len(next(iter(batches)).labels) == 7
    assert batches.sampler.seed == 3
    assert second.identities[0] == "train-00.png"


def test_validation_keeps_one_order(squares, preprocessing):
    batches = DetectorData(squares, preprocessing, batch_size=2).val_dataloader()
    first = [place for batch in batches for place in batch.places.tolist()]
    assert first == sorted(first) == [place for batch in batches for place in batch.places.tolist()]
    assert len(first) == 12


def rewritten(manifest, change):
    lines = [change(line) for line in manifest.read_text().splitlines()]
    manifest.write_text("\n".join(line for line in lines if line) + "\n")
    return manifest


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda line: line.replace(",val,", ",test,"), "is in the split 'val': it has test, train"),
        (lambda line: line.replace(",val,", ",,").replace(",train,", ",,"), "'train': it has no splits at all"),
        (lambda line: "" if ",fake,val" in line else line, "'val' of .* is of the class 'fake'"),
        (lambda line: "" if ",real,train" in line else line, "'train' of .* is of the class 'real'"),
        (lambda line: line.replace(",real,", ",,").replace(",fake,", ",,"), "has no labels"),
    ],
)
def test_data_that_cannot_train_a_detector_is_refused(squares, preprocessing, change, message):
    data = DetectorData(rewritten(squares, change), preprocessing)
    with pytest.raises(DataError, match=message):
        data.setup()


def test_too_many_unreadable_images_stop(squares, preprocessing):
    for number in (3, 8):
        (squares.parent / f"train-{number:02d}.png").unlink()
    with pytest.raises(DataError, match=r"2 of 24 images of the split 'train' .* the first is 'train-03.png'"):
        DetectorData(squares, preprocessing).setup()
    lenient = DetectorData(open_data(squares), preprocessing, max_unreadable=0.1)
    lenient.setup()
    assert [failure.image for failure in lenient.skipped] == ["train-03.png", "train-08.png"]
    assert len(lenient.split("train").examples.labels) == 22


def test_an_empty_batch_is_refused(squares, preprocessing):
    with pytest.raises(UsageError, match="`batch_size` to be at least 1, got 0"):
        DetectorData(squares, preprocessing, batch_size=0)
