"""Bringing a record's files from Ninox into the store, each once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ninox_api.client import DatabaseClient
from ninox_api.damaged_text import DAMAGE
from ninox_api.download import Download
from ninox_api.errors import NinoxPermissionError, NinoxRequestError, NinoxServerError, NinoxSizeError
from ninox_api.files import NinoxFile
from tap_ninox.files.store import FileStore, Index, StoredFile, stored_names, tells_version, version_of

MAX_TRIES = 2
"""Whole downloads of a file whose length is not the one that Ninox lists."""

MAX_BYTES_BEYOND_LISTED = 1024 * 1024
"""A file that was just replaced may be larger than it was when it was listed; one that never ends is not followed."""

_BUSY = frozenset({502, 503, 504})
_NOT_A_SEGMENT = frozenset({"", ".", ".."})
"""Names that no request path can hold."""


class Fetched(NamedTuple):
    """A file and what became of it.

    Attributes:
        stored: Where it is; None if it could not be fetched.
        is_gone: Whether it was deleted since it was listed.
    """

    file: NinoxFile
    stored: StoredFile | None
    is_gone: bool = False


class FileFetcher:
    """Fetches the files of one table's records."""

    def __init__(self, client: DatabaseClient, store: FileStore, table_id: str) -> None:
        """Remember where from and where to."""
        self._client = client
        self._store = store
        self._table_id = table_id

    def fetch(self, record_id: int, files: Sequence[NinoxFile]) -> Iterator[Fetched]:
        """Yield a record's files as they are stored; those that are there already are not downloaded again."""
        folder = self._store.folder(self._client.database.id, self._table_id, record_id)
        names = stored_names(file.name for file in files)
        index = self._store.index(folder) if files else {}
        for file in files:
            path = f"{folder}/{names[file.name]}"
            known = index.get(file.name)
            is_known = known is not None and (known.version, known.path) == (version_of(file), path)
            # A list of names alone, or with sizes, does not say whether a file was replaced: its content does.
            if known and is_known and tells_version(file) and self._store.has(known):
                yield Fetched(file, known)
            else:
                yield self._fetch(record_id, file, folder, path, index)

    def _fetch(self, record_id: int, file: NinoxFile, folder: str, path: str, index: Index) -> Fetched:
        if file.name in _NOT_A_SEGMENT:
            return Fetched(file, None)
        with tempfile.TemporaryFile() as temporary:
            download = Download(temporary, max_bytes=None if file.size is None else file.size + MAX_BYTES_BEYOND_LISTED)
            try:
                if not self._download(record_id, file, download):
                    # Of a damaged name nobody knows what it is, so that there is no such file says nothing.
                    return Fetched(file, None, is_gone=DAMAGE not in file.name)
            except (NinoxServerError, NinoxRequestError, NinoxPermissionError) as error:
                if error.status in _BUSY:
                    raise
                return Fetched(file, None)
            except NinoxSizeError:
                return Fetched(file, None)
            if file.size not in {None, download.size}:
                return Fetched(file, None)
            stored = StoredFile(path=path, size=download.size, sha256=download.sha256, version=version_of(file))
            if index.get(file.name) != stored or not self._store.has(stored):
                self._store.put(path, temporary)
        index[file.name] = stored
        self._store.save_index(folder, index)
        return Fetched(file, stored)

    def _download(self, record_id: int, file: NinoxFile, download: Download) -> bool:
        """Download a file; again if it is not as long as it should be: it may have been cut, or just replaced."""
        for _ in range(MAX_TRIES):
            download.restart()
            if not self._client.download_file(self._table_id, record_id, file.name, download):
                return False
            if file.size in {None, download.size}:
                break
        return True
