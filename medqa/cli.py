"""The command line: `python build.py …`, and `medqa …` where it is installed."""

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

import msgspec

from medqa import editors
from medqa.console import FINE, PROBLEMS, WRONG_USE, complain, count, say
from medqa.errors import CODES, BuildFailedError, Problem, UsageError

if TYPE_CHECKING:
    from medqa.config import Config
    from medqa.intake import Told
    from medqa.pipeline import BuildOptions, Report
    from medqa.progress import Show

_REASONS_SHOWN = 10
Found = TypeVar("Found")


def program(default_root: Path | None = None) -> NoReturn:
    """Run one command and end the process, without taking apart the millions of values of a large build one by one."""
    try:
        code = main(default_root=default_root)
    except SystemExit as end:  # argparse has said all, --help say
        code = int(end.code or FINE)
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # nobody listens any more
        code = code or PROBLEMS
    os._exit(code)


def main(arguments: Sequence[str] | None = None, default_root: Path | None = None) -> int:
    """Run one command; gives the exit code: 0 fine, 1 problems in the content, 2 wrong use.

    `default_root` is the archive's folder where --root names none; by default the nearest one with a config.yaml, from
    the working directory upwards.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that cannot show Chinese shows escapes
            stream.reconfigure(errors="backslashreplace")
    parser = _parser("build.py" if default_root else "medqa")
    try:
        words = _with_command(list(sys.argv[1:] if arguments is None else arguments))
        options, unknown = parser.parse_known_args(words)
        if unknown:
            hint = "; other options than --root stand after the command" if {*unknown} & {*_COMMANDS} else ""
            parser.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
        root = (options.root or default_root or _nearest_archive()).resolve()
        return int(options.run(root, options))
    except UsageError as error:
        complain(f"medqa: {error}")
        return WRONG_USE
    except BrokenPipeError:  # whoever read our words, `head` say, has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PROBLEMS
    except OSError as error:
        from medqa.disk import refusal  # noqa: PLC0415 - help must not wait for it

        complain(f"medqa: {refusal(error, error.filename or 'a file')}")
        return WRONG_USE
    except KeyboardInterrupt:
        return 130


def _with_command(arguments: list[str]) -> list[str]:
    """Put the command in front of --root, which every command has, and `build`, the default command, before options."""
    first = next(iter(arguments), "")
    at = 2 if first == "--root" else int(first.startswith("--root="))
    if at and arguments[at : at + 1] and arguments[at] in _COMMANDS:
        return [arguments[at], *arguments[:at], *arguments[at + 1 :]]
    return arguments if first in {*_COMMANDS, "-h", "--help", "--version"} else ["build", *arguments]


def _nearest_archive() -> Path:
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "config.yaml").exists()), here)


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog, description="Make the website of a medical Q&A archive.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (words, add, run) in _COMMANDS.items():
        command = commands.add_parser(name, help=words, description=words, allow_abbrev=False)
        command.set_defaults(run=run)
        command.add_argument(
            "--root", type=Path, metavar="DIR", help="the archive's folder (default: that of config.yaml)"
        )
        add(command)
    return parser


def _add_day(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--as-of",
        type=_day,
        metavar="DATE",
        help="make the site as of this day: YYYY-MM-DD or 'today' (default: the last commit's date)",
    )


def _add_workers(command: argparse.ArgumentParser) -> None:
    """Let work be shared among processes, or among machines: a cluster has as many processes as it has."""
    either = command.add_mutually_exclusive_group()
    _add_jobs(either)
    either.add_argument(
        "--cluster",
        type=_scheduler,
        metavar="ADDRESS",
        help="work on the Dask cluster whose scheduler is at tcp://HOST:PORT (see docs/scale.md)",
    )


def _add_jobs(command: argparse._ActionsContainer) -> None:
    command.add_argument("--jobs", type=_jobs, metavar="N", help="processes (default: one for each core, up to 8)")


def _add_build(command: argparse.ArgumentParser) -> None:
    _add_day(command)
    _add_workers(command)
    command.add_argument("--drafts", action="store_true", help="show drafts and embargoed threads, marked as such")
    command.add_argument("--out", type=Path, metavar="DIR", help="the site's folder (default: site)")
    command.add_argument("--why", metavar="URL", help="say why this page was, or was not, made again")
    command.add_argument(
        "--verify", action="store_true", help="build a second time from nothing and compare every byte"
    )
    command.add_argument(
        "--changed-list",
        type=_new_file,
        metavar="FILE",
        help="list what an upload has to do: A, M or D (new, changed, gone), path",
    )
    command.add_argument(
        "--report",
        type=_new_file,
        metavar="FILE",
        help="say in Markdown which files are new, changed, gone, and why: for a pull request",
    )
    command.add_argument(
        "--delta",
        type=Path,
        metavar="DIR",
        help="write only the files that differ from those published (see --published)",
    )
    command.add_argument(
        "--published",
        type=Path,
        metavar="FILE",
        help="manifest of the published site; the next one is in DIR/.medqa-published",
    )
    _add_format(command)


def _add_check(command: argparse.ArgumentParser) -> None:
    _add_day(command)
    _add_workers(command)
    command.add_argument("--strict", action="store_true", help="let warnings count for the exit code, as errors do")
    command.add_argument(
        "--select", type=_codes, default=(), metavar="CODES", help="show these findings only, notes too: MQ6,MQ802"
    )
    command.add_argument("--ignore", type=_codes, default=(), metavar="CODES", help="leave these findings out: MQ607")
    command.add_argument(
        "--changed-since",
        type=_revision,
        metavar="REV",
        help="findings of files changed since this git revision only; changed words of doctors need a correction",
    )
    _add_format(command, "sarif")


def _add_format(command: argparse.ArgumentParser, *more: str) -> None:
    forms = ("text", "json", "github", *more)
    command.add_argument("--format", choices=forms, default="text", help="how to report (default: text)")


def _add_related(command: argparse.ArgumentParser) -> None:
    command.add_argument("stem", metavar="STEM", help="the thread: its file's name without '.md'")
    _add_question(command)


def _add_question(command: argparse.ArgumentParser) -> None:
    _add_day(command)
    _add_jobs(command)
    command.add_argument("--format", choices=("text", "json"), default="text", help="how to report (default: text)")


def _add_serve(command: argparse.ArgumentParser) -> None:
    _add_day(command)
    _add_jobs(command)
    command.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="NAME",
        help="address to serve at (default: 127.0.0.1, this machine alone)",
    )
    command.add_argument("--port", type=_port, metavar="N", help="port (default: 8000, or the next that is free)")


def _day(text: str) -> date:
    if text == "today":
        return datetime.now(UTC)  # a moment: which day it is, is for the archive's time zone to say
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise argparse.ArgumentTypeError(f"'{text}' is not a date: write YYYY-MM-DD or today")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a day of the calendar") from None


def _codes(text: str) -> tuple[str, ...]:
    """Read codes, or their beginnings, parted by commas."""
    codes = tuple(code.strip() for code in text.split(","))
    for code in codes:
        if not code or not any(known >= "MQ5" and known.startswith(code) for known in CODES):
            raise argparse.ArgumentTypeError(
                f"'{code}' is no finding's code, and begins none: write MQ6 or MQ601,MQ602"
            )
    return codes


def _revision(text: str) -> str:
    if not text:  # a variable of a script that is not set
        raise argparse.ArgumentTypeError("a git revision is needed: main, HEAD~1")
    return text


def _jobs(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 512):  # noqa: PLR2004 - more cores than machines have
        raise argparse.ArgumentTypeError("a number of processes from 1 to 512 is needed")
    return int(text)


def _scheduler(text: str) -> str:
    if not re.fullmatch(r"(tcp|tls)://(\[[\da-fA-F:.]+\]|[^\s/:\[\]]+):\d{1,5}", text):
        raise argparse.ArgumentTypeError(f"'{text}' is not the address of a scheduler: write tcp://HOST:PORT")
    return text


def _new_file(text: str) -> Path:
    """Read the name of a file to write, before anything is built for it."""
    file = Path(text)
    try:
        fits = file.parent.is_dir() and not file.is_dir()
    except OSError:  # it may not even be looked at
        fits = False
    if not fits:
        raise argparse.ArgumentTypeError(f"'{text}' cannot be written: name a file in a folder that is there")
    return file


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 1 << 16):
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


def _version() -> str:
    from medqa import __version__  # noqa: PLC0415

    return f"medqa {__version__}"


# --- commands ---------------------------------------------------------------------------------------------------------


def _build_options(root: Path, options: argparse.Namespace) -> "BuildOptions":
    from medqa import work  # noqa: PLC0415 - help must not wait for it
    from medqa.cache import FOLDER  # noqa: PLC0415
    from medqa.pipeline import BuildOptions  # noqa: PLC0415

    return BuildOptions(
        out=(getattr(options, "delta", None) or getattr(options, "out", None) or root / "site").absolute(),
        published=getattr(options, "published", None),
        cache=root / FOLDER,
        jobs=options.jobs or work.processors(),
        cluster=getattr(options, "cluster", None) or "",
        as_of=options.as_of,
        drafts=getattr(options, "drafts", False),
        why=(options.why,) if getattr(options, "why", None) else (),
    )


def _build(root: Path, options: argparse.Namespace) -> int:
    from medqa import pipeline  # noqa: PLC0415

    if bool(options.delta) != bool(options.published):
        raise UsageError("--delta and --published go together: where to write, and what it is compared with")
    if options.delta and (options.out or options.verify):
        raise UsageError("--delta writes no whole site: leave --out and --verify away")
    settings = _build_options(root, options)
    try:
        report = pipeline.build(root, settings, _shown(options.format))
        difference = pipeline.verify(root, settings) if options.verify else None
    except BuildFailedError as error:
        _show_problems(root, error.problems, options.format)
        return PROBLEMS
    if options.changed_list:
        _write(options.changed_list, "".join(f"{line}\n" for line in report.changes))
    if options.report:
        from medqa.summary import markdown  # noqa: PLC0415

        _write(options.report, markdown(report))
    _show_report(root, report, options)
    if difference:
        complain(f"medqa: the site differs from a clean build: {difference}. Delete .cache and build again")
        return PROBLEMS
    if options.verify and options.format == "text":
        say("verified: a clean build gives the same bytes")
    return FINE


def _write(file: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    new = file.with_name(f"{file.name}.new")
    new.write_text(text, encoding="utf-8")
    new.replace(file)


def _check(root: Path, options: argparse.Namespace) -> int:
    from medqa import pipeline  # noqa: PLC0415

    asked = pipeline.Asked(tuple(options.select), tuple(options.ignore), options.strict, options.changed_since or "")
    checked = pipeline.check(root, _build_options(root, options), asked, _shown(options.format))
    _show_problems(root, checked.problems, options.format, checked.config)
    return PROBLEMS if checked.counting else FINE


def _related(root: Path, options: argparse.Namespace) -> int:
    from medqa import explaining  # noqa: PLC0415

    return _answer(root, options, lambda told: explaining.answer(told, options.stem), explaining.lines)


def _stats(root: Path, options: argparse.Namespace) -> int:
    from medqa import figures  # noqa: PLC0415

    return _answer(root, options, figures.figures, figures.lines)


def _answer(
    root: Path,
    options: argparse.Namespace,
    question: "Callable[[Told], Found]",
    lines: Callable[[Found], Iterable[str]],
) -> int:
    """Found a question about the archive, in lines or as JSON."""
    from medqa import pipeline  # noqa: PLC0415

    try:
        found = pipeline.ask(root, _build_options(root, options), question, _shown(options.format))
    except BuildFailedError as error:
        _show_problems(root, error.problems, options.format)
        return PROBLEMS
    for line in [msgspec.json.encode(found).decode()] if options.format == "json" else lines(found):
        say(line)
    return FINE


def _shown(form: str) -> "Show":
    """Choose how to show how far it is: a bar on a terminal, lines in a log, nothing beside JSON."""
    from medqa import progress  # noqa: PLC0415

    if form == "json":
        return progress.silent
    return progress.Bar(sys.stderr) if sys.stderr.isatty() else progress.Lines(complain)


def _serve(root: Path, options: argparse.Namespace) -> int:
    from medqa import serve  # noqa: PLC0415

    return serve.serve(root, _build_options(root, options), (options.host, options.port), say, _shown("text"))


_COMMANDS = {
    "build": ("content to site (the default)", _add_build, _build),
    "check": ("report all errors and findings of the content", _add_check, _check),
    "related": ("explain why a thread's similar threads are what they are", _add_related, _related),
    "stats": ("the archive in numbers", _add_question, _stats),
    "serve": ("preview with drafts, rebuilt on every save", _add_serve, _serve),
    **editors.COMMANDS,
}


# --- what is printed --------------------------------------------------------------------------------------------------


def _show_problems(root: Path, problems: Sequence[Problem], form: str, config: "Config | None" = None) -> None:
    from medqa import reports, revisions  # noqa: PLC0415
    from medqa.config import Config  # noqa: PLC0415

    settings = config or Config()
    match form:
        case "json":
            lines: Iterable[str] = [reports.as_json(problems)]
        case "github":
            lines = reports.github(problems, lambda found: settings.level(found.code), revisions.prefix(root))
        case "sarif":
            levels = {code: settings.level(code) for code in CODES}
            folder = revisions.prefix(root)
            lines = [reports.sarif(problems, lambda found: settings.level(found.code), _version(), levels, folder)]
        case _:
            lines = reports.text(root, problems)
    for line in lines:
        say(line)


def _show_report(root: Path, report: "Report", options: argparse.Namespace) -> None:
    from medqa import reports  # noqa: PLC0415

    if options.format == "json":
        say(reports.as_json(report.findings, report=_figures(report)))
        return
    if options.format == "github":
        _show_problems(root, report.findings, options.format)
    if options.why:
        say(f"{options.why}: {report.answers[options.why]}")
    for line in _report_lines(report):
        say(line)


def _figures(report: "Report") -> dict[str, object]:
    """Give a report as programs read it: counts, and why each page was made."""
    return {
        "threads": report.threads,
        "pages": report.pages,
        "rendered": len(report.rendered),
        "kept": report.pages - len(report.rendered),
        "written": len(report.written),
        "removed": len(report.removed),
        "reasons": report.rendered,
        "as_of": report.as_of,
        "seconds": report.seconds,
        "peak_memory": report.peak_memory,
    }


def _report_lines(report: "Report") -> list[str]:
    """Say what a build did, with the reasons for the first pages."""
    lines = [f"{url}: {why}" for url, why in list(report.rendered.items())[:_REASONS_SHOWN] if why != "new"]
    seconds = sum(report.seconds.values())
    lines.append(
        f"{count(report.threads, 'thread')}, {count(report.pages, 'page')} as of {report.as_of}: "
        f"{len(report.rendered):,} made, {count(len(report.written), 'file')} written, "
        f"{len(report.removed):,} removed in {seconds:.1f} s"
    )
    if report.findings:
        lines.append(f"{count(len(report.findings), 'finding')}: 'check' shows them")
    return lines
