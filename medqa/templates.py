"""Stage 6, render: the archive's templates, and page → text.

A template sees `page`, `config` and `t` (the strings), and nothing else; a name that does not exist is an error. What a
template uses of config and strings is read from its syntax tree, so that a page is stale exactly when something it can
show has changed. Jinja is loaded when a page is made, or a template read that is not on the shelf.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from medqa import sources
from medqa.compiled import Compiled, Shelf
from medqa.config import Config, Locales, Strings, strings_for
from medqa.errors import BuildFailedError, Problem, problem, suggestion
from medqa.pages import KINDS, Page

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from medqa.rendering import Renderer


_NO_SHELF = Shelf()


class Uses(msgspec.Struct, frozen=True):
    """What a template and all that it extends, includes or imports can see and consist of."""

    digest: str
    """Of their sources."""
    config: frozenset[str]
    """Names after `config.`; "*" where config is used as a whole."""
    strings: frozenset[str]
    """Names after `t.`; "*" where t is used as a whole."""


class Templates:
    """The archive's templates, compiled."""

    def __init__(self, root: Path, config: Config, locales: Locales, shelf: Shelf = _NO_SHELF) -> None:
        """Find the templates of an archive; each is read when it is first used, or taken from the shelf."""
        self.config = config
        self.locales = locales
        self.shelf = shelf
        self._root = root
        named = sources.template_files(root)
        faults = {name: sources.name_fault(f"{sources.TEMPLATES}/{name}") for name in named}
        self.files = {name: file for name, file in named.items() if not faults[name]}
        self._misnamed = [fault for fault in faults.values() if fault]
        self._compiled: dict[str, Compiled] = {}
        self._uses: dict[str, Uses] = {}
        self._renderers: dict[str, Renderer] = {}

    # --- checking -------------------------------------------------------------------------------------------------

    def problems(self) -> list[Problem]:
        """Report templates that are misnamed (MQ109), cannot be read (MQ303), or name what none sees (MQ304, MQ305)."""
        found = [*self._misnamed]
        needed = {kind.template for kind in KINDS}
        for name in sorted(needed | {name for name in self.files if name.endswith(".html")}):
            if name not in self.files:
                found.append(problem((name, 1, 1), "MQ303", f"the template '{name}' is missing", "restore it"))
                continue
            try:
                found += self._check(name)
            except sources.UnreadableError as error:
                found.append(error.problem)
        return found

    def _check(self, name: str) -> Iterable[Problem]:
        """Look for names in a template that will be undefined when it runs."""
        said = self.compiled(name)
        path = self._shown(name)
        if said.error:
            line, message = said.error
            yield problem((path, line, 1), "MQ303", message, "check the tag on this line")
        for other, line in said.templates:
            if other and other not in self.files:
                yield problem((path, line, 1), "MQ303", f"there is no template '{other}'", "check its name")
        for unknown, line in said.unknown:
            hint = "a template sees 'page', 'config' and 't'"
            yield problem((path, line, 1), "MQ304", f"'{unknown}' is not known here", hint)
        strings = self.locales[min(self.locales)].messages
        known = {"t": {*strings, "language", "dir"}, "config": {*Config.__struct_fields__, "path_prefix"}}
        for owner, used, line in said.uses:
            if used != "*" and used not in known[owner]:
                code = "MQ305" if owner == "t" else "MQ304"
                hint = suggestion(used, known[owner])
                yield problem((path, line, 1), code, f"there is no '{owner}.{used}'", hint)

    # --- reading --------------------------------------------------------------------------------------------------

    def compiled(self, name: str) -> Compiled:
        """Read a template; raises UnreadableError where its file is no text."""
        if name not in self._compiled:
            text = self._text(name)
            known = self.shelf.get(name, sources.digest(text))
            if known is None:
                from medqa import rendering  # noqa: PLC0415  most builds find every template on the shelf

                known = rendering.compiled(name, text)
                self.shelf.put(name, known)
            self._compiled[name] = known
        return self._compiled[name]

    def _find(self, name: str) -> Compiled | None:
        return self.compiled(name) if name in self.files else None

    def _text(self, name: str) -> str:
        file = self.files[name]
        try:
            return sources.read(file.parent, file.name).text
        except sources.UnreadableError as error:
            found = msgspec.structs.replace(error.problem, path=self._shown(name))
            raise sources.UnreadableError(found) from error

    def _shown(self, name: str) -> str:
        return sources.shown_path(self._root, self.files[name])

    # --- dependencies ---------------------------------------------------------------------------------------------

    def uses(self, name: str) -> Uses:
        """Tell what a template depends on, together with all that it extends, includes or imports."""
        if name not in self._uses:
            self._uses[name] = self._find_uses(name)
        return self._uses[name]

    def _find_uses(self, name: str) -> Uses:
        found: dict[str, Compiled] = {}
        waiting = [name]
        while waiting:
            at = waiting.pop()
            if at in found or at not in self.files:
                continue
            try:
                said = self.compiled(at)
            except sources.UnreadableError:
                continue
            if said.error:
                continue  # no template, and nothing can be made with it
            found[at] = said
            for other, _ in said.templates:
                waiting += [other] if other else self.files
        parts = [part for at in sorted(found) for part in (at, found[at].digest)]
        config, strings = (
            frozenset[str]().union(*(said.after(owner) for said in found.values())) for owner in ("config", "t")
        )
        return Uses(sources.digest(*parts), config, strings)

    def strings(self, language: str) -> Strings:
        """Give the strings in which a page of a language is shown."""
        return strings_for(self.locales, language, self.config.language)

    @cached_property
    def stamp(self) -> str:
        """Digest of everything that any page may depend on besides its value."""
        templates = (self.uses(kind.template).digest for kind in KINDS)
        settings = msgspec.msgpack.encode((self.config, self.locales), order="deterministic")
        return sources.digest(str(self._root), settings, *templates)

    # --- rendering ------------------------------------------------------------------------------------------------

    def render(self, page: Page, html: Mapping[str, str]) -> bytes:
        """Make a page's file. `html` holds the texts of the document it shows: part → HTML.

        Raises BuildFailedError with MQ304 where the template fails.
        """
        from medqa import rendering  # noqa: PLC0415  a build that makes no page needs no Jinja

        strings = self.strings(page.lang)
        if strings.language not in self._renderers:
            self._renderers[strings.language] = rendering.Renderer(self._find, self.config, strings)
        try:
            return self._renderers[strings.language].render(page, html)
        except rendering.FailedError as error:
            path = self._shown(error.template if error.template in self.files else page.template)
            message, hint = f"{error} (while making {page.url})", "docs/architecture.md tells what a page holds"
            raise BuildFailedError([problem((path, error.line, 1), "MQ304", message, hint)]) from error
