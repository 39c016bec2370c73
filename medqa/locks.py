"""One build at a time: a folder is kept from other builds, which are told by whom.

The lock is the kernel's, on the folder itself; it ends with the process, however that ends. It does not say who holds
it: that is in a note, which its writer keeps locked too. A note that nobody locks was left by a process that died, and
is not believed.
"""

import os
from contextlib import suppress
from datetime import UTC, datetime
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from pathlib import Path

from medqa import disk
from medqa.errors import UsageError

_ATTEMPTS = 5
"""Between two looks the holder may have gone, or not yet have left its note."""


_held: set[int] = set()
"""What is open and locked here."""


def _let_go() -> None:
    """Close, in a process just begun as a copy of this one, what would keep a lock that is this one's alone."""
    for handle in _held:
        os.close(handle)
    _held.clear()


os.register_at_fork(after_in_child=_let_go)


class Lock:
    """A folder, made if there is none, that is one build's alone until it is closed."""

    def __init__(self, folder: Path, note: str) -> None:
        """Lock the folder; `note` is the name of a file in a folder in it: `stage/holder`.

        Raises UsageError, at once, where another build has it.
        """
        self._note = note
        self._open_note: int | None = None
        try:
            self.folder, self._made = _locked(folder, note)
        except (NotADirectoryError, FileExistsError):
            raise UsageError(f"{folder} is not a folder: choose another with --out") from None
        except OSError as error:
            raise disk.refusal(error, folder) from error
        _held.add(self.folder.handle)

    def sign(self) -> None:
        """Leave the note, locked before it can be read; where the disk takes none, the holder has no name."""
        new = f"{self._note}.new"
        with suppress(OSError):
            self.folder.make(self._note.rpartition("/")[0])
            self.folder.remove(new)
            self._open_note = os.open(new, os.O_WRONLY | os.O_CREAT, 0o666, dir_fd=self.folder.handle)
            _held.add(self._open_note)
            _ours(self._open_note)
            os.write(self._open_note, f"process {os.getpid()} on {os.uname().nodename}".encode())
            self.folder.move(new, self._note)

    def close(self) -> None:
        """Let other builds in; folders that were made for nothing go."""
        for path in (f"{self._note}.new", self._note):
            with suppress(OSError):
                self.folder.remove_with_folders(path)
        if self._made and self.folder.stands():
            with suppress(OSError):
                self.folder.path.rmdir()
        _held.discard(self.folder.handle)
        self.folder.close()
        if self._open_note is not None:
            _held.discard(self._open_note)
            os.close(self._open_note)


def _locked(path: Path, note: str) -> tuple[disk.Folder, bool]:
    """Open and lock a folder; tells whether it had to be made."""
    who = ""
    for _ in range(_ATTEMPTS):
        made = not path.is_dir()
        path.mkdir(parents=True, exist_ok=True)
        folder = disk.Folder(path)
        if not _ours(folder.handle):
            who = _holder(folder, note)
        elif folder.stands():  # its last holder may have removed it after we opened it
            return folder, made
        folder.close()
        if who:
            break
    raise UsageError(f"another build is at work on {path}{who}: wait until it is done")


def _ours(handle: int) -> bool:
    """Lock what is open, unless another has."""
    try:
        flock(handle, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass  # the file system knows no locks: there nothing keeps two builds apart
    return True


def _holder(folder: disk.Folder, note: str) -> str:
    """Name the process that holds a folder, and since when; "" where no living one has left its note."""
    try:
        file = os.open(note, os.O_RDONLY, dir_fd=folder.handle)
    except OSError:
        return ""
    try:
        flock(file, LOCK_SH | LOCK_NB)
    except BlockingIOError:
        since = datetime.fromtimestamp(int(os.fstat(file).st_mtime), UTC)
        return f" ({os.read(file, 1_000).decode(errors='replace')}, since {since:%Y-%m-%d %H:%M:%S} UTC)"
    except OSError:
        return ""
    else:
        return ""
    finally:
        os.close(file)
