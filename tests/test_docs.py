"""The pages hold together: reached, linked, illustrated, and saying what the product says."""

import ast
import importlib.util
import re
import shlex
from fnmatch import fnmatch
from pathlib import Path

import pytest

import saliencekit as sk
from saliencekit.cli import app
from saliencekit.losses import LOSSES

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
MADE = ("_build", "gallery", "reference", "benchmarks.md")  # by the build, out of what is there
PAGES = sorted(
    page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md") if page.relative_to(DOCS).parts[0] not in MADE
)
COMMANDS = sorted(name for name in app if not name.startswith("-"))
LINK = re.compile(r"(?<!!)\]\((?!https?:)([^)#\s]*)(?:#[^)\s]*)?\)")
OTHER_PAGES = {"info": "layers", "demo": "layers"}


def text(page):
    return (DOCS / page).read_text(encoding="utf-8")


def loaded(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sentences():
    """Yield every text of the package, joined where it was broken, with … for what is filled in."""

    def joined(node):
        if isinstance(node, ast.JoinedStr):
            return "".join(joined(each) for each in node.values)
        return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "…"

    for path in (ROOT / "saliencekit").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr | ast.Constant):
                yield joined(node)


def commands(page):
    """Yield each line of a page's code that calls saliencekit, without the remark behind it."""
    source = page.read_text(encoding="utf-8")
    fenced = "\n".join(re.findall(r"```sh\n(.*?)```", source, re.DOTALL))
    indented = "\n".join(re.findall(r"^    (saliencekit [a-z].*)$", source, re.MULTILINE))
    for line in f"{fenced}\n{indented}".splitlines():
        found = re.match(r"saliencekit (?!\.)(.+?)(?: {3,}\S.*| > [\w.]+(?: .*)?)?$", line)
        if found and "..." not in line:
            yield found[1]


@pytest.mark.parametrize("page", PAGES)
def test_is_in_a_table_of_contents(page):
    listed = [
        line for block in re.findall(r"```\{toctree\}\n(.*?)```", text("index.md"), re.DOTALL) for line in block.split()
    ]
    word = page.removesuffix(".md")
    assert word == "index" or any(fnmatch(word, each) and word.count("/") == each.count("/") for each in listed)


@pytest.mark.parametrize("page", PAGES)
def test_links_and_pictures_lead_somewhere(page):
    folder = (DOCS / page).parent
    for target in LINK.findall(re.sub(r"^:.*$", "", text(page), flags=re.MULTILINE)):  # options are no prose
        made = target.startswith(("../gallery/", "gallery/")) and (ROOT / "examples" / f"{Path(target).stem}.py")
        assert (made or folder / target).exists(), target
    for target, options in re.findall(r"```\{image\} (\S+)\n(.*?)```", text(page), re.DOTALL):
        assert (folder / target).is_file(), target
        assert re.search(r"^:alt: .{20,}$", options, re.MULTILINE), f"{target} has no words for who does not see it"


@pytest.mark.parametrize("name", sorted(sk.MEASURES))
def test_a_measure_has_its_sections_and_its_figure(name):
    page = text(f"measures/{name}.md")
    order = ["Question", "Definition", "How to read it", "Example", "What it cannot tell", "Null value", "Records"]
    assert [each for each in re.findall(r"^## (.+)$", page, re.MULTILINE) if each in order] == order
    figure = loaded(DOCS / "measure_figures.py").FIGURES[name]
    assert f"```{{image}} figures/{figure}.svg\n:class: on-white\n" in page
    drawn = (DOCS / "measures" / "figures" / f"{figure}.svg").read_text(encoding="utf-8")
    assert "<image" not in drawn  # no photograph of anybody
    assert "/bibliography.md" in page or name == "stability"


@pytest.mark.parametrize("word", sorted(LOSSES))
def test_a_loss_has_its_page(word):
    page = text(f"losses/{word}.md")
    for section in ("Question", "Definition", "How to read it", "What it cannot do"):
        assert f"\n## {section}\n" in page


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_its_page_with_every_option(command):
    assert f"```{{options}} {command}\n```" in text(f"commands/{OTHER_PAGES.get(command, command)}.md")


def test_the_table_of_options_is_the_command_line_itself():
    pytest.importorskip("docutils", reason="what builds the pages is not installed")
    made = loaded(DOCS / "_extensions" / "command_options.py")
    given = {name: each for each in made.arguments("audit") for name in each.names}
    assert {"MODEL", "--out-of-set", "--mean", "--fail-on", "--save-maps", "--no-save-maps"} <= given.keys()
    assert made.default(given["--salience"]) == "grad-cam"
    assert made.default(given["--seed"]) == "0"
    assert made.default(given["MODEL"]) == made.default(given["--quiet"]) == made.default(given["--runs"]) == ""
    assert made.flags(given["--mean"]) == ["--mean"]
    assert [node.astext() for node in made.described("a ``b`` c")] == ["a ", "b", " c"]


@pytest.mark.parametrize("page", [*PAGES, "../README.md"])
def test_commands_can_be_given_as_they_stand(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("mine.toml", "config.toml"):  # the only files that are read before a command begins
        Path(name).write_text('data = "faces.csv"')
    for line in commands(DOCS / page):
        app.parse_args(shlex.split(line, comments=True), exit_on_error=False, print_error=False)


def test_commands_are_found_and_wrong_ones_told(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```sh\nsaliencekit report audit   # again\n```\n\n    saliencekit audit m.pt --no-such 1\n")
    right, wrong = commands(page)
    app.parse_args(shlex.split(right, comments=True), exit_on_error=False, print_error=False)
    with pytest.raises(Exception, match="no-such"):
        app.parse_args(shlex.split(wrong, comments=True), exit_on_error=False, print_error=False)


def test_troubleshooting_quotes_what_the_product_says():
    quoted = re.findall(r"\*\*`(.+?)`\*\*", text("howto/troubleshooting.md"))
    assert len(quoted) > 25
    said = "\n".join(sentences())
    for each in quoted:
        assert each in said, each


def test_no_page_is_left_without_its_measure_or_command():
    for name in sk.MEASURES:
        assert f"measures/{name}.md" in PAGES
    pages = {Path(page).stem for page in PAGES if page.startswith("commands/")}
    assert pages == set(COMMANDS) - set(OTHER_PAGES)
    assert {Path(page).stem for page in PAGES if page.startswith("losses/")} == set(LOSSES)


def test_formulas_become_mathml():
    nodes = pytest.importorskip("docutils.nodes", reason="what builds the pages is not installed")
    made = loaded(DOCS / "_extensions" / "mathml.py")
    drawn = made.drawn(nodes.math("", r"\Big(\frac1K\sum_k H_k\Big)^2"), block=True)
    assert drawn.startswith('<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">')
    assert "<mfrac>" in drawn
    assert "Big" not in drawn
    assert made.drawn(nodes.math("", r"\alpha"), block=False).count("α") == 1
