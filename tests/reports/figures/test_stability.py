import pandas as pd

from saliencekit.auditing.collecting import by_condition
from saliencekit.reports.figures.stability import COLUMNS, CONDITIONS, draw


def drawn(frame, entry):
    return draw(by_condition([frame], CONDITIONS, COLUMNS), entry)


def test_matrix_and_pairs(audit):
    frame = audit.records["stability"]
    matrix, pairs = drawn(audit.records["stability"], {})
    means = frame.groupby(["run_a", "run_b"])["ssim"].mean()
    assert f"between {means.min():.3f} and {means.max():.3f}" in matrix.alt
    for value in means:
        assert matrix.svg.count(f">{value:.3f}<") >= 2  # on both sides of the diagonal
    assert f"same image: {frame['ssim'].median():.3f}" in pairs.alt
    assert "other image" in pairs.svg


def test_many_runs_are_shades_without_numbers():
    names = [f"run {i}" for i in range(20)]
    rows = [(a, b, "x", 0.123) for i, a in enumerate(names) for b in names[i + 1 :]]
    matrix, pairs = drawn(pd.DataFrame(rows, columns=["run_a", "run_b", "image", "ssim"]), {})
    assert ">0.123<" not in matrix.svg
    assert "A matrix over 20 runs" in matrix.alt
    assert "other image" not in pairs.svg  # no null values were recorded


def test_nothing_to_draw(audit):
    assert drawn(audit.records["stability"].iloc[:0], {}) == []
