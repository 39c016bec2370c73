"""What Jinja does: a template's text → what it says and the program that writes it; a page's value → its bytes.

The only module that knows Jinja. For each language there is one `Renderer`, whose templates see `config` and `t`
wherever they are: also in macros that are imported without the page's context. Such macros depend on their arguments
alone, so that what they write can be used again (`once`).
"""

import marshal
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from datetime import date
from functools import lru_cache
from itertools import chain
from keyword import iskeyword
from traceback import walk_tb
from typing import Any, cast
from urllib.parse import quote

from jinja2 import (
    BaseLoader,
    Environment,
    StrictUndefined,
    Template,
    TemplateNotFound,
    TemplateRuntimeError,
    TemplateSyntaxError,
    meta,
    nodes,
)
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context, Macro
from markupsafe import Markup, _escape_inner, escape  # type: ignore[attr-defined]

from medqa import markup, sources
from medqa.compiled import Compiled
from medqa.config import Config, Message, Strings
from medqa.documents import Text
from medqa.fields import Localized, in_language
from medqa.pages import Page

_VISIBLE = frozenset({"page", "config", "t"})
_FILTERS = ("href", "absolute", "html", "headings", "date", "number", "localized", "quoted", "once")
_SAFE = "/:@!$&'()*+,;=~-._?#%"
"""Characters that stay as they are in an address; letters of other scripts are percent-encoded."""
_KEPT = 2**14
"""How many texts of macros, for each language, are kept for use on other pages: some twenty megabytes at most. More is
not worth its memory: pages come in the order of their addresses, and those of one list show the same cards."""

Find = Callable[[str], Compiled | None]
"""Gives a template by its name."""


class FailedError(Exception):
    """A template could not make a page."""

    def __init__(self, template: str, line: int, message: str) -> None:
        """Say which template failed, where and why."""
        super().__init__(message)
        self.template = template
        self.line = line


class Renderer:
    """Makes pages in one language."""

    def __init__(self, find: Find, config: Config, strings: Strings) -> None:
        """Use these templates, settings and strings."""
        self._config = config
        self._prefix = config.path_prefix
        self._strings = strings
        self._shown: tuple[Page, Mapping[str, str]] | None = None
        self._environment = _environment(_Loader(find))
        self._environment.context_class = _Context
        self._environment.globals = {"config": config, "t": _Words(strings)}
        dates = lru_cache(_KEPT)(self._date)
        texts = lru_cache(_KEPT, typed=True)(self._once)
        filters = (
            self._href,
            self._absolute,
            self._html,
            self._headings,
            dates,
            _number,
            self._localized,
            _quoted,
            texts,
        )
        self._environment.filters.update(zip(_FILTERS, filters, strict=True))

    def render(self, page: Page, html: Mapping[str, str]) -> bytes:
        """Make a page's file. `html` holds the texts of the document it shows: part → HTML.

        Raises FailedError where a template fails.
        """
        self._shown = page, html
        try:
            template = self._environment.get_template(page.template)
            parts = template.root_render_func(template.new_context({"page": page}))
            # Joined as bytes: in a text one wide character would make all the others wide.
            return b"".join(map(str.encode, parts)).strip() + b"\n"
        except Exception as error:  # a template is a program: whatever it does wrong is its author's to know
            raise _failure(error, page) from error
        finally:
            self._shown = None

    # --- filters --------------------------------------------------------------------------------------------------

    def _href(self, url: str) -> str:
        """Make a link of a path on the site: base_url's path in front, percent-encoded; outside addresses stay."""
        return _encoded(self._prefix + url if url.startswith("/") else url)

    def _absolute(self, url: str) -> str:
        """Give the full address of a path on the site."""
        return self._config.base_url + _encoded(url)

    def _html(self, text: Text) -> Markup:
        """Fill a document's text in, its links resolved."""
        page, html = self._own()

        def address(number: int) -> str | None:
            target = page.links[number]
            return str(escape(self._href(target))) if target else None

        return Markup(markup.resolve(html[text.part], address))  # noqa: S704 - markup made it safe

    def _headings(self, text: Text) -> list[tuple[str, Markup]]:
        """Give (anchor, words) of the headings that part a document's text."""
        _, html = self._own()
        return [(anchor, Markup(words)) for anchor, words in markup.headings(html[text.part])]  # noqa: S704 - as above

    def _own(self) -> tuple[Page, Mapping[str, str]]:
        """Give the page that is being made, with the texts of its document."""
        if self._shown is None:
            raise TemplateRuntimeError("what is written once for several pages cannot show the text of one")
        return self._shown

    def _date(self, day: date) -> Markup:
        """Write a date in the page's language, with its machine-readable form."""
        words = escape(self._strings.format_date(day))
        return Markup(f'<time datetime="{day.isoformat()}" dir="auto">{words}</time>')  # noqa: S704 - escaped

    def _localized(self, texts: Localized, language: str) -> str:
        return in_language(texts, language, self._config.language)

    def _once(self, macro: Macro, *arguments: object) -> str:
        """Give what a macro makes of its arguments; kept, so that it is written once for all pages that show it.

        A macro that is imported with context, or stands in the page's own template, is another one on every page: of
        no such macro anything can get from one page into another.
        """
        shown, self._shown = self._shown, None
        try:
            return macro(*arguments)
        finally:
            self._shown = shown


def _number(value: int) -> str:
    """Write a count with thousands separators."""
    return f"{value:,}"


def _quoted(text: object) -> str:
    """Percent-encode a text that stands inside an address."""
    # These three are common, and quote() is quick where it finds nothing to do.
    return quote(str(text), safe=" /:").replace(" ", "%20").replace("/", "%2F").replace(":", "%3A")


@lru_cache(_KEPT)
def _encoded(url: str) -> str:
    return quote(url, safe=_SAFE)


# --- strings ----------------------------------------------------------------------------------------------------------


class _Words:
    """`t` as templates see it: a string under each of its names."""

    def __init__(self, strings: Strings) -> None:
        self.__dict__.update({name: _String(message) for name, message in strings.messages.items()})
        self.language = strings.language
        self.dir = strings.direction


class _String:
    """A string of the interface: `t.reply`, `t.threads(n=3, shown="3")`. Where HTML is filled in, it is HTML."""

    __slots__ = ("_escaped", "_message", "html")

    def __init__(self, message: Message) -> None:
        self._message = message
        self._escaped = Message(str(escape(message.other)), str(escape(message.one)))
        self.html = escape(message.other)

    def __str__(self) -> str:
        return self._message.other

    def __html__(self) -> str:
        return self.html

    def __call__(self, **values: object) -> str:
        if Markup not in map(type, values.values()):
            return self._message(**values)
        escaped = {name: value if isinstance(value, int) else _escaped(value) for name, value in values.items()}
        return str.__new__(Markup, self._escaped(**escaped))


# --- templates --------------------------------------------------------------------------------------------------------


class _Loader(BaseLoader):
    """Gives compiled templates to Jinja."""

    def __init__(self, find: Find) -> None:
        self._find = find

    def load(self, environment: Environment, name: str, globals: MutableMapping[str, Any] | None = None) -> Template:  # noqa: A002, ARG002 - Jinja's words
        found = self._find(name)
        if found is None:
            raise TemplateNotFound(name)
        if found.error:
            line, message = found.error
            raise TemplateSyntaxError(message, line, name, name)
        code = marshal.loads(found.code)  # noqa: S302 - what compiled() made; the shelf vouches for what it kept
        template = environment.template_class.from_code(environment, code, environment.globals)
        template.root_render_func.__globals__.update(escape=_escaped, Macro=_Macro)
        return template


def _escaped(value: Any) -> str:
    """Write a value as HTML: what Jinja's own `escape` does, for a tenth of its time, since it is no Markup yet."""
    kind = type(value)
    if kind is str:
        return _escape_inner(value)
    if kind is Markup:
        return cast("Markup", value)
    return cast("_String", value).html if kind is _String else escape(value)


class _Macro(Macro):
    """A macro that does not look for anything else where it is given what it asks for."""

    def __call__(self, *arguments: Any, **named: Any) -> str:
        """Give the macro's HTML."""
        more = named or self.caller or self.catch_kwargs or self.catch_varargs
        if more or len(arguments) != self._argument_count:
            return super().__call__(*arguments, **named)
        return str.__new__(Markup, self._func(*arguments))


class _Context(Context):
    """What a template sees. Nothing that it may call asks for more than its arguments."""

    def call(self, called: Callable[..., object], /, *arguments: object, **named: object) -> object:
        """Call a macro or string, without looking for what else it might want to be told."""
        named.pop("_block_vars", None)
        named.pop("_loop_vars", None)
        return called(*arguments, **named)


class _Generator(CodeGenerator):
    """Writes a template's program so that it takes attributes as Python does, without looking for keys of that name."""

    def __init__(self, *given: Any, **named: Any) -> None:
        """Begin a program."""
        super().__init__(*given, **named)
        self._doubtful: set[nodes.Node] = set()
        """Attributes of which a template asks whether they are there."""

    def visit_Test(self, node: nodes.Test, frame: Frame) -> None:  # noqa: N802 - Jinja's words
        """Write a test: `is defined` is asked of what may not be there."""
        self._doubtful.update(node.find_all(nodes.Getattr))
        super().visit_Test(node, frame)

    def visit_Filter(self, node: nodes.Filter, frame: Frame) -> None:  # noqa: N802
        """Write the call of a filter: `default` is given what may not be there."""
        if node.name in {"default", "d"}:
            self._doubtful.update(node.find_all(nodes.Getattr))
        super().visit_Filter(node, frame)

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802
        """Write the taking of an attribute; what is taken of `config` may be a key."""
        of_config = any(name.name == "config" for name in node.find_all(nodes.Name))
        if of_config or node in self._doubtful or iskeyword(node.attr):
            super().visit_Getattr(node, frame)
            return
        self.write("(")
        self.visit(node.node, frame)
        self.write(f").{node.attr}")


def _environment(loader: BaseLoader | None = None) -> Environment:
    """Configure Jinja."""
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        auto_reload=False,
        cache_size=-1,  # all templates stay loaded
    )
    environment.code_generator_class = _Generator
    return environment


def _failure(error: Exception, page: Page) -> FailedError:
    """Find the template's line in the traceback, which leads through the programs made of templates."""
    template, line = page.template, 1
    if isinstance(error, TemplateSyntaxError):
        return FailedError(error.name or template, error.lineno, str(error.message))
    for frame, number in walk_tb(error.__traceback__):
        if program := frame.f_globals.get("__jinja_template__"):
            template, line = program.name, program.get_corresponding_lineno(number)
    message = str(error) or type(error).__name__
    if isinstance(error, TemplateNotFound):
        message = f"there is no template '{error.name}'"
    return FailedError(template, line, message)


# --- what a template's text says --------------------------------------------------------------------------------------


@lru_cache(maxsize=512)  # a preview reads the same templates at every save
def compiled(name: str, text: str) -> Compiled:
    """Read a template's text: what it names, and its program."""
    digest = sources.digest(text)
    environment = _environment()
    environment.filters.update(dict.fromkeys(_FILTERS, _unknown_yet))
    try:
        tree = environment.parse(text, name)
        templates = [(other or "", _line_of(tree, other)) for other in meta.find_referenced_templates(tree)]
        uses = [(owner, *use) for owner in ("config", "t") for use in _attributes(tree, owner)]
        unknown = sorted(meta.find_undeclared_variables(tree) - _VISIBLE - _declared(tree))
        places = [(word, _line_of(tree, word)) for word in unknown]
        code = environment.compile(tree, name, name)
    except TemplateSyntaxError as error:
        return Compiled(digest=digest, error=(error.lineno, error.message or "cannot be read"))
    except (RecursionError, SyntaxError):
        return Compiled(digest=digest, error=(1, "nested too deeply"))
    return Compiled(
        digest=digest,
        templates=tuple(templates),
        unknown=tuple(places),
        uses=tuple(uses),
        code=marshal.dumps(code),
    )


def _unknown_yet(*_: object) -> str:
    """Stand for a filter: what it gives depends on settings, so that Jinja must not work it out beforehand."""
    raise nodes.Impossible


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
