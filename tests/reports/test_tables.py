from saliencekit.reports.level import LONG
from saliencekit.reports.tables import ENDS, level_tables, table_of


def level(value, **more):
    return {"value": value, "ci_low": value - 0.1, "ci_high": value + 0.1, "std": 0.2, "n": 3} | more


def test_facts_of_the_image_share_one_table_and_one_axis():
    groups = {
        "label": {"real": level(0.3, degenerate=1), "fake": level(0.5, degenerate=0)},
        "correct": {"False": level(0.4, degenerate=0), "True": level(0.45, degenerate=1)},
    }
    (table,) = level_tables("stability", {"unit": "SSIM", "groups": groups})
    assert table.title == "By class and prediction"
    assert table.quantity == "SSIM"
    assert [(each.factor, each.name) for each in table.levels] == [
        ("class", "real"),
        ("class", "fake"),
        ("prediction", "wrong"),
        ("prediction", "right"),
    ]
    assert table.levels[0].value == "0.300"
    assert table.levels[0].interval == "[0.200, 0.400]"
    assert table.levels[0].degenerate == "1"
    assert table.flat
    assert not table.long


def test_conditions_have_tables_of_their_own_with_their_own_quantity():
    groups = {"amount": {"0": level(1.0), "0.5": level(0.5)}, "label": {"real": level(3.0)}}
    by_class, by_amount = level_tables("out_of_set", {"unit": "AUROC", "groups": groups})
    assert (by_class.quantity, by_amount.quantity) == ("entropy in nats", "SSIM with the clean map")
    assert not by_amount.flat


def test_two_hundred_groups_show_their_ends_and_keep_every_row():
    levels = {f"g{i:03d}": level(float((i * 37) % 200)) for i in range(200)}
    (table,) = level_tables("entropy", {"unit": "nats", "groups": {"group": levels}})
    assert table.long
    assert len(table.levels) == 200
    assert len(table.ends) == 2 * ENDS
    assert [each.value for each in table.ends] == [f"{v:.3f}" for v in range(5)] + [f"{v:.1f}" for v in range(195, 200)]


def test_an_ordered_table_is_never_sorted_by_value():
    levels = {f"salient-first {i}": level(float(-i)) for i in range(LONG + 1)}
    (table,) = level_tables("degradation", {"unit": "area", "groups": {"guide level": levels}})
    assert table.long
    assert table.ends == ()
    assert [each.name for each in table.levels] == list(levels)


def test_extra_numbers_of_a_set_become_columns():
    extra = {"shift": 0.25, "shift_ci_low": 0.1, "shift_ci_high": 0.4, "effect_size": 1.5, "auroc": 0.75}
    table = table_of("set", "entropy", {"non-faces": level(3.0, **extra)}, (0.0, 4.0))
    assert table.extras == ("shift", "Hedges' g", "AUROC")
    assert table.levels[0].extras == ("0.250 [0.100, 0.400]", "1.500", "0.750")


def test_a_level_without_a_value_is_a_row_of_dashes():
    empty = dict.fromkeys(("value", "ci_low", "ci_high", "std")) | {"n": 0}
    table = table_of("pair", "SSIM", {"a b": empty}, (0.0, 1.0))
    assert (table.levels[0].value, table.levels[0].interval, table.levels[0].glyph) == ("–", "", "")


def test_no_groups_no_tables():
    assert level_tables("entropy", {"unit": "nats", "groups": {"label": {}}}) == []
    assert level_tables("entropy", {"unit": "nats"}) == []
