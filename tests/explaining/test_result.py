import io
import json

import pytest

from saliencekit.errors import DataError, InputError
from saliencekit.explaining.result import FILE, Writer, load_explanation, predictions_file, written_before

HEAD = {"model": {"arch": None}, "settings": {}}


@pytest.mark.parametrize("count", [0, 1, 3])
@pytest.mark.parametrize("skipped", [[], [{"image": "a\n顔", "reason": "no"}]])
def test_what_is_written_entry_by_entry_is_json(count, skipped):
    stream = io.StringIO()
    writer = Writer(stream, HEAD)
    entries = [{"image": f"{number}", "salience": {"cam": {"low": None}}} for number in range(count)]
    for entry in entries:
        writer.add(entry)
    writer.close(skipped)
    assert json.loads(stream.getvalue()) == {"schema_version": 1, **HEAD, "images": entries, "skipped": skipped}
    if count and skipped:
        assert stream.getvalue() == json.dumps(json.loads(stream.getvalue()), indent=2, ensure_ascii=False) + "\n"


def test_numbers_that_json_has_not_are_refused():
    with pytest.raises(ValueError, match="not JSON compliant"):
        Writer(io.StringIO(), HEAD).add({"low": float("nan")})


def test_it_is_there_whole_or_not_at_all(tmp_path):
    with pytest.raises(IndexError), predictions_file(tmp_path, HEAD) as writer:
        writer.add({"image": "a"})
        raise IndexError
    assert list(tmp_path.iterdir()) == []


def test_files_written_before(tmp_path):
    assert written_before(tmp_path) == []
    with predictions_file(tmp_path, HEAD) as writer:
        look = {"map": "a.cam.npy", "overlay": "../../a.cam.png"}
        writer.add({"image": "a", "salience": {"cam": look}, "figure": None})
        writer.add({"image": "b", "salience": {}, "figure": "b.salience.png"})
        writer.close([])
    names = [path.relative_to(tmp_path).as_posix() for path in written_before(tmp_path)]
    assert names == [FILE, "a.cam.npy", "a.cam.png", "b.salience.png"]  # never outside the folder
    assert load_explanation(tmp_path).explained == 2


def test_errors(tmp_path):
    with pytest.raises(DataError, match="holds no explanation that can be read"):
        load_explanation(tmp_path)
    (tmp_path / FILE).write_text("[]")
    with pytest.raises(DataError, match="holds no explanation that can be read"):
        load_explanation(tmp_path)
    (tmp_path / FILE).write_text('{"schema_version": 2}')
    with pytest.raises(InputError, match=r"has schema 2: this version reads 1$"):
        load_explanation(tmp_path)
