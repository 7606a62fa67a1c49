import json

import pytest

from saliencekit.errors import InputError, UsageError
from saliencekit.evaluation import load_evaluation
from saliencekit.evaluation.result import clear, refuse_finished


def test_what_is_no_evaluation(tmp_path):
    with pytest.raises(InputError, match="holds no finished evaluation"):
        load_evaluation(tmp_path)
    (tmp_path / "evaluation.json").write_text("[1")
    with pytest.raises(InputError, match="is not the summary of an evaluation"):
        load_evaluation(tmp_path)
    (tmp_path / "evaluation.json").write_text(json.dumps({"schema_version": 99}))
    with pytest.raises(InputError, match="has schema 99, and this saliencekit reads up to 1"):
        load_evaluation(tmp_path)


def test_a_folder_without_its_scores(tmp_path):
    (tmp_path / "evaluation.json").write_text(json.dumps({"schema_version": 1}))
    with pytest.raises(InputError, match=r"lacks scores\.csv"):
        load_evaluation(tmp_path).scores  # noqa: B018


def test_only_what_an_evaluation_wrote_is_removed(tmp_path):
    for name in ("scores.csv", ".scores.csv.a1b2.tmp", "model.pt"):
        (tmp_path / name).write_text("x")
    with pytest.raises(UsageError, match=r"holds scores\.csv of an evaluation: .*--overwrite"):
        refuse_finished(tmp_path, overwrite=False)
    refuse_finished(tmp_path, overwrite=True)
    clear(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model.pt"]
