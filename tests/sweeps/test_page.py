import re
from html.parser import HTMLParser

import pytest

from saliencekit.sweeps import draw_sweep

PANELS = ["auroc-against-entropy", "auroc-by-loss", "entropy-over-epochs", "example-maps", "mean-roc"]


class Page(HTMLParser):
    def __init__(self, source):
        super().__init__()
        self.source, self.tags, self.words, self.hidden = source, [], [], 0
        self.feed(source)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.hidden += tag in ("style", "svg")

    def handle_endtag(self, tag):
        self.hidden -= tag in ("style", "svg")

    def handle_data(self, data):
        if not self.hidden:
            self.words.append(data)

    def all(self, name):
        return [attrs for tag, attrs in self.tags if tag == name]


@pytest.fixture
def drawn(written):
    def draw(*args, **kwargs):
        folder, table = written(*args, **kwargs)
        draw_sweep(folder)
        return folder, table, Page((folder / "sweep.html").read_text())

    return draw


def test_every_number_of_the_table_is_in_the_page(drawn):
    _, table, page = drawn()
    for row in table.rows:
        assert row.loss in page.text
        for found in row.figures.values():
            assert f"{found.mean:.3f} ± {found.std:.3f}" in page.text
        for key, found in row.against.items():
            assert f"{found.difference:+.3f}".replace("-", "−") in page.text, (row.loss, key)
    for note in table.notes:
        assert note in page.text
    assert "0.500, null 0.300" in page.text
    assert "6 losses, 3 seeds, 18 runs" in page.text


def test_all_pictures_lie_in_the_page_and_beside_it_with_words(drawn):
    folder, _, page = drawn()
    assert sorted(path.stem for path in (folder / "figures").glob("*.svg")) == PANELS
    drawings = [attrs for attrs in page.all("svg") if attrs.get("class") != "glyph"]
    assert len(drawings) == len(PANELS)
    assert all(attrs["role"] == "img" and len(attrs["aria-label"]) > 60 for attrs in drawings)


def test_it_asks_for_nothing_and_hides_nothing(drawn):
    _, _, page = drawn()
    assert not re.search(r"https?:|<script|@import", page.source)
    assert "<faces> & $more$/manifest.csv" in page.text
    assert "<swap>" in page.text
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    aimed = {attrs["href"][1:] for attrs in page.all("a") if attrs.get("href", "").startswith("#")}
    assert aimed <= set(ids)
    assert all(attrs.get("scope") for attrs in page.all("th"))
    used = set(re.findall(r"var\(--([a-z0-9]+)\)", page.source))
    assert used - {"shape", "picture"} <= set(re.findall(r"--([a-z0-9]+):", page.source))  # a gallery card sets these


def test_failed_runs_are_named_with_their_reason(drawn):
    reason = "the loss is not finite in <epoch> 3\x1b[2J"
    _, _, page = drawn(("cross-entropy", "droid"), failures={("droid", 1): reason})
    assert "1 run not in these figures" in page.text
    assert "droid/seed-1" in page.text
    assert "the loss is not finite in <epoch> 3\\x1b[2J" in page.text
    assert "5 of 6 runs" in page.text


def test_one_loss_and_one_run(drawn):
    folder, _, page = drawn(("droid",), seeds=[4])
    assert "1 loss, 1 seed, 1 run" in page.text
    assert "not compared" in page.text
    assert 'id="tests"' not in page.source
    assert sorted(path.stem for path in (folder / "figures").glob("*.svg")) == PANELS
    assert "nan" not in re.sub(r"[a-z]*nan[a-z]+|[a-z]+nan", "", page.text.lower())


def test_nothing_has_finished(drawn):
    _, _, page = drawn(("droid", "cyborg"), missing=[(loss, seed) for loss in ("droid", "cyborg") for seed in range(3)])
    assert "0 of 6 runs" in page.text


def test_audits_are_pointed_at_where_they_lie(written):
    folder, _ = written(("cross-entropy", "droid"))
    (folder / "droid" / "audit").mkdir()
    (folder / "droid" / "audit" / "report.html").touch()
    draw_sweep(folder)
    page = Page((folder / "sweep.html").read_text())
    assert [attrs["href"] for attrs in page.all("a") if "report" in attrs.get("href", "")] == [
        "droid/audit/report.html"
    ]


def test_the_same_files_give_the_same_bytes(drawn):
    folder, table, page = drawn()
    figures = {path.name: path.read_bytes() for path in (folder / "figures").iterdir()}
    assert draw_sweep(folder).table == table
    assert (folder / "sweep.html").read_text() == page.source
    assert {path.name: path.read_bytes() for path in (folder / "figures").iterdir()} == figures
