import re
from dataclasses import replace

import numpy as np

from saliencekit.sweeps.figures import draw_example_maps


def test_images_human_maps_and_a_row_a_loss(examples_of):
    (panel,) = draw_example_maps(examples_of(["droid", "cyborg"]))
    assert panel.svg.count("<image") == 3 + 2 + 2 * 3  # one human map is missing
    assert "none" in panel.svg
    for name in ("image", "human map", "droid", "cyborg"):
        assert re.search(rf">{name}<", panel.svg)
    assert panel.alt.startswith("3 images of the test split")


def test_the_entropy_of_the_maps_is_told(examples_of):
    one_cell = np.zeros((3, 7, 7), np.float32)
    one_cell[:, 3, 3] = 1
    found = replace(examples_of(["droid"]), maps={"droid": one_cell, "hseb": np.ones((3, 7, 7), np.float32)})
    assert "droid: 0.000; hseb: 3.892." in draw_example_maps(found)[0].alt  # ln 49


def test_large_images_are_made_small(examples_of):
    assert len(draw_example_maps(examples_of(["droid"], side=1000))[0].svg) < 1_000_000


def test_nothing_to_draw():
    assert draw_example_maps(None) == []
