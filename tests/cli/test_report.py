"""``saliencekit report``: formats, and the gate as a pipeline meets it."""

import json
import shutil

import pytest


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    import torch

    import saliencekit as sk

    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = sk.build_model("saliencekit:small-cnn", num_classes=2)
    images = torch.rand(4, 1, 56, 56, generator=torch.Generator().manual_seed(0))
    return sk.audit(model, images, measures="entropy,stability", output=tmp_path_factory.mktemp("audit") / "a").folder


def test_formats_are_written_and_named(run, audited):
    code, out, err = run("report", audited, "--format", "md,json,csv")
    assert (code, err) == (0, "")
    assert out.split() == [str(audited / f"report.{word}") for word in ("md", "json", "csv")]


def test_an_unknown_format_is_a_usage_error(run, audited):
    code, _, err = run("report", audited, "--format", "pdf")
    assert code == 2
    assert "expected one of html, md, json, csv" in err


def test_a_gate_that_fails_says_so_and_the_report_is_there(run, audited):
    (audited / "report.html").unlink(missing_ok=True)
    code, out, err = run("report", audited, "--fail-on", "entropy.value > 0", "--fail-on", "entropy.n > 100")
    assert code == 1
    assert out.strip() == str(audited / "report.html")
    assert err.startswith("saliencekit: gate failed: entropy.value > 0 (entropy.value = ")
    assert err.count("gate failed") == 1
    assert (audited / "report.html").is_file()


def test_a_gate_that_holds_is_silent(run, audited):
    assert run("report", audited, "--fail-on", "entropy.value > 100")[0::2] == (0, "")


def test_what_is_not_applicable_fails_the_gate(run, audited):
    code, _, err = run("report", audited, "--fail-on", "stability.value < 0")
    assert code == 1
    assert "stability is not applicable" in err
    words = ("--fail-on", "stability is applicable and stability.value < 0")
    assert run("report", audited, *words)[0] == 0


def test_against_a_baseline(run, audited):
    assert run("report", audited, "--baseline", audited, "--fail-on", "entropy.value drop > 0")[0] == 0
    code, _, err = run("report", audited, "--baseline", audited, "--fail-on", "entropy.value drop >= 0")
    assert code == 1
    assert "entropy.value of the baseline = " in err


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("--fail-on", "entropy.value >"), 2, "expected a number or a name"),
        (("--fail-on", "entropi.value > 1"), 2, "the nearest is entropy"),
        (("--fail-on", "entropy.value drop > 1"), 2, "needs a --baseline"),
        (("--baseline", "{audit}"), 2, "give one"),
        (("--baseline", "{audit}/records", "--fail-on", "entropy.value drop > 1"), 3, "holds no finished audit"),
    ],
)
def test_mistakes_come_before_anything_is_written(run, audited, words, code, sentence):
    (audited / "report.html").unlink(missing_ok=True)
    found, _, err = run("report", audited, *(word.format(audit=audited) for word in words))
    assert found == code
    assert sentence in err
    assert "Traceback" not in err
    assert not (audited / "report.html").exists()


def test_findings_are_in_the_summary(audited):
    summary = json.loads((audited / "report.json").read_text()) if (audited / "report.json").exists() else None
    written = json.loads((audited / "summary.json").read_text())
    for content in (summary, written):
        if content is not None and "findings" in content:
            assert {"id", "severity", "sentence", "measure", "numbers", "threshold"} == set(content["findings"][0])


def unfinished(folder):
    (folder / "summary.json").unlink()
    (folder / "parts").mkdir()


def newer(folder):
    summary = json.loads((folder / "summary.json").read_text())
    (folder / "summary.json").write_text(json.dumps(summary | {"schema_version": 99}))


def records_gone(folder):
    (folder / "records" / "entropy.parquet").unlink()


def records_edited(folder):
    path = folder / "records" / "entropy.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (unfinished, "it is unfinished: `saliencekit audit ... --resume` goes on with it"),
        (newer, "has schema 99, and this saliencekit reads up to 1: update it"),
        (records_gone, "lacks the records of entropy: it is no whole audit, run it again"),
        (records_edited, "entropy.parquet is not what the audit wrote, so that its numbers are not to be trusted"),
    ],
)
@pytest.mark.parametrize("command", ["report", "compare", "baseline"])
def test_a_spoilt_audit_is_one_sentence(run, audited, tmp_path, spoil, sentence, command):
    folder = tmp_path / "audit"
    shutil.copytree(audited, folder)
    spoil(folder)
    words = {
        "report": ("report", folder),
        "compare": ("compare", audited, folder),
        "baseline": ("report", audited, "--baseline", folder, "--fail-on", "entropy.value drop > 1"),
    }[command]
    code, out, err = run(*words)
    assert (code, out) == (3, "")
    assert sentence in err
    assert err.startswith("saliencekit: ")
    assert err.count("\n") == 1
