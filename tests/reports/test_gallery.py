import numpy as np
from PIL import Image

from saliencekit.reports.gallery import MOST_CARDS, PLACES, chosen, read_cards


def entry(**changes):
    plain = {"file": "000.png", "map": "000.npy", "image": "a.png", "label": "real", "predicted": "fake"}
    return plain | {"score": 0.75, "entropy": 3.0, "group": None, "place": "lowest", "class": "real"} | changes


def write(folder, pixels):
    folder.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(folder / "000.png")
    np.save(folder / "000.npy", np.eye(7, dtype=np.float32))
    return folder


def test_a_card_says_what_it_shows(tmp_path):
    (card,) = read_cards(write(tmp_path, np.zeros((56, 56), np.uint8)), [entry()])["real"]
    assert (card.label, card.predicted, card.group, card.wrong) == ("real", "fake", "", True)
    assert (card.score, card.entropy) == ("0.750", "3.000")
    assert card.picture.startswith("data:image/png;base64,")
    assert card.over != card.picture
    assert card.alt == "a.png: lowest entropy, 3.000 nats"


def test_without_a_label_nothing_is_wrong(tmp_path):
    (card,) = read_cards(write(tmp_path, np.zeros((8, 8, 3), np.uint8)), [entry(label=None)])["real"]
    assert not card.wrong
    assert card.label == ""


def test_a_missing_picture_leaves_its_card(tmp_path):
    (card,) = read_cards(tmp_path, [entry()])["real"]
    assert card.picture == card.over == ""


def test_files_outside_the_gallery_are_not_read(tmp_path):
    write(tmp_path, np.zeros((8, 8), np.uint8))
    inside = tmp_path / "gallery"
    inside.mkdir()
    (card,) = read_cards(inside, [entry(file="../000.png", map="../000.npy")])["real"]
    assert card.picture == ""


def test_every_class_and_place_is_served_before_any_gets_a_second():
    entries = [
        entry(**{"class": name, "place": place, "file": f"{name}-{place}-{turn}"})
        for name in "abcd"
        for place in PLACES
        for turn in range(4)
    ]
    kept = chosen(entries, most=15)
    assert sum(len(listed) for listed in kept.values()) == 15
    for name in "abcd":
        assert {each["place"] for each in kept[name]} == set(PLACES)
    assert [each["file"] for each in kept["a"]][:3] == ["a-lowest-0", "a-median-0", "a-highest-0"]


def test_the_number_of_cards_has_a_limit_whatever_the_number_of_classes():
    entries = [entry(**{"class": str(number)}) for number in range(1000)]
    assert sum(len(listed) for listed in chosen(entries).values()) == MOST_CARDS


def test_none_at_all():
    assert chosen([]) == {}
