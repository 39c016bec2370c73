"""Stage 6, render: page → text. The only module that knows Jinja.

A template sees `page`, `config` and `t` (the strings), and nothing else; a name that does not exist is an error. What a
template uses of config and strings is read from its syntax tree, so that a page is stale exactly when something it can
show has changed.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from itertools import chain
from pathlib import Path
from urllib.parse import quote

import msgspec
from jinja2 import (
    Environment,
    FunctionLoader,
    StrictUndefined,
    TemplateError,
    TemplateSyntaxError,
    meta,
    nodes,
    pass_context,
)
from jinja2.runtime import Context
from markupsafe import Markup

from medqa import sources
from medqa.config import Config, Locales, Message, Strings, strings_for
from medqa.documents import Text
from medqa.errors import BuildFailedError, Problem, problem, suggestion
from medqa.fields import Localized, in_language
from medqa.pages import KINDS, Page

_VISIBLE = frozenset({"page", "config", "t"})
_PLACEHOLDER = re.compile(r'<a href="medqa:(\d+)">(.*?)</a>|<img src="medqa:(\d+)"', re.DOTALL)
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
        self._environment = Environment(
            loader=FunctionLoader(self._load),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
            auto_reload=False,
        )
        self._environment.filters.update(
            href=self._href,
            absolute=self._absolute,
            html=_html,
            date=_date,
            number=_number,
            localized=self._localized,
            quoted=lambda text: quote(str(text), safe=""),
        )

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
        tree = self._tree(name)
        path = self._shown(name)
        for other in meta.find_referenced_templates(tree):
            if other is not None and other not in self.files:
                yield problem(
                    (path, _line_of(tree, other), 1), "MQ303", f"there is no template '{other}'", "check its name"
                )
        for unknown in sorted(meta.find_undeclared_variables(tree) - _VISIBLE - _declared(tree)):
            hint = "a template sees 'page', 'config' and 't'"
            yield problem((path, _line_of(tree, unknown), 1), "MQ304", f"'{unknown}' is not known here", hint)
        strings = self.locales[min(self.locales)].messages
        known = {"t": {*strings, "language", "dir"}, "config": {*Config.__struct_fields__, "path_prefix"}}
        for use in tree.find_all(nodes.Getattr):
            owner = use.node.name if isinstance(use.node, nodes.Name) else ""
            if owner in known and use.attr not in known[owner]:
                code = "MQ305" if owner == "t" else "MQ304"
                message = f"there is no '{owner}.{use.attr}'"
                yield problem((path, use.lineno, 1), code, message, suggestion(use.attr, known[owner]))

    def _tree(self, name: str) -> nodes.Template:
        return self._environment.parse(self._text(name), name)

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
            texts[at] = self._text(at)
            tree = self._environment.parse(texts[at], at)
            config |= _attributes(tree, "config")
            strings |= _attributes(tree, "t")
            for other in meta.find_referenced_templates(tree):
                waiting += [other] if other is not None else sorted(self.files)
        parts = [part for at in sorted(texts) for part in (at, texts[at])]
        return Uses(sources.digest(*parts), frozenset(config), frozenset(strings))

    def strings(self, language: str) -> Strings:
        """Give the strings in which a page of a language is shown."""
        return strings_for(self.locales, language, self.config.language)

    @cached_property
    def stamp(self) -> str:
        """Digest of everything that any page may depend on besides its value."""
        texts = [part for name in self.files if name.endswith(".html") for part in (name, self._text(name))]
        settings = msgspec.msgpack.encode((self.config, self.locales), order="deterministic")
        return sources.digest(str(self._root), settings, *texts)

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

    def resolved(match: re.Match[str]) -> str:
        number = int(match[1] or match[3])
        target = page.links[number]
        if match[3]:
            return f'<img src="{Markup.escape(href(target or ""))}"'
        return f'<a href="{Markup.escape(href(target))}">{match[2]}</a>' if target else match[2]

    return Markup(_PLACEHOLDER.sub(resolved, context["_html"][text.part]))  # noqa: S704 - markup.py made it safe


@pass_context
def _date(context: Context, day: date) -> Markup:
    """Write a date in the page's language, with its machine-readable form."""
    view: StringsView = context["t"]
    text = view._strings.format_date(day)  # noqa: SLF001 - templates see no more of it
    return Markup('<time datetime="{}" dir="auto">{}</time>').format(day.isoformat(), text)


def _number(value: int) -> str:
    """Write a count with thousands separators."""
    return f"{value:,}"


def _attributes(tree: nodes.Template, owner: str) -> set[str]:
    """Give the names that follow `owner.` in a template; "*" where `owner` stands alone."""
    found = set()
    dotted = 0
    for use in chain[nodes.Getattr | nodes.Getitem](tree.find_all(nodes.Getattr), tree.find_all(nodes.Getitem)):
        if isinstance(use.node, nodes.Name) and use.node.name == owner:
            dotted += 1
            constant = use.attr if isinstance(use, nodes.Getattr) else getattr(use.arg, "value", None)
            found.add(constant if isinstance(constant, str) else "*")
    alone = sum(1 for name in tree.find_all(nodes.Name) if name.name == owner) - dotted
    return found | {"*"} if alone else found


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


def _line_of(tree: nodes.Template, name: str) -> int:
    """Give the line on which a name or template name first stands."""
    for node in tree.find_all((nodes.Name, nodes.Const)):
        if name in (getattr(node, "name", None), getattr(node, "value", None)):
            return int(node.lineno)
    return 1
