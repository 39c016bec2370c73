"""What is asked of the file system beyond reading: whole files, all of it on the disk, and words for its refusals."""

import ctypes
import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path

from medqa.errors import UsageError

_ELSEWHERE = "or choose another folder with --out"
_ADVICE = {
    errno.ENOSPC: "the disk is full: make room and build again",
    errno.EDQUOT: "your share of the disk is used up: make room and build again",
    errno.EROFS: f"the disk is mounted for reading only: mount it for writing, {_ELSEWHERE}",
    errno.EACCES: f"this user may not read or write there: change its owner or rights, {_ELSEWHERE}",
    errno.EPERM: f"this user may not read or write there: change its owner or rights, {_ELSEWHERE}",
    errno.EIO: "the disk failed: look into the system's log for why, and build again once it works",
    errno.ENOENT: "it was deleted while the build was at work: build again",
    errno.EXDEV: "it lies on another disk than the rest of the site: put it on the same, or let 'static/' have it",
    **dict.fromkeys(
        (errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY),
        "something that medqa did not make stands in the way: move it elsewhere and build again",
    ),
}
_IN_USE = (errno.ENOTEMPTY, errno.EEXIST, errno.EBUSY)
"""Why a folder that is not empty, or where another disk is mounted, cannot be removed."""


def refusal(error: OSError, at: Path | str, state: str = "") -> UsageError:
    """Say what the file system refused at a place, what to do about it, and how the site stands now."""
    advice = _ADVICE.get(error.errno or 0, f"{error.strerror or error}: mend that and build again")
    return UsageError(f"{at}: {advice}{f' ({state})' if state else ''}")


class Folder:
    """An open folder; what is done by name is done below it, even where another has taken its place meanwhile."""

    def __init__(self, path: Path) -> None:
        """Open a folder."""
        self.path = path
        self.handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        self.device = os.fstat(self.handle).st_dev

    def close(self) -> None:
        """Let go of it."""
        os.close(self.handle)

    def stands(self) -> bool:
        """Tell whether its path still leads to it: it may have been deleted, or another put in its place."""
        try:
            return os.path.samestat(self.path.stat(), os.fstat(self.handle))
        except FileNotFoundError:
            return False

    def names(self) -> set[str]:
        """Give the names of what lies in it."""
        return set(os.listdir(self.handle))  # noqa: PTH208 - pathlib knows no open folders

    def stat(self, path: str) -> os.stat_result | None:
        """Look at what stands at a path."""
        try:
            return os.stat(path, dir_fd=self.handle)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def read(self, path: str) -> bytes:
        """Read a file."""
        with os.fdopen(os.open(path, os.O_RDONLY, dir_fd=self.handle), "rb", buffering=0) as file:
            return file.readall()

    def write(self, path: str, data: bytes) -> None:
        """Write a new file."""
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=self.handle)
        try:
            rest = memoryview(data)
            while rest:  # a disk that fills up takes a part
                rest = rest[os.write(file, rest) :]
        finally:
            os.close(file)

    def make(self, path: str, below: str = "") -> None:
        """Make a folder where there is none, and those above it up to one that has to be there."""
        if path == below:
            return
        try:
            os.mkdir(path, dir_fd=self.handle)
        except FileExistsError:
            pass
        except FileNotFoundError:
            self.make(path.rpartition("/")[0], below)
            os.mkdir(path, dir_fd=self.handle)

    def move(self, path: str, to: str) -> None:
        """Put a file in place of another, or a folder where there is none."""
        os.replace(path, to, src_dir_fd=self.handle, dst_dir_fd=self.handle)

    def remove(self, path: str) -> None:
        """Remove a file, if it is there."""
        with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            os.unlink(path, dir_fd=self.handle)

    def remove_with_folders(self, path: str) -> None:
        """Remove a file, if it is there, and the folders that are empty then."""
        self.remove(path)
        while path := path.rpartition("/")[0]:
            try:
                os.rmdir(path, dir_fd=self.handle)
            except (FileNotFoundError, NotADirectoryError):
                pass
            except OSError as error:
                if error.errno in _IN_USE:
                    return
                raise

    def remove_tree(self, path: str) -> None:
        """Remove a folder with all that is in it, as far as it goes."""
        shutil.rmtree(path, ignore_errors=True, dir_fd=self.handle)

    def date(self, path: str, like: str) -> None:
        """Give a file, if it is there, the time of another."""
        with suppress(FileNotFoundError):
            time = os.stat(like, dir_fd=self.handle).st_mtime_ns
            os.utime(path, ns=(time, time), dir_fd=self.handle)

    def sync_names(self, path: str) -> None:
        """Wait until the names in a folder are on the disk."""
        folder = os.open(path, os.O_RDONLY, dir_fd=self.handle)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def sync(self) -> None:
        """Wait until all that was written to the folder's file system would survive a power cut.

        One call for all of it: to wait for each of 100,000 files would take minutes.
        """
        try:
            syncfs = ctypes.CDLL(None, use_errno=True).syncfs
        except AttributeError:  # not Linux
            os.sync()
            return
        if syncfs(self.handle):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
