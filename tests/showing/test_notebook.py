import io
import warnings

import matplotlib
import pytest
from PIL import Image

from saliencekit.errors import EnvironmentFault
from saliencekit.showing.notebook import FINE, NotebookFigure, as_png, plain_style, write_png


def test_a_figure_shows_itself_at_its_size_and_finely():
    png, size = NotebookFigure(figsize=(3, 2), facecolor="white")._repr_png_()
    assert size == {"width": 300, "height": 200}
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.size == (300 * FINE, 200 * FINE)


def test_pyplot_is_not_used():
    import subprocess
    import sys

    code = (
        "import sys, torch, saliencekit as sk\n"
        "sk.show_maps(torch.rand(1, 3, 8, 8), torch.rand(1, 2, 2))._repr_png_()\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_callers_settings_are_neither_read_nor_changed():
    figure = NotebookFigure(figsize=(2, 1))
    plain = as_png(figure)
    with matplotlib.rc_context({"savefig.facecolor": "red", "text.usetex": True, "savefig.bbox": "tight"}):
        assert as_png(figure) == plain
        assert matplotlib.rcParams["text.usetex"]


def test_signs_that_the_font_lacks_are_no_warning():
    figure = NotebookFigure(figsize=(2, 1))
    with plain_style():
        figure.text(0.1, 0.1, "顔 🙂 $x$")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert as_png(figure)


def test_a_file_is_the_same_bytes(tmp_path):
    figure = NotebookFigure(figsize=(2, 1))
    write_png(figure, tmp_path / "a" / "b.png")
    assert (tmp_path / "a" / "b.png").read_bytes() == as_png(figure)
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault, match="cannot write"):
        write_png(figure, tmp_path / "file" / "b.png")
