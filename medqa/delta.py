"""What has to be uploaded where the site itself is not at hand: the files that differ from those published last.

The published site is known by its manifest, a list of its files with their blob ids. A build writes the files that are
new or other than that into a folder, together with the manifest as it will be once they are uploaded.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from medqa import disk, sources
from medqa.errors import UsageError
from medqa.locks import Lock
from medqa.outputs import STAGE, Written

MANIFEST = ".medqa-published"
"""File in the folder: the manifest of the site once the folder has been uploaded."""
_HEADING = "# Files of a published site, as 'medqa build --published' reads them: "
_NEW, _HOLDER, _NEXT = f"{STAGE}/new", f"{STAGE}/holder", f"{STAGE}/manifest"
_UNTOUCHED = "nothing was published"


class Delta:
    """A folder for what has to be uploaded, kept from other builds until it is closed."""

    def __init__(self, folder: Path, published: Path) -> None:
        """Look at the folder, made if there is none, and at the manifest of the site, which may not be there yet.

        Raises UsageError where the folder holds files of others', or the manifest is none.
        """
        self.folder = folder
        self._published = published
        self._known: dict[str, str] | None = None
        self._staged: dict[str, str] = {}
        self._lock = Lock(folder, _HOLDER)
        self._at = self._lock.folder
        try:
            self._lock.sign()
            self._refuse_foreign()
            self.mark()
        except BaseException:
            self.close()
            raise

    def _refuse_foreign(self) -> None:
        names = self._at.names() - {STAGE}
        if names and MANIFEST not in names:
            raise UsageError(f"{self.folder} holds files that medqa did not make: empty it, or name another folder")

    def close(self) -> None:
        """Let other builds in."""
        with suppress(OSError):
            self._at.remove_tree(_NEW)
            self._at.remove(_NEXT)
        self._lock.close()

    def paths(self) -> frozenset[str]:
        """Give the paths of the published site."""
        return frozenset(self._blobs())

    def mark(self) -> str:
        """Give what tells this state of the published site from every other: "" for none.

        Raises UsageError where what should be a manifest is something else.
        """
        try:
            with self._published.open(encoding="utf-8") as file:
                heading = file.readline()
        except FileNotFoundError:
            return ""
        except UnicodeDecodeError:
            heading = "something else"
        if not heading:  # what a server says that has nothing yet
            return ""
        if not heading.startswith(_HEADING):
            raise UsageError(f"{self._published} is no manifest of a published site")
        return heading.removeprefix(_HEADING).strip()

    def _blobs(self) -> dict[str, str]:
        """Give path → blob id of the published files."""
        if self._known is None:
            text = self._published.read_text(encoding="utf-8") if self.mark() else ""
            _, _, body = text.partition("\n")
            self._known = {line[41:]: line[:40] for line in body.split("\n") if line}
        return self._known

    def stage(self, files: Iterable[tuple[str, bytes]]) -> list[str]:
        """Write the files that differ from the published ones beside those of the folder; gives their paths."""
        with self._explained():
            self._at.remove_tree(_NEW)
            self._at.make(_NEW)
        for path, data in files:
            blob = sources.blob_id(data)
            if self._blobs().get(path) == blob:
                continue
            with self._explained():
                self._write(f"{_NEW}/{path}", data)
            self._staged[path] = blob
        return list(self._staged)

    def publish(self, staged: Sequence[str], paths: frozenset[str] | None, keep: Callable[[str], object]) -> Written:
        """Let the folder hold what was staged and nothing else; `paths` are the site's from now on, None: as they were.

        `keep` is told the mark of the new manifest, once it stands. Raises UsageError where the disk refuses.
        """
        before = self._blobs() if staged or paths is not None or not self.mark() else {}
        removed = tuple(sorted(before.keys() - paths)) if paths is not None else ()
        added = frozenset(path for path in staged if path not in before)
        with self._explained():
            self._write_manifest(
                {path: blob for path, blob in {**before, **self._staged}.items() if path not in removed}
            )
            for name in self._at.names() - {STAGE, MANIFEST}:
                self._at.remove_tree(name)
                self._at.remove(name)
            for path in {path.partition("/")[0] for path in staged}:
                self._at.move(f"{_NEW}/{path}", path)
            self._at.sync()
            self._at.move(_NEXT, MANIFEST)
        self._published = self.folder / MANIFEST
        keep(self.mark())
        return Written(tuple(staged), removed, added)

    def _write_manifest(self, blobs: dict[str, str]) -> None:
        """Write the manifest of what will have been published; where nothing changes, as it is."""
        self._at.remove(_NEXT)
        if not blobs and self.mark():
            self._at.write(_NEXT, self._published.read_bytes())
            return
        body = "".join(f"{blobs[path]} {path}\n" for path in sorted(blobs)).encode()
        self._at.write(_NEXT, f"{_HEADING}{sources.digest(body)}\n".encode() + body)

    def _write(self, path: str, data: bytes) -> None:
        try:
            self._at.write(path, data)
        except FileNotFoundError:
            self._at.make(path.rpartition("/")[0], below=_NEW)
            self._at.write(path, data)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            name = error.filename2 or error.filename
            at = self.folder / os.fsdecode(name) if isinstance(name, str | bytes) else self.folder
            raise disk.refusal(error, at, _UNTOUCHED) from error
