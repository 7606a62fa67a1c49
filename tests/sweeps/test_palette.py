import itertools

from saliencekit.losses import LOSSES
from saliencekit.reports.figures import COLOURS
from saliencekit.sweeps.palette import LOOKS, look_of


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_loss_has_a_look_of_its_own():
    looks = [look_of(loss) for loss in LOSSES]
    for one, other in itertools.combinations(looks, 2):
        assert one.mark != other.mark
        assert {one.light, one.dark}.isdisjoint({other.light, other.dark})
    lines = [(look.dash, look.light) for look in looks]
    assert len({str(line) for line in lines}) == len(looks)


def test_colours_can_be_told_from_the_page():
    for look in LOOKS:
        assert contrast(look.light, "#fdfdfc") >= 4.5
        assert contrast(look.dark, "#15181c") >= 4.5


def test_no_colour_is_one_of_the_page_s_own():
    assert {look.light for look in LOOKS}.isdisjoint(COLOURS.values())
