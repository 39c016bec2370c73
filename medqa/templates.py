"""Stage 6, render: page → text. The only module that knows Jinja.

A template sees `page`, `config` and `t` (the strings), and nothing else; a name that does not exist is an error. What a
template uses of config and strings is read from its syntax tree, so that a page is stale exactly when something it can
show has changed.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path
from urllib.parse import quote

import msgspec
from jinja2 import (
    BaseLoader,
    Environment,
    FunctionLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    meta,
    nodes,
    pass_context,
)
from jinja2.runtime import Context
from markupsafe import Markup, escape

from medqa import markup, sources
from medqa.config import Config, Locales, Message, Strings, strings_for
from medqa.documents import Text
from medqa.errors import BuildFailedError, Problem, problem, suggestion
from medqa.fields import Localized, in_language
from medqa.pages import KINDS, Page

_VISIBLE = frozenset({"page", "config", "t"})
_FILTERS = ("href", "absolute", "html", "date", "number", "localized", "quoted")
_SAFE = "/:@!$&'()*+,;=~-._?#%"
"""Characters that stay as they are in an address; letters of other scripts are percent-encoded."""


class Uses(msgspec.Struct, frozen=True):
    """What a template and all that it extends, includes or imports can see and consist of."""

    digest: str
    """Of their sources."""
    config: frozenset[str]
    """Names after `config.`; "*" where config is used as a whole."""
    strings: frozenset[str]
    """Names after `t.`; "*" where t is used as a whole."""


class _Said(msgspec.Struct, frozen=True):
    """What the text of one template says, whatever else there is; each with its line."""

    templates: tuple[tuple[str, int], ...]
    """Names of the templates it extends, includes or imports; "" for a name that is computed."""
    unknown: tuple[tuple[str, int], ...]
    """Names that nobody defines: neither it nor those who call it."""
    uses: tuple[tuple[str, str, int], ...]
    """(`config` or `t`, the name that follows it): "*" where it stands alone or the name is computed."""

    def after(self, owner: str) -> set[str]:
        """Give the names that follow `config.` or `t.`."""
        return {name for whose, name, _ in self.uses if whose == owner}


class StringsView:
    """`t` as templates see it."""

    def __init__(self, strings: Strings) -> None:
        self._strings = strings
        self.language = strings.language
        self.dir = strings.direction

    def __getattr__(self, name: str) -> Message:
        try:
            return self._strings.messages[name]
        except KeyError:
            raise AttributeError(name) from None


class Templates:
    """The archive's templates, compiled."""

    def __init__(self, root: Path, config: Config, locales: Locales) -> None:
        """Find the templates of an archive; compiles them when they are first used."""
        self.config = config
        self.locales = locales
        self._root = root
        self.files = sources.template_files(root)
        self._views = {tag: StringsView(strings) for tag, strings in locales.items()}
        self._uses: dict[str, Uses] = {}
        self._environment = _environment(FunctionLoader(self._load))
        filters = (self._href, self._absolute, _html, _date, _number, self._localized, _quoted)
        self._environment.filters.update(zip(_FILTERS, filters, strict=True))

    # --- checking -------------------------------------------------------------------------------------------------

    def problems(self) -> list[Problem]:
        """Report templates that cannot be read (MQ303) or name what no template sees (MQ304, MQ305)."""
        found: list[Problem] = []
        needed = {kind.template for kind in KINDS}
        for name in sorted(needed | {name for name in self.files if name.endswith(".html")}):
            if name not in self.files:
                found.append(problem((name, 1, 1), "MQ303", f"the template '{name}' is missing", "restore it"))
                continue
            try:
                found += self._check(name)
            except TemplateSyntaxError as error:
                found.append(self._syntax_problem(error, name))
            except sources.UnreadableError as error:
                found.append(error.problem)
        return found

    def _check(self, name: str) -> Iterable[Problem]:
        """Look for names in a template that will be undefined when it runs."""
        said = _said(name, self._text(name))
        path = self._shown(name)
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

    def _text(self, name: str) -> str:
        file = self.files[name]
        try:
            return sources.read(file.parent, file.name).text
        except sources.UnreadableError as error:
            found = msgspec.structs.replace(error.problem, path=self._shown(name))
            raise sources.UnreadableError(found) from error

    def _load(self, name: str) -> str | None:
        return self._text(name) if name in self.files else None

    def _shown(self, name: str) -> str:
        return sources.shown_path(self._root, self.files[name])

    def _syntax_problem(self, error: TemplateSyntaxError, name: str) -> Problem:
        path = self._shown(error.name) if error.name in self.files else self._shown(name)
        return problem(
            (path, error.lineno, 1), "MQ303", error.message or "cannot be read", "check the tag on this line"
        )

    # --- dependencies ---------------------------------------------------------------------------------------------

    def uses(self, name: str) -> Uses:
        """Tell what a template depends on, together with all that it extends, includes or imports."""
        if name not in self._uses:
            self._uses[name] = self._find_uses(name)
        return self._uses[name]

    def _find_uses(self, name: str) -> Uses:
        texts: dict[str, str] = {}
        config: set[str] = set()
        strings: set[str] = set()
        waiting = [name]
        while waiting:
            at = waiting.pop()
            if at in texts or at not in self.files:
                continue
            try:
                said = _said(at, self._text(at))
            except (TemplateSyntaxError, sources.UnreadableError):
                continue  # no template, and nothing can be made with it
            texts[at] = self._text(at)
            config |= said.after("config")
            strings |= said.after("t")
            for other, _ in said.templates:
                waiting += [other] if other else self.files
        parts = [part for at in sorted(texts) for part in (at, texts[at])]
        return Uses(sources.digest(*parts), frozenset(config), frozenset(strings))

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
        view = self._views[self.strings(page.lang).language]
        try:
            template = self._environment.get_template(page.template)
            text = template.render(page=page, config=self.config, t=view, _html=html)
        except TemplateError as error:
            raise BuildFailedError([self._failure(error, page)]) from error
        except Exception as error:  # a template is a program: whatever it does wrong is its author's to know
            raise BuildFailedError([self._failure(error, page)]) from error
        return text.strip().encode() + b"\n"

    def _failure(self, error: Exception, page: Page) -> Problem:
        """Find the template's line in the traceback."""
        path, line = self._shown(page.template), 1
        step = error.__traceback__
        while step is not None:
            name = step.tb_frame.f_globals.get("__name__")
            file = step.tb_frame.f_code.co_filename
            if name is None or file in self.files or file == "<template>":
                path = self._shown(file) if file in self.files else path
                line = step.tb_lineno
            step = step.tb_next
        message = str(error) or type(error).__name__
        if isinstance(error, TemplateNotFound):
            message = f"there is no template '{error.name}'"
        return problem(
            (path, line, 1),
            "MQ304",
            f"{message} (while making {page.url})",
            "docs/architecture.md tells what a page holds",
        )

    def _href(self, url: str) -> str:
        """Make a link of a path on the site: base_url's path in front, percent-encoded; outside addresses stay."""
        if not url.startswith("/"):
            return quote(url, safe=_SAFE)
        return quote(self.config.path_prefix + url, safe=_SAFE)

    def _absolute(self, url: str) -> str:
        """Give the full address of a path on the site."""
        return self.config.base_url + quote(url, safe=_SAFE)

    def _localized(self, texts: Localized, language: str) -> str:
        return in_language(texts, language, self.config.language)


@pass_context
def _html(context: Context, text: Text) -> Markup:
    """Fill a document's text in, its links resolved."""
    page: Page = context["page"]
    href = context.environment.filters["href"]

    def address(number: int) -> str | None:
        target = page.links[number]
        return str(escape(href(target))) if target else None

    return Markup(markup.resolve(context["_html"][text.part], address))  # noqa: S704 - markup made it safe


@pass_context
def _date(context: Context, day: date) -> Markup:
    """Write a date in the page's language, with its machine-readable form."""
    view: StringsView = context["t"]
    text = view._strings.format_date(day)  # noqa: SLF001 - templates see no more of it
    return Markup('<time datetime="{}" dir="auto">{}</time>').format(day.isoformat(), text)


def _number(value: int) -> str:
    """Write a count with thousands separators."""
    return f"{value:,}"


def _quoted(text: object) -> str:
    """Percent-encode a text that stands inside an address."""
    return quote(str(text), safe="")


def _environment(loader: BaseLoader | None = None) -> Environment:
    """Configure Jinja."""
    return Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        auto_reload=False,
    )


# --- what a template's text says --------------------------------------------------------------------------------------


@lru_cache(maxsize=512)  # a preview reads the same templates at every save
def _said(name: str, text: str) -> _Said:
    """Read a template's syntax tree; raises TemplateSyntaxError."""
    environment = _environment()
    environment.filters.update(dict.fromkeys(_FILTERS, _html))
    try:
        tree = environment.parse(text, name)
    except RecursionError:
        raise TemplateSyntaxError("nested too deeply", 1, name) from None
    templates = tuple((other or "", _line_of(tree, other)) for other in meta.find_referenced_templates(tree))
    uses = tuple((owner, *use) for owner in ("config", "t") for use in _attributes(tree, owner))
    unknown = sorted(meta.find_undeclared_variables(tree) - _VISIBLE - _declared(tree))
    return _Said(templates, tuple((word, _line_of(tree, word)) for word in unknown), uses)


def _attributes(tree: nodes.Template, owner: str) -> Iterator[tuple[str, int]]:
    """Give the names that follow `owner.` in a template, "*" where `owner` stands alone, with their lines."""
    dotted = set()
    for use in chain[nodes.Getattr | nodes.Getitem](tree.find_all(nodes.Getattr), tree.find_all(nodes.Getitem)):
        if isinstance(use.node, nodes.Name) and use.node.name == owner:
            dotted.add(id(use.node))
            constant = use.attr if isinstance(use, nodes.Getattr) else getattr(use.arg, "value", None)
            yield constant if isinstance(constant, str) else "*", use.lineno
    yield from (
        ("*", name.lineno) for name in tree.find_all(nodes.Name) if name.name == owner and id(name) not in dotted
    )


def _declared(tree: nodes.Template) -> set[str]:
    """Give the names that a template itself defines, which Jinja takes for undeclared inside its blocks."""
    found: set[str] = set()
    for node in tree.find_all((nodes.FromImport, nodes.Import, nodes.Macro, nodes.Assign, nodes.AssignBlock)):
        match node:
            case nodes.FromImport():
                found.update(name if isinstance(name, str) else name[1] for name in node.names)
            case nodes.Import():
                found.add(node.target)
            case nodes.Macro():
                found.add(node.name)
            case _:
                found.update(name.name for name in node.find_all(nodes.Name) if name.ctx == "store")
    return found


def _line_of(tree: nodes.Template, name: str | None) -> int:
    """Give the line on which a name or template name first stands."""
    for node in tree.find_all((nodes.Name, nodes.Const)):
        if name in (getattr(node, "name", None), getattr(node, "value", None)):
            return int(node.lineno)
    return 1
