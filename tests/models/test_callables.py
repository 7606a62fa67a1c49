import sys
from pathlib import Path

import pytest

from saliencekit.errors import ModelError, UsageError
from saliencekit.models.callables import accepts_num_classes, imported
from saliencekit.models.spec import parse_spec


def test_finds_modules_of_the_working_folder_and_leaves_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "net_of_a_user.py").write_text("class Nets:\n    @staticmethod\n    def make():\n        return 7\n")
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    assert imported(parse_spec("net_of_a_user:Nets.make"))() == 7
    assert sys.path == before


def test_the_working_folder_hides_nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wave.py").write_text("def open():\n    return 'hidden'\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "wave", raising=False)
    import wave

    assert imported(parse_spec("wave:open")) is wave.open


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(UsageError, match="module of no_such_room:Net cannot be found"):
        imported(parse_spec("no_such_room:Net"))
    with pytest.raises(UsageError, match=r"torch.nn has no callable Liner"):
        imported(parse_spec("torch.nn:Liner"))
    with pytest.raises(UsageError, match="math has no callable pi"):
        imported(parse_spec("math:pi"))


def test_a_module_that_fails_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "failing_module.py").write_text("raise RuntimeError('no luck')\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match="importing failing_module failed with RuntimeError: no luck"):
        imported(parse_spec("failing_module:Net"))


def test_tells_who_takes_num_classes() -> None:
    assert accepts_num_classes(lambda num_classes: None)
    assert accepts_num_classes(lambda **options: None)
    assert not accepts_num_classes(lambda classes: None)
    assert not accepts_num_classes(min)
