from saliencekit.sweeps.figures import draw_points
from saliencekit.sweeps.outcome import Outcome


def run(loss, entropy, auroc):
    return Outcome(loss, 0, loss, "finished", None, {"map_entropy": entropy, "auroc": auroc})


def test_every_run_is_a_point_and_the_means_are_told():
    runs = [run("droid", 2.0, 0.75), run("droid", 2.5, 0.7), run("cyborg", 3.0, 0.5), run("cyborg", 3.25, 0.25)]
    (panel,) = draw_points(runs)
    assert "4 runs" in panel.alt
    assert "droid: 2.250 nats, 0.725; cyborg: 3.125 nats, 0.375." in panel.alt
    assert "Rank correlation over all runs: −1.000" in panel.alt  # the wider, the worse, always


def test_a_correlation_needs_runs_that_differ():
    assert "correlation" not in draw_points([run("droid", 2.0, 0.75)] * 5)[0].alt
    assert "correlation" not in draw_points([run("droid", 2.0 + n, 0.75 + n / 10) for n in range(3)])[0].alt


def test_nothing_to_draw():
    assert draw_points([Outcome("droid", 0, "droid", "finished", None, {"auroc": 0.5})]) == []
