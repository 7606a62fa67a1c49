"""``saliencekit sweep`` as a user types it."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

MODULE = [sys.executable, "-m", "saliencekit"]
QUICK = {
    "--recipe": "small-cnn",
    "--backbone": "saliencekit:small-cnn?width=4",
    "--batch-size": 8,
    "--epochs": 2,
    "--warm-epochs": 1,
    "--losses": "cross-entropy,droid",
    "--seeds": "0-1",
    "--device": "cpu",
    "--threads": 1,
    "--workers": 0,
    "--maps-every": 0,
}


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    """Write pictures with a bright square on the left (fake) or on the right."""
    root, draw = tmp_path_factory.mktemp("faces"), np.random.default_rng(0)
    rows = ["path,label,split"]
    for split, count in (("train", 16), ("val", 8), ("test", 16)):
        for number in range(count):
            label, at = ("fake", 8) if number % 2 else ("real", 36)
            pixels = draw.integers(0, 120, (56, 56), dtype=np.uint8)
            pixels[20:36, at : at + 12] = 250
            Image.fromarray(pixels).save(root / f"{split}-{number}.png")
            rows.append(f"{split}-{number}.png,{label},{split}")
    (root / "manifest.csv").write_text("\n".join(rows) + "\n")
    return root / "manifest.csv"


def quick(faces, output, *more, **flags):
    """Return a short sweep's words; a flag given replaces that of QUICK."""
    given = {f"--{name.replace('_', '-')}": value for name, value in flags.items()}
    words = [word for pair in {**QUICK, **given}.items() for word in pair]
    return [str(word) for word in ("sweep", "--data", faces, "--output", output, *words, "--no-audit", *more)]


def test_help_needs_no_torch():
    code = (
        "import sys\nfrom saliencekit.cli import app\n"
        "app(['sweep', '--help'], exit_on_error=False)\nprint('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("False")
    assert "--losses" in done.stdout
    assert "--warm-epochs" in done.stdout


def test_a_sweep_is_printed_written_and_gone_on_with(run, faces, tmp_path):
    code, out, err = run(*quick(faces, tmp_path / "out"))
    assert code == 0
    for word in ("AUROC", "map entropy", "cross-entropy", "droid", "2/2", "Holm", "page: "):
        assert word in out
    assert "droid/seed-1: AUROC" in err
    assert "(4 done of 4," in err
    code, out, err = run(*quick(faces, tmp_path / "out", "--json", "--quiet"))
    assert (code, err) == (0, "")
    table = json.loads(out)
    assert [run["status"] for run in table["runs"]] == ["finished"] * 4
    assert table["losses"]["droid"]["figures"]["auroc"]["n"] == 2


def test_a_failing_run_is_named_and_the_exit_code_says_so(run, faces, tmp_path):
    # CYBORG needs human maps, and these pictures have none.
    code, out, err = run(*quick(faces, tmp_path / "out", "--quiet", losses="cyborg,cross-entropy"))
    assert code == 1
    assert "failed: cyborg/seed-0: the loss 'cyborg' needs human maps" in out
    assert "2 of 4 runs failed: the same command tries them again" in err
    assert (tmp_path / "out" / "sweep.html").exists()


@pytest.mark.parametrize(
    ("flag", "value", "sentence"),
    [
        ("losses", "cyborg,cybrog", "unknown loss 'cybrog'"),
        ("seeds", "3-1", "the seeds '3-1' cannot be read"),
        ("baseline", "ce", "unknown baseline 'ce'"),
        ("processes", 0, "expected `processes` to be at least 1, got 0"),
        ("split", "dev", "dev"),
        ("beta", 0.5, "none of the losses cross-entropy, droid has the setting `beta`"),
        ("lr", -1, "expected `lr` to be a positive number, got -1"),
        ("recipe", "cybrog", "unknown recipe 'cybrog'"),
    ],
)
def test_mistakes_are_one_sentence(run, faces, tmp_path, flag, value, sentence):
    code, out, err = run(*quick(faces, tmp_path / "out", **{flag: value}))
    assert (code, out) == (2, "")
    assert sentence in err
    assert not (tmp_path / "out").exists()


def test_no_data(run, tmp_path):
    code, _, err = run(*quick(tmp_path / "nowhere.csv", tmp_path / "out"))
    assert code == 3
    assert "nowhere.csv" in err


def test_no_configuration(run, tmp_path):
    code, _, err = run("sweep", tmp_path / "nowhere.toml", "--output", tmp_path / "out")
    assert code == 2
    assert "nowhere.toml: there is no such file" in err


def test_settings_of_a_loss_reach_the_losses_that_have_them(run, faces, tmp_path):
    code, _, err = run(*quick(faces, tmp_path / "out", "--quiet", recipe="cyborg", offset=1, alpha=0.25, seeds=0))
    assert (code, err) == (0, "")
    recipes = {
        loss: json.loads((tmp_path / "out" / loss / "seed-0" / "run.json").read_text())["recipe"]
        for loss in ("cross-entropy", "droid")
    }
    assert (recipes["droid"]["offset"], recipes["droid"]["alpha"]) == (1.0, 0.25)
    assert (recipes["cross-entropy"]["offset"], recipes["cross-entropy"]["alpha"]) == (None, None)


def test_a_run_s_own_config_is_that_of_a_sweep(run, faces, tmp_path):
    assert run(*quick(faces, tmp_path / "one", "--quiet", seeds=0, losses="droid"))[0] == 0
    config = tmp_path / "one" / "droid" / "seed-0" / "config.toml"
    words = ("sweep", config, "--losses", "cross-entropy", "--seeds", "3", "--output", tmp_path / "two", "--no-audit")
    code, _, err = run(*words, "--quiet")
    assert (code, err) == (0, "")
    recipe = json.loads((tmp_path / "two" / "cross-entropy" / "seed-3" / "run.json").read_text())["recipe"]
    assert (recipe["backbone"], recipe["epochs"], recipe["loss"]) == (
        "saliencekit:small-cnn?width=4",
        2,
        "cross-entropy",
    )


@pytest.mark.parametrize(("number", "code", "processes"), [(signal.SIGINT, 130, 1), (signal.SIGTERM, 143, 2)])
def test_a_stopped_sweep_goes_on_to_the_same_numbers(run, faces, tmp_path, number, code, processes):
    words = quick(faces, tmp_path / "out", processes=processes, losses="cross-entropy", epochs=6)
    # A shell without job control begins its background jobs with SIGINT ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        begun = subprocess.Popen([*MODULE, *words], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, before)
    metrics = tmp_path / "out" / "cross-entropy" / "seed-0" / "metrics.csv"
    while not metrics.exists():
        time.sleep(0.02)
        assert begun.poll() is None
    begun.send_signal(number)  # in any epoch, the last one too: how soon depends on how busy this machine is
    _, err = begun.communicate()
    assert begun.returncode == code, err
    assert "Traceback" not in err
    assert err.strip().splitlines()[-1].startswith("saliencekit: stopped")
    assert run(*words, "--quiet")[0] == 0
    assert run(*quick(faces, tmp_path / "whole", "--quiet", losses="cross-entropy", epochs=6))[0] == 0
    one, other = (json.loads((tmp_path / name / "sweep.json").read_text())["runs"] for name in ("out", "whole"))
    assert one == other
