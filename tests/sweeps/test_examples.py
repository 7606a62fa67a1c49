import numpy as np

from saliencekit.data import Collection, Sample
from saliencekit.sweeps.example_making import chosen
from saliencekit.sweeps.examples import _keep, load_examples


def samples(count, group, *, label=1, human=True):
    return [
        Sample(f"{group}/{n:02d}.png", f"{group}/{n}.png", label, "test", group, f"{n}.png" if human else None)
        for n in range(count)
    ]


def names(every, **kwargs):
    return [each.image for each in chosen(Collection("c", "c", "manifest", tuple(every)), **kwargs)]


def test_groups_take_turns_and_images_lie_apart():
    found = names([*samples(10, "warp"), *samples(10, "swap"), *samples(2, "texture")], most=5)
    assert sorted(each.split("/")[0] for each in found) == ["swap", "swap", "texture", "texture", "warp"]
    assert len(set(found)) == 5
    swap = [int(each[-6:-4]) for each in found if each.startswith("swap")]
    assert swap == [1, 3]


def test_human_maps_come_first():
    found = names([*samples(9, "camera", label=0, human=False), *samples(3, "warp")], most=5)
    assert [each.split("/")[0] for each in found] == ["camera", "camera", "warp", "warp", "warp"]


def test_fewer_images_than_wanted():
    assert len(names(samples(2, "warp"))) == 2


def test_what_is_kept_is_read_back(examples_of, tmp_path):
    made = examples_of(["droid", "cyborg"])
    _keep(tmp_path / "examples.npz", made)
    found = load_examples(tmp_path)
    assert (found.names, found.split, dict(found.sources)) == (made.names, made.split, dict(made.sources))
    for one, other in zip(found.images, made.images, strict=True):
        assert np.array_equal(one, other)
    assert found.human_maps[-1] is None
    assert np.array_equal(found.human_maps[0], made.human_maps[0])
    assert list(found.maps) == ["droid", "cyborg"]
    assert all(np.array_equal(found.maps[loss], made.maps[loss]) for loss in made.maps)


def test_a_damaged_file_counts_as_none(tmp_path):
    assert load_examples(tmp_path) is None
    (tmp_path / "examples.npz").write_bytes(b"nothing")
    assert load_examples(tmp_path) is None
