"""What holds for every measure of the registry."""

import dataclasses

import pytest
import torch

from saliencekit import MEASURES
from saliencekit.measures import View

from .conftest import Brightness

NAMES = list(MEASURES)


def measured(name, images, **settings):
    runs = [Brightness()] if name == "stability" else []
    return MEASURES[name]()(Brightness(), images, runs=runs, **settings)


@pytest.mark.parametrize("name", NAMES)
def test_says_what_it_is(name):
    measure = MEASURES[name]
    assert measure.name == name
    assert measure.question.endswith("?")
    assert measure.direction in ("lower", "higher", "neither")
    assert all((measure.unit, measure.value_range, measure.null_is, measure.reading))


@pytest.mark.parametrize("name", NAMES)
def test_is_frozen_and_equal_by_settings(name):
    measure = MEASURES[name]()
    assert measure == MEASURES[name]()
    for field in dataclasses.fields(measure):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(measure, field.name, None)


@pytest.mark.parametrize("name", NAMES)
def test_same_seed_same_rows_and_inputs_untouched(name, images):
    before = images.clone()
    first = measured(name, images, seed=3)
    assert torch.equal(images, before)
    assert first.equals(measured(name, images, seed=3))


@pytest.mark.parametrize("name", NAMES)
def test_columns_that_the_summary_needs_are_there(name, images):
    measure = MEASURES[name]()
    records = measured(name, images)
    table = measure.per_image(records)
    assert len(table) == len(images)
    for quantity in (measure.headline, *measure.also.values()):
        assert quantity.column in table
        if quantity.null:
            assert quantity.null in table
    if measure.factor:
        assert {*measure.factor_columns, measure.factor_value} <= set(records)


@pytest.mark.parametrize("name", NAMES)
def test_constant_images_give_numbers_and_no_error(name):
    records = measured(name, torch.full((2, 3, 56, 56), 0.5), value_range=(0.0, 1.0))
    columns = [each for each in records.select_dtypes("number") if each not in ("level", "amount")]
    assert records[columns].notna().all().all()


@pytest.mark.parametrize("name", NAMES)
def test_one_image_alone(name, images):
    assert len(MEASURES[name]().per_image(measured(name, images[:1]))) == 1


def test_views_of_one_name_are_one():
    def make(clean):
        return clean.images

    assert View("flip", make) == View("flip", lambda clean: clean.images)
    assert len({View("flip", make), View("flip", print)}) == 1


def test_view_names_are_unique_over_all_measures():
    names = [view.name for measure in MEASURES.values() for view in measure().views]
    assert len(names) == len(set(names))
