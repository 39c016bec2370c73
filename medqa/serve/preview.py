"""The builds of a preview: what to tell of each, and what the pages show of it."""

import traceback
from collections.abc import Callable
from pathlib import Path

import msgspec

from medqa import pipeline, reports
from medqa.config import load_config
from medqa.disk import refusal
from medqa.errors import BuildFailedError, Problem, UsageError
from medqa.progress import Show, silent

PAGE = "*"
"""What stands for the page itself among the files that a browser is told to load again."""
_REASONS_SHOWN = 5


class Standing(msgspec.Struct, frozen=True):
    """How the preview stands after a build."""

    number: int = 0
    """Of the builds whose outcome can be seen."""
    prefix: str = ""
    """Path of config's base_url, before every address: "" or "/med/qa"."""
    problems: tuple[Problem, ...] = ()
    """Why the last build failed, with places."""
    reason: str = ""
    """Why it failed otherwise."""

    @property
    def failed(self) -> bool:
        """Whether the pages are those of an earlier build."""
        return bool(self.problems or self.reason)


class Preview:
    """A site that is made again and again from one archive."""

    def __init__(
        self, root: Path, options: pipeline.BuildOptions, say: Callable[[str], None], show: Show = silent
    ) -> None:
        """Build with these options; `say` is told in words what came of each build, `show` how far it is."""
        self.root = root
        self.folder = options.out
        self.standing = Standing(prefix=_prefix(root))
        self._options = options
        self._say = say
        self._show = show
        self._touched: frozenset[str] | None = None
        """What may be different from the last build that did not fail."""

    def rebuild(self, touched: frozenset[str] | None) -> tuple[str, ...]:
        """Build where these paths may have changed, None: anywhere.

        Gives the paths of what a browser has to load again: style sheets, or PAGE for the page itself.
        """
        self._touched = None if touched is None or self._touched is None else self._touched | touched
        options = msgspec.structs.replace(self._options, touched=self._touched)
        try:
            report = pipeline.build(self.root, options, self._show)
        except BuildFailedError as error:
            return self._failed(tuple(found for found in error.problems if found.severity == "error"), "")
        except Exception as error:  # noqa: BLE001 - whatever it was, the editor goes on
            return self._failed((), self._reason(error))
        self._touched = frozenset()
        written = (*report.written, *report.removed)
        last = self.standing
        if written or last.failed or last.number == 0:
            self.standing = Standing(last.number + 1, _prefix(self.root))
        if written or last.failed or touched:
            self._tell(report)
        if self.standing is last:
            return ()
        styles = not (last.failed or report.removed) and all(path.endswith(".css") for path in written)
        return written if written and styles else (PAGE,)

    def _failed(self, problems: tuple[Problem, ...], reason: str) -> tuple[str, ...]:
        """Tell of a build that failed, unless the last one did for the same reasons."""
        last = self.standing
        if (problems, reason) == (last.problems, last.reason):
            return ()
        for line in reports.text(self.root, problems) if problems else [reason]:
            self._say(line)
        self._say("the preview stays as it was until this is mended")
        self.standing = Standing(last.number + 1, last.prefix, problems, reason)
        return (PAGE,)

    def _reason(self, error: Exception) -> str:
        match error:
            case UsageError():
                return str(error)
            case OSError():
                return str(refusal(error, error.filename or "a file"))
            case _:
                self._say("".join(traceback.format_exception(error)))
                return f"medqa itself failed, and the terminal says where: {error!r}"

    def _tell(self, report: pipeline.Report) -> None:
        for url, why in list(report.rendered.items())[:_REASONS_SHOWN]:
            self._say(f"{url}: {why}")
        self._say(f"{len(report.rendered):,} pages made in {sum(report.seconds.values()):.1f} s")


def _prefix(root: Path) -> str:
    return load_config(root)[0].path_prefix
