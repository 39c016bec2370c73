"""Every module imports only from those above it: the parts of medqa have one direction."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from medqa import sources

PACKAGE = Path(sources.__file__).parent
LAYERS = (
    "errors", "yamltext", "frontmatter", "sources", "revisions", "images", "fields", "config", "colours", "locales",
    "excerpts", "names", "markup", "sections", "documents", "parse", "corrections", "related", "cache", "survey",
    "directory", "archive", "references", "links", "index", "editing", "importers", "schema", "charts", "pages", "plan",
    "compiled", "rendering", "templates", "manifest", "disk", "locks", "outputs", "delta", "checks", "work", "cluster",
    "progress", "intake", "explaining", "waiting", "figures", "making", "pipeline", "summary", "console", "reports",
    "editors", "serve", "cli", "__main__",
)  # fmt: skip
ALONE = {
    "markup": "markdown",
    "rendering": "jinja2",
    "cache": "sqlite3",
    "yamltext": "yaml",
    "cluster": "distributed",
    "related": "numba",
    "checks": "phonenumbers",
    "serve": "livereload",
}
"""Module → the library that no other module knows."""


def layer_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def modules() -> list[Path]:
    return sorted(file for file in PACKAGE.rglob("*.py") if file != PACKAGE / "__init__.py")


def imported(file: Path) -> Iterator[str]:
    """Give the full name of all that a module imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_list_names_every_module() -> None:
    assert sorted(LAYERS) == sorted({layer_of(file) for file in modules()})


@pytest.mark.parametrize("file", modules(), ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_from_those_above_it(file: Path) -> None:
    own = layer_of(file)
    above = {"__version__", own, *LAYERS[: LAYERS.index(own)]}
    used = {name.split(".")[1] for name in imported(file) if name.startswith("medqa.")}
    assert used <= above


@pytest.mark.parametrize(("layer", "library"), ALONE.items())
def test_a_library_is_known_to_one_module(layer: str, library: str) -> None:
    users = {layer_of(file) for file in modules() for name in imported(file) if name.split(".")[0] == library}
    assert users == {layer}
