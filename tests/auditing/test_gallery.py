import json

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from saliencekit.auditing.gallery import choose, write_gallery

PLACES = ["lowest", "median", "highest"]


def records(entropies, labels=None, predicted=None):
    """Entropy records in an order of images that is not that of their entropies."""
    count = len(entropies)
    return pd.DataFrame(
        {
            "index": range(count),
            "image": [f"{each:02d}.png" for each in range(count)],
            "group": pd.Series([None] * count, dtype="string"),
            "label": pd.Series(labels or ["real"] * count, dtype="string"),
            "predicted": pd.Series(predicted or ["real"] * count, dtype="string"),
            "score": [0.5] * count,
            "entropy": entropies,
        }
    )


def shown(chosen, name):
    """Entropies by place, of one class."""
    rows = chosen[chosen["class"] == name]
    return {place: part["entropy"].tolist() for place, part in rows.groupby("place", sort=False)}


def test_the_ends_and_the_middle_of_each_class():
    labels = ["fake", "real"] * 7
    chosen = choose(records([float(each) for each in (*range(13, -1, -1),)], labels, labels), 2)
    assert shown(chosen, "fake") == {"lowest": [1, 3], "median": [5, 7], "highest": [11, 13]}
    assert shown(chosen, "real") == {"lowest": [0, 2], "median": [4, 6], "highest": [10, 12]}
    assert list(chosen.groupby("class").groups) == ["fake", "real"]


@pytest.mark.parametrize(
    ("count", "each", "expected"),
    [
        (1, 4, {"lowest": [0]}),
        (2, 4, {"lowest": [0], "highest": [1]}),
        (3, 4, {"lowest": [0], "median": [1], "highest": [2]}),
        (4, 4, {"lowest": [0], "median": [1], "highest": [3]}),
        (6, 4, {"lowest": [0, 1], "median": [2, 3], "highest": [4, 5]}),
        (7, 1, {"lowest": [0], "median": [3], "highest": [6]}),
    ],
)
def test_few_images_are_shown_once_each(count, each, expected):
    chosen = choose(records([float(entropy) for entropy in range(count)]), each)
    assert shown(chosen, "real") == expected
    assert chosen["index"].is_unique


@pytest.mark.parametrize("each", [1, 2, 5])
@pytest.mark.parametrize("count", range(1, 20))
def test_no_image_twice_and_no_place_over_another(count, each):
    entropies = torch.randperm(count, generator=torch.Generator().manual_seed(count)).double().tolist()
    chosen = choose(records(entropies), each)
    assert chosen["index"].is_unique
    assert len(chosen) == min(count, 3 * min(each, max(1, count // 3)))
    assert chosen["entropy"].is_monotonic_increasing
    assert chosen["entropy"].min() == 0
    assert chosen["entropy"].max() == count - 1


def test_ties_go_by_name():
    chosen = choose(records([1.0] * 6), 1)
    assert chosen["image"].tolist() == ["00.png", "02.png", "05.png"]


def test_the_class_is_the_label_and_else_what_was_predicted():
    chosen = choose(records([1.0, 2.0, 3.0], ["real", None, "fake"], ["fake", "fake", "real"]), 4)
    assert dict(zip(chosen["image"], chosen["class"], strict=True)) == {
        "00.png": "real",
        "01.png": "fake",
        "02.png": "fake",
    }


def test_confident_mistakes_are_shown_where_they_are_not_already():
    frame = records([float(each) for each in range(8)], ["real"] * 8, ["fake"] * 6 + ["real", None])
    frame["score"] = [0.9, 0.5, 0.8, 0.6, 0.55, 0.7, 1.0, 1.0]
    chosen = choose(frame, 1)
    assert shown(chosen, "real") == {"lowest": [0], "median": [3], "highest": [7]}  # 0 is the most confident mistake
    chosen = choose(frame, 2)
    assert shown(chosen, "real") == {"lowest": [0, 1], "median": [3, 4], "highest": [6, 7], "wrong": [2]}


def test_very_many_classes_get_fewer_images_each():
    labels = [f"c{each // 6:02d}" for each in range(180)]
    chosen = choose(records([float(each) for each in range(180)], labels, labels), 2, most=90)
    assert len(chosen) == 90
    assert set(chosen["class"]) == set(labels)
    assert (chosen.groupby("class").size() == 3).all()  # one of each place
    assert len(choose(records([float(each) for each in range(180)], labels, labels), 2, most=7)) == 7


def test_none_asked_for():
    assert len(choose(records([1.0, 2.0, 3.0]), 0)) == 0


def test_no_records():
    assert len(choose(records([]), 4)) == 0


# Writing


def write(folder, images, maps, chosen, gone=()):
    write_gallery(
        folder, chosen, lambda index: {each: (images[each], maps[each]) for each in index if each not in gone}
    )
    return json.loads((folder / "gallery.json").read_text(encoding="utf-8"))


def test_images_maps_and_list(tmp_path):
    draw = torch.Generator().manual_seed(0)
    images = torch.rand(20, 3, 6, 8, generator=draw)
    maps = torch.randn(20, 2, 3, generator=draw, dtype=torch.float64)
    chosen = choose(records([float(each) for each in range(19, -1, -1)]), 6)
    listing = write(tmp_path / "gallery", images, maps, chosen)
    assert len(listing) == 18
    assert [each["place"] for each in listing] == ["lowest"] * 6 + ["median"] * 6 + ["highest"] * 6
    for number, each in enumerate(listing):
        index = int(each["image"].removesuffix(".png"))
        assert (each["file"], each["map"]) == (f"{number:03d}.png", f"{number:03d}.npy")
        assert (each["label"], each["predicted"], each["group"], each["class"]) == ("real", "real", None, "real")
        assert (each["score"], each["entropy"]) == (0.5, 19 - index)
        pixels = np.asarray(Image.open(tmp_path / "gallery" / each["file"]))
        assert pixels.tolist() == (images[index] * 255).round().byte().permute(1, 2, 0).tolist()
        salience = np.load(tmp_path / "gallery" / each["map"], allow_pickle=False)
        assert salience.dtype == np.float32
        assert salience.tolist() == maps[index].float().tolist()


def test_a_file_that_is_gone_is_not_shown(tmp_path):
    chosen = choose(records([0.0, 1.0, 2.0]), 1)
    listing = write(tmp_path / "gallery", torch.rand(3, 1, 2, 2), torch.rand(3, 1, 1), chosen, gone=[1])
    assert [each["image"] for each in listing] == ["00.png", "02.png"]
    assert sorted(path.name for path in (tmp_path / "gallery").glob("*.png")) == ["000.png", "002.png"]


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (2, "L"), (3, "RGB"), (4, "RGB"), (6, "RGB")])
def test_any_number_of_channels_is_shown(tmp_path, channels, mode):
    images = torch.tensor([-1.0, 0.0, 0.5, 2.0]).view(1, 1, 2, 2).repeat(1, channels, 1, 1)
    write(tmp_path / "gallery", images, torch.zeros(1, 1, 1), choose(records([1.0]), 1))
    image = Image.open(tmp_path / "gallery" / "000.png")
    assert image.mode == mode
    assert image.convert("L").tobytes() == bytes([0, 0, 128, 255])  # beyond [0, 1] is clipped


def test_what_was_there_before_is_replaced(tmp_path):
    (tmp_path / "gallery").mkdir()
    (tmp_path / "gallery" / "999.png").write_text("old")
    assert write(tmp_path / "gallery", torch.zeros(0, 1, 2, 2), torch.zeros(0, 1, 1), choose(records([]), 1)) == []
    assert [path.name for path in (tmp_path / "gallery").iterdir()] == ["gallery.json"]


def test_names_with_anything_in_them_are_only_written_into_the_list(tmp_path):
    rows = records([1.0])
    rows["image"] = "../../<script>größe\n.png"
    (listed,) = write(tmp_path / "gallery", torch.zeros(1, 1, 2, 2), torch.zeros(1, 1, 1), choose(rows, 1))
    assert listed["image"] == "../../<script>größe\n.png"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["000.npy", "000.png", "gallery", "gallery.json"]
