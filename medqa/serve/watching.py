"""Which files of an archive may have changed, as the operating system tells; alone knows watchfiles.

What it tells is used for speed: a build then looks only where something was touched. It is not believed where it might
be wrong: after many changes at once (the queue of the operating system may have overflowed), after a folder of the
archive came or went, and once after every burst, when all has been calm for a while, everything is looked at.
"""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

from watchfiles import watch

from medqa import sources
from medqa.errors import UsageError

_STEP, _TICK = 20, 100
"""Milliseconds: a burst of saves is over when nothing has changed for a step; how long to wait for one at a time."""
_MANY = 200
"""Files in a burst from which on the burst is over when nothing has changed for a tick, and everything is looked at."""
_CALM = 30
"""Ticks without a change until everything is looked at once."""

Touched = frozenset[str] | None
"""Paths of files and folders, relative to the archive's folder; None: look at everything."""


def bursts(root: Path, stop: Event) -> Iterator[Touched]:
    """Give what each burst of saves may have changed, until told to stop; None at first, once all is watched.

    What changes while the one who asked is busy is given after that. Raises UsageError where the operating system
    watches no more.
    """
    while not stop.is_set():
        try:
            yield from _while_the_same(root, stop)
        except FileNotFoundError:  # a folder went before it could be watched
            stop.wait(_TICK / 1000)
        except OSError as error:
            hint = "allow more (sysctl fs.inotify.max_user_watches), or set WATCHFILES_FORCE_POLLING=1 to look often"
            raise UsageError(f"the operating system does not watch the archive's files ({error}): {hint}") from error


def _while_the_same(root: Path, stop: Event) -> Iterator[Touched]:
    """Watch the folders of an archive as long as they are the same: one that is put in their place is not watched."""
    before, settings = _folders(root), _stamp(root / sources.CONFIG)
    touched: set[str] = set()
    begun, calm = False, 0
    ticks = watch(
        *before,
        watch_filter=None,
        step=_STEP,
        rust_timeout=_TICK,
        yield_on_timeout=True,
        stop_event=stop,
        ignore_permission_denied=True,
    )
    for changes in ticks:
        if _folders(root) != before:
            return
        touched |= {_relative(root, path) for _, path in changes}
        if settings != (settings := _stamp(root / sources.CONFIG)):
            touched.add(sources.CONFIG)
        calm = 0 if changes else calm + 1
        if not begun or calm == _CALM or (len(touched) >= _MANY and not changes):
            begun, touched = True, set()
            yield None
        elif 0 < len(touched) < _MANY:
            burst, touched = frozenset(touched), set()
            yield burst


def _folders(root: Path) -> dict[Path, tuple[int, ...]]:
    """Give the folders that are watched, and what tells them from others of their names."""
    tops = (*(root / top for top in (sources.CONTENT, sources.STATIC, sources.TEMPLATES)), sources.PACKAGED_TEMPLATES)
    return {top: stamp[:2] for top in tops if top.is_dir() and (stamp := _stamp(top))}


def _stamp(path: Path) -> tuple[int, ...]:
    """Tell a file or folder from what stood there before; () for none."""
    try:
        stat = path.stat()
    except OSError:
        return ()
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns


def _relative(root: Path, path: str) -> str:
    return Path(path).relative_to(root).as_posix() if Path(path).is_relative_to(root) else path
