import numpy as np
from PIL import Image

from saliencekit.reports.gallery import MOST_CARDS, PLACES, chosen, read_gallery


def entry(**changes):
    plain = {"file": "000.png", "map": "000.npy", "image": "a.png", "label": "real", "predicted": "fake"}
    return plain | {"score": 0.75, "entropy": 3.0, "group": None, "place": "lowest", "class": "real"} | changes


def write(folder, pixels):
    folder.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(folder / "000.png")
    np.save(folder / "000.npy", np.eye(7, dtype=np.float32))
    return folder


def card_of(folder, **changes):
    (card,) = read_gallery(folder, [entry(**changes)]).cards
    return card


def test_a_card_says_what_it_shows(tmp_path):
    card = card_of(write(tmp_path, np.zeros((28, 56), np.uint8)))
    assert (card.label, card.predicted, card.group, card.right) == ("real", "fake", "", "wrong")
    assert (card.score, card.entropy, card.name) == (0.75, 3.0, "real")
    assert card.pictures.picture.startswith("data:image/png;base64,")
    assert (card.pictures.shape, card.pictures.small) == ("56 / 28", True)
    assert card.pictures.colours.startswith("data:image/png;base64,")
    assert card.alt == "a.png, the only one here of its class: entropy 3.000 nats"


def test_the_only_image_of_its_class_is_the_extreme_of_nothing(tmp_path):
    entries = [entry(**{"class": "one"}), entry(**{"class": "two"}), entry(place="highest", **{"class": "two"})]
    assert [card.chosen_for for card in read_gallery(tmp_path, entries).cards] == [
        "the only one here of its class",
        "lowest entropy of its class",
        "highest entropy of its class",
    ]
    assert card_of(tmp_path, place="wrong").chosen_for == "confidently wrong"


def test_without_a_label_nothing_is_wrong(tmp_path):
    card = card_of(write(tmp_path, np.zeros((8, 8, 3), np.uint8)), label=None)
    assert (card.right, card.label) == ("", "")
    assert card_of(tmp_path, predicted="real").right == "right"


def test_a_missing_picture_leaves_its_card(tmp_path):
    card = card_of(tmp_path)
    assert card.pictures.picture == card.pictures.colours == ""


def test_files_outside_the_gallery_are_not_read(tmp_path):
    write(tmp_path, np.zeros((8, 8), np.uint8))
    inside = tmp_path / "gallery"
    inside.mkdir()
    assert card_of(inside, file="../000.png", map="../000.npy").pictures.picture == ""


def test_what_cards_can_be_filtered_by(tmp_path):
    entries = [entry(place=place, group=group) for place, group in (("wrong", "b"), ("lowest", None), ("lowest", "a"))]
    gallery = read_gallery(tmp_path, entries)
    assert gallery.words("place") == ["lowest", "wrong"]  # in the order of places
    assert gallery.words("group") == ["a", "b"]
    assert gallery.words("right") == ["wrong"]


def test_every_class_and_place_is_served_before_any_gets_a_second():
    entries = [
        entry(**{"class": name, "place": place, "file": f"{name}-{place}-{turn}"})
        for name in "abcd"
        for place in PLACES[:3]
        for turn in range(4)
    ]
    kept = chosen(entries, most=15)
    assert len(kept) == 15
    assert [each["class"] for each in kept] == sorted(each["class"] for each in kept)
    for name in "abcd":
        assert {each["place"] for each in kept if each["class"] == name} == set(PLACES[:3])
    assert [each["file"] for each in kept][:3] == ["a-lowest-0", "a-median-0", "a-highest-0"]


def test_the_number_of_cards_has_a_limit_whatever_the_number_of_classes(tmp_path):
    entries = [entry(**{"class": str(number)}) for number in range(1000)]
    assert len(chosen(entries)) == MOST_CARDS
    gallery = read_gallery(tmp_path, entries, most=7)
    assert (len(gallery.cards), gallery.left_out) == (7, 993)


def test_none_at_all(tmp_path):
    assert chosen([]) == []
    assert read_gallery(tmp_path, []).cards == ()
