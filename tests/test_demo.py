"""The embedded default from end to end: what ``make demo`` shows."""

import pytest

import saliencekit as sk
from saliencekit.demo import FAMILIES, SEEDS, run_demo

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    run_demo(folder)
    return folder


def test_six_runs_learnt_the_forgeries_they_saw(folder):
    for loss in FAMILIES:
        for seed in SEEDS:
            info = sk.model_info(sk.load_model(folder / "runs" / f"{loss}-{seed}" / "model.pt"))
            best = max(epoch["val/accuracy"] for epoch in info.training["history"])
            assert best > 0.75, (loss, seed)


@pytest.mark.parametrize("loss", FAMILIES)
def test_all_five_measures_apply(folder, loss):
    audit = sk.load_audit(folder / f"audit-{loss}")
    assert {entry["status"] for entry in audit.summary["measures"].values()} == {"ok"}
    assert len(audit.summary["model"]["runs"]) == len(SEEDS)
    assert audit.summary["data"]["out_of_set"][0]["scored"] == 100
    assert (audit.folder / "report.html").stat().st_size > 100_000


def test_droid_focuses_the_maps(folder):
    entropy = {loss: sk.load_audit(folder / f"audit-{loss}").summary["measures"]["entropy"] for loss in FAMILIES}
    assert entropy["droid"]["ci_high"] < entropy["cross-entropy"]["ci_low"]


def test_the_families_are_compared(folder):
    assert (folder / "comparison" / "comparison.html").exists()
    assert (folder / "comparison" / "comparison.json").exists()


def test_a_checkpoint_audits_on_the_data_it_records(folder, tmp_path):
    result = sk.audit(folder / "runs" / "droid-0" / "model.pt", measures="entropy", output=tmp_path / "audit")
    assert result.summary["data"]["source"].endswith("manifest.csv (split test)")
    before = sk.load_audit(folder / "audit-droid").summary["measures"]["entropy"]["value"]
    assert result.summary["measures"]["entropy"]["value"] == pytest.approx(before, abs=1e-5)


def test_a_finished_demo_is_kept(folder):
    with pytest.raises(sk.UsageError, match="holds a finished demo"):
        run_demo(folder)
