"""``saliencekit train`` as a user types it: where values come from, what is written, and what is refused."""

import json
import os
import signal
import subprocess
import sys
import time
import tomllib

import pytest
import torch

import saliencekit.cli.train  # noqa: F401  (registers the command)
from saliencekit.cli._config import seeds_of
from saliencekit.data import build_faces
from saliencekit.errors import UsageError
from saliencekit.models import load_model, model_info

QUICK = ["--recipe", "small-cnn", "--backbone", "saliencekit:small-cnn?width=2", "--device", "cpu", "--threads", "1"]
SHORT = [*QUICK, "--epochs", "2", "--warm-epochs", "0", "--maps-every", "0"]
BEGIN = "import signal, saliencekit.cli.train as _; from saliencekit.cli import main"
HEARS = "signal.signal(signal.SIGINT, signal.default_int_handler)"  # a job in the background ignores Ctrl-C
MODULE = [sys.executable, "-c", f"{BEGIN}; {HEARS}; main()"]


@pytest.fixture(scope="session")
def faces(tmp_path_factory):
    return build_faces(tmp_path_factory.mktemp("faces"))


def config_of(folder):
    return tomllib.loads((folder / "config.toml").read_text())


def recipe_of(folder):
    return json.loads((folder / "run.json").read_text())["recipe"]


def test_a_run_and_its_checkpoint(run, faces, tmp_path):
    code, out, err = run("train", *SHORT, "--data", faces, "--output", tmp_path / "run", "--quiet")
    assert (code, err) == (0, "")
    assert out.startswith(f"trained {tmp_path / 'run' / 'model.pt'}  best epoch ")
    assert model_info(load_model(tmp_path / "run" / "model.pt")).training["finished"] is True
    assert (tmp_path / "run" / "metrics.csv").read_text().count("\n") == 3


def test_progress_goes_to_stderr_and_json_to_stdout(run, faces, tmp_path):
    code, out, err = run("train", *SHORT, "--data", faces, "--output", tmp_path / "run", "--json")
    assert code == 0
    assert err.count("run: epoch ") == 2
    (told,) = json.loads(out)
    assert told["path"] == str(tmp_path / "run" / "model.pt")
    assert told["figures"]["val/accuracy"] == told["val_accuracy"]


def test_the_configuration_repeats_the_run(run, faces, tmp_path):
    words = ["--alpha", "0.3", "--flip", "0.5", "--limit-train", "3", "--seed", "4", "--quiet"]
    code, _, err = run("train", *SHORT, *words, "--data", faces, "--output", tmp_path / "first")
    assert code == 0, err
    code, _, err = run("train", tmp_path / "first" / "config.toml", "--output", tmp_path / "again", "--quiet")
    assert code == 0, err
    one, other = (load_model(tmp_path / name / "model.pt").state_dict() for name in ("first", "again"))
    assert all(torch.equal(value, other[name]) for name, value in one.items())
    assert config_of(tmp_path / "first") | {"data": ""} == config_of(tmp_path / "again") | {"data": ""}
    first, again = (json.loads((tmp_path / name / "run.json").read_text()) for name in ("first", "again"))
    assert first["fingerprint"] == again["fingerprint"]


def test_several_loggers_may_follow_one_flag(run, faces, tmp_path):
    words = ["--loggers", "csv", "tensorboard", "--data", faces, "--fast-dev-run", "--quiet"]
    assert run("train", *SHORT, *words, "--output", tmp_path / "run")[0] == 0
    assert config_of(tmp_path / "run")["loggers"] == ["csv", "tensorboard"]


def test_flags_count_before_config_and_that_before_the_recipe(run, faces, tmp_path):
    config = tmp_path / "mine.toml"
    config.write_text(
        f'recipe = "cyborg"\ndata = "{faces}"\nbackbone = "saliencekit:small-cnn?width=2"\nlr = 0.5\nepochs = 1\n'
        'device = "cpu"\nmaps_every = 0\nloggers = ["csv"]\nmomentum = 0.5\nalpha = "none"\n'
    )
    words = ["--lr", "0.25", "--limit-train", "1", "--output", tmp_path / "run", "--quiet"]
    code, _, err = run("train", config, *words)
    assert code == 0, err
    found = recipe_of(tmp_path / "run")
    assert (found["lr"], found["momentum"], found["schedule"]) == (0.25, 0.5, "step")  # flag, file, recipe
    assert (found["loss"], found["alpha"], found["clip"]) == ("cyborg", None, 0.0)  # recipe, file, default


def test_the_recipe_of_a_flag_is_that_before_the_one_of_the_file(run, faces, tmp_path):
    (tmp_path / "mine.toml").write_text(f'recipe = "cyborg"\ndata = "{faces}"\nepochs = 3\n')
    code, _, err = run("train", tmp_path / "mine.toml", *SHORT, "--quiet", "--output", tmp_path / "run")
    assert code == 0, err
    assert (recipe_of(tmp_path / "run")["loss"], recipe_of(tmp_path / "run")["lr"]) == ("droid", 0.012)


def test_paths_of_a_file_are_relative_to_it(run, faces, tmp_path, monkeypatch):
    (faces.parent / "here.toml").write_text('data = "manifest.csv"\n')
    monkeypatch.chdir(tmp_path)
    code, _, err = run("train", faces.parent / "here.toml", *SHORT, "--quiet", "--limit-train", "1")
    assert code == 0, err
    assert (tmp_path / "run" / "model.pt").exists()


def test_several_seeds_side_by_side(run, faces, tmp_path):
    words = [*SHORT, "--seeds", "0,2", "--processes", "2", "--limit-train", "1", "--quiet"]
    code, out, err = run("train", *words, "--data", faces, "--output", tmp_path)
    assert (code, err) == (0, "")
    assert out.count("trained ") == 2
    assert sorted(each.name for each in tmp_path.iterdir()) == ["seed-0", "seed-2"]
    assert config_of(tmp_path / "seed-2")["seed"] == 2


def test_seeds():
    assert seeds_of("3") == (3,)
    assert seeds_of("0-3") == (0, 1, 2, 3)
    assert seeds_of("0, 5-6") == (0, 5, 6)
    for text in ("", "a", "3-1", "-1", "1-", "1,,2"):
        with pytest.raises(UsageError, match=r"the seeds .* cannot be read"):
            seeds_of(text)


def test_help_imports_no_torch():
    code = (
        "import sys; import saliencekit.cli.train; from saliencekit.cli import app; "
        "app(['train', '--help'], result_action='return_value'); sys.exit('torch' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for word in ("--human-maps", "--seeds --seed", "--accumulate", "--checkpoint-every", "--jpeg"):
        assert word in told.stdout
    assert "--progress" not in told.stdout


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ((), 2, "--data"),
        (("--data", "{faces}", "--recipe", "dorid"), 2, "unknown recipe 'dorid': expected one of cyborg, droid"),
        (("--data", "{faces}", "--loss", "dorid"), 2, "did you mean 'droid'?"),
        (("--data", "{faces}", "--lr", "fast"), 2, '"fast"'),
        (("--data", "{faces}", "--seeds", "3-1"), 2, "the seeds '3-1' cannot be read"),
        (("--data", "{faces}", "--seeds", "1,1"), 2, "name one twice"),
        (("--data", "{faces}", "--processes", "0", "--seeds", "0-1"), 2, "`processes` to be at least 1, got 0"),
        (("--data", "{faces}", "--precision", "8"), 2, "8"),
        (("--data", "{faces}", "--keep", "val/acc"), 2, "unknown figure to keep by 'val/acc'"),
        (("--data", "{faces}", "--backbone", "resnet5"), 2, "unknown torchvision architecture 'resnet5'"),
        (("--data", "{faces}", "--pretrained", "--weights", "{tmp}/w.pt"), 2, "got both"),
        (("--data", "{faces}", "--weights", "{tmp}/w.pt"), 3, "w.pt"),
        (("--data", "{tmp}/missing.csv"), 3, "missing.csv"),
        (("--data", "{faces}", "--human-maps", "{tmp}/missing"), 3, "missing"),
        (("{tmp}/missing.toml",), 2, "missing.toml: there is no such file"),
        (("{tmp}/pipe.toml",), 2, "pipe.toml: it is no file"),
        (("{tmp}",), 2, "it is no file"),
        (("{tmp}/latin.toml",), 2, "is not TOML"),
        (("{tmp}/key.toml",), 2, '"[learning_rate]" from '),
        (("{tmp}/type.toml",), 2, "key `epochs` of "),
        (("{tmp}/word.toml",), 2, "Invalid value for [lr] from "),
        (("{tmp}/table.toml",), 2, "key `recipe` of "),
        (("{tmp}/text.toml",), 2, "is not TOML"),
    ],
)
def test_mistakes_get_one_sentence_and_their_code(run, faces, tmp_path, words, code, sentence):
    for name, text in (
        ("key", "learning_rate = 1"),
        ("type", "epochs = 1.5"),
        ("word", 'data = "faces"\nlr = "fast"'),
        ("table", "[recipe]\nlr = 1"),
        ("text", "lr = = 1"),
    ):
        (tmp_path / f"{name}.toml").write_text(text)
    (tmp_path / "latin.toml").write_bytes(b"output = '\xe9'")
    os.mkfifo(tmp_path / "pipe.toml")
    filled = [word.format(faces=faces, tmp=tmp_path) for word in words]
    small = [] if {"--recipe", "--backbone"} & set(filled) or "toml" in "".join(filled) else QUICK
    got, out, err = run("train", *filled, *small, "--output", tmp_path / "run")
    assert got == code, err
    assert sentence in err
    assert err.startswith("saliencekit: ")
    assert "Traceback" not in err
    assert out == ""
    assert not (tmp_path / "run" / "model.pt").exists()


def test_of_several_processes_the_first_one_speaks(run, faces, tmp_path, monkeypatch):
    words = ("train", *SHORT, "--data", tmp_path / "missing.csv", "--output", tmp_path / "run")
    told = run(*words)
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setattr("saliencekit.cli.train.BEHIND", 0.0)
    assert (told[0], run(*words)) == (3, (3, "", ""))
    code, _, err = run("train", *SHORT, "--data", faces, "--loggers", "wandb", "--output", tmp_path / "run")
    assert (code, "wandb" in err) == (4, True)  # what one process alone may lack


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_with_its_code_and_resume_goes_on(faces, tmp_path, number, code):
    command = [*MODULE, "train", *QUICK, "--data", str(faces), "--output", str(tmp_path), "--epochs", "12"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    while not (tmp_path / "last.ckpt").exists():
        time.sleep(0.05)
        assert process.poll() is None
    process.send_signal(number)
    _, err = process.communicate()
    assert process.returncode == code, err
    assert "--resume goes on" in err
    assert "Traceback" not in err
    subprocess.run([*command, "--resume", "--quiet"], check=True, capture_output=True)
    epochs = [row.split(",")[0] for row in (tmp_path / "metrics.csv").read_text().splitlines()]
    assert epochs == ["epoch", *map(str, range(12))]
