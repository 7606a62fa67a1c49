from dataclasses import replace

import pytest

from saliencekit.errors import InputError, UsageError
from saliencekit.sweeps import draw_sweep, load_sweep
from saliencekit.sweeps.folder import begin_sweep
from saliencekit.sweeps.plan import Plan
from saliencekit.training.recipe import Recipe
from saliencekit.training.settings import TrainingSettings


@pytest.fixture
def plan(tmp_path):
    return Plan("faces", tmp_path / "sweep", ("droid",), (0,), Recipe())


def test_a_sweep_is_gone_on_with_only_under_the_same_recipe(plan):
    begin_sweep(plan, resume=False)
    begin_sweep(
        replace(plan, seeds=(0, 1), losses=("droid", "hseb"), settings=TrainingSettings(threads=1)), resume=True
    )
    with pytest.raises(UsageError, match=r"has recipe\.lr 0\.002, and now 0\.5 is asked for: choose another --output"):
        begin_sweep(replace(plan, recipe=Recipe(lr=0.5)), resume=True)
    with pytest.raises(UsageError, match=r"settings\.limit_train 0, and now 3"):
        begin_sweep(replace(plan, settings=TrainingSettings(limit_train=3)), resume=True)


def test_without_resume_a_sweep_is_refused(plan):
    begin_sweep(plan, resume=False)
    with pytest.raises(UsageError, match=r"holds a sweep: choose another --output, or go on with it by --resume"):
        begin_sweep(plan, resume=False)


def test_a_damaged_plan_is_named(plan):
    plan.folder.mkdir()
    (plan.folder / "plan.json").write_text("{")
    with pytest.raises(InputError, match=r"plan\.json cannot be read"):
        begin_sweep(plan, resume=True)


def test_a_sweep_is_loaded_as_it_was_written(written):
    folder, table = written(("cross-entropy", "droid"), failures={("droid", 0): "it broke"})
    found = load_sweep(folder)
    assert (found.folder, found.table) == (folder, table)
    assert [run.reason for run in found.failed] == ["it broke"]


def test_a_folder_without_a_sweep(tmp_path):
    for call in (load_sweep, draw_sweep):
        with pytest.raises(InputError, match="holds no finished sweep"):
            call(tmp_path)
