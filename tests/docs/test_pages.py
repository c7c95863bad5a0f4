"""Documentation holds: its links lead somewhere, its pictures are there, it names what exists and nothing private."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.docs.tables import DOCS, ROOT, TABLES, block

PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
OUTSIDE = ("http://", "https://", "mailto:")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", _text(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h).strip().lower().replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(_text(page)):
        if link.startswith(OUTSIDE):
            continue
        target, _, anchor = link.partition("#")
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), f"{_named(page)} links to {link}, which is not there"
        if anchor:
            assert anchor in _anchors(there), f"{_named(page)} links to {link}, whose heading is not there"


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_nothing_private_is_named(page: Path) -> None:
    text = _text(page)
    for word in ("/root/", "/home/", "/tmp/", "index-url", "find-links", "TODO", "FIXME", "XXX"):
        assert word not in text, f"{_named(page)} names {word}"


def test_every_page_is_reached_from_the_index() -> None:
    index = {(DOCS / link.partition("#")[0]).resolve() for link in LINK.findall(_text(DOCS / "README.md"))}
    folders = {path for path in index if path.is_dir()}
    lost = [p for p in DOCS.rglob("*.md") if p != DOCS / "README.md" and p not in index and p.parent not in folders]
    assert lost == []


def test_the_layer_picture_equals_the_contract() -> None:
    contract = tomllib.loads(_text(ROOT / "pyproject.toml"))["tool"]["importlinter"]["contracts"][0]
    layers = [re.sub(r"[()]", "", layer) for layer in contract["layers"]]
    found = re.search(r"```layers\n(.*?)```", _text(ROOT / "ARCHITECTURE.md"), re.DOTALL)
    assert found
    assert [re.split(r"\s{2,}", line)[0] for line in found[1].splitlines()] == layers
    rooms = {room for layer in layers for room in layer.split(" | ")}
    empty = re.search(r"still empty: (.*?)\.", _text(ROOT / "ARCHITECTURE.md"))
    named = set(re.findall(r"`(\w+)`", empty[1])) if empty else set()
    here = {path.stem for path in (ROOT / "src" / "odzew").iterdir()}
    assert named == rooms - here


def test_architecture_is_one_page() -> None:
    assert len(_text(ROOT / "ARCHITECTURE.md").splitlines()) <= 90


@pytest.mark.parametrize("name", TABLES)
def test_generated_tables_are_fresh(name: str) -> None:
    file, make = TABLES[name]
    found = block(name=name).search(_text(DOCS / file))
    assert found, f"{file} has no place for the table {name}"
    assert found[2] == make(), "run: python -m tests.docs.tables"


def test_every_use_case_has_a_walk_and_every_walk_a_use_case() -> None:
    folder = ROOT / "src" / "odzew" / "usecases"
    cases = {p.stem for p in folder.glob("[a-z]*.py") if re.search(r"^def [a-z]", _text(p), re.MULTILINE)}
    walks = {p.stem: _text(p) for p in (DOCS / "walks").glob("*.md")}
    assert set(walks) == cases
    for name, text in walks.items():
        assert f"Code: `src/odzew/usecases/{name}.py`" in text


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_named_files_exist(page: Path) -> None:
    for name in re.findall(r"`((?:src|tests|scripts|requirements)/[\w./*-]+)`", _text(page)):
        found = list(ROOT.glob(name)) if "*" in name else (ROOT / name).exists()
        assert found, f"{_named(page)} names {name}, which is not there"


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(p.name[:4]) for p in (DOCS / "decisions").glob("*.md"))
    assert len(numbers) == len(set(numbers))
    for path in (DOCS / "decisions").glob("*.md"):
        assert _text(path).startswith(f"# {int(path.name[:4])}. "), path.name
        assert len(_text(path).splitlines()) <= 60, path.name


def test_the_commands_of_the_readme_are_those_of_the_makefile() -> None:
    targets = set(re.findall(r"^(\w+):", _text(ROOT / "Makefile"), re.MULTILINE))
    used = set()
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", DOCS / "operator.md"):
        used |= set(re.findall(r"\bmake (\w+)\b", "\n".join(re.findall(r"(?:^    .*$)|`[^`]+`", _text(page), re.MULTILINE))))
    assert {"demo", "test"} <= used <= targets


def test_what_is_said_to_be_missing_is_missing() -> None:
    from odzew.entrypoints.site.urls import urlpatterns

    addresses = " ".join(str(entry.pattern) for entry in urlpatterns)
    guide = _text(DOCS / "operator.md")
    assert ("cannot sign in yet" in guide) == ("console" not in addresses), "operator.md and README.md say who can sign in"


def test_the_page_on_privacy_names_every_table() -> None:
    from django.apps import apps

    tables = {m._meta.db_table for m in apps.get_models() if m.__module__.startswith("odzew.")}
    named = re.findall(r"`([a-z]+_[a-z_]+)`", "\n".join(re.findall(r"^\|.*\|$", _text(DOCS / "privacy.md"), re.MULTILINE)))
    assert sorted(named) == sorted(tables)
