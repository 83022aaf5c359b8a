"""Where downloaded files go: any place that fsspec knows, from a folder to an object store.

```text
<database_id>/<table_id>/<record_id>/<name>      the file
<database_id>/<table_id>/<record_id>.json        what is known of the record's files: version, size, hash
```
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shutil
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from ninox_api.body import DAMAGE
from ninox_api.client import DatabaseClient
from ninox_api.errors import (
    NinoxConfigError,
    NinoxError,
    NinoxPermissionError,
    NinoxRequestError,
    NinoxServerError,
    NinoxSizeError,
    is_busy,
    is_timeout,
)
from ninox_api.files import Download, NinoxFile
from ninox_singer.output_files import is_local, write_below

_PIECE_BYTES = 1024 * 1024

for _library in ("fsspec", "s3fs", "gcsfs", "adlfs", "botocore"):
    logging.getLogger(_library).setLevel(logging.INFO)  # at DEBUG they log paths, which hold the names of files

MAX_NAME_BYTES = 150
"""In UTF-8; file systems allow 255 bytes, some tools that encrypt names about 140 characters."""

_MAX_EXTENSION = 16

_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)

_HASH_DIGITS = 8

_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

MAX_TRIES = 2
"""Whole downloads of a file whose length is not the one that Ninox lists."""

MAX_BYTES_BEYOND_LISTED = 1024 * 1024
"""A file that was just replaced may be larger than it was when it was listed; one that never ends is not followed."""

MAX_UNLISTED_BYTES = 10 * 1024**3
"""Where Ninox lists names alone; the largest file on record has 25 MB (observed)."""

_NOT_A_SEGMENT = frozenset({"", ".", ".."})
"""Names that no request path can hold."""


class FileStoreError(NinoxError):
    """The store cannot be read or written."""

    def __init__(self, error: Exception) -> None:
        """Name the kind of failure; its text may contain the address with a password, or a file's name."""
        advice = "Check the address, the rights and the space left"
        if isinstance(error, FileExistsError):
            advice = "Something else than a plain file, or a link, is where a file or a folder belongs: move it away"
        super().__init__(
            f"files: it could not be read or written ({type(error).__name__}). {advice}; the next run goes on where "
            "this one stopped."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file in the store.

    Attributes:
        path: Below the store's address.
        size: Bytes.
        version: What Ninox said of the file that was stored: changes with its content.
    """

    path: str
    size: int
    sha256: str
    version: str


Index = dict[str, StoredFile]


class FileStore:
    """Keeps files and what is known of them."""

    def __init__(self, url: str) -> None:
        """Open a store; nothing is written yet.

        Raises:
            NinoxConfigError: fsspec, or what it needs for such an address, is not installed.
        """
        try:
            from fsspec.core import url_to_fs  # noqa: PLC0415 (an extra, and slow to load)

            self._fs, self._root = url_to_fs(url)
        except ImportError as error:
            message = f"files: {error.name or 'fsspec'} is missing: pip install '.[files]' in a clone of singer-ninox, "
            message += "and what fsspec needs for such an address (s3fs, gcsfs, adlfs, …)."
            raise NinoxConfigError(message) from None
        except ValueError:
            protocol = url.partition("://")[0]
            message = f"files: fsspec knows no {protocol!r}; give a folder, or an address such as s3://bucket/folder."
            raise NinoxConfigError(message) from None

    def folder(self, database_id: str, table_id: str, record_id: int) -> str:
        """Return where the files of a record are, below the store's address."""
        return f"{safe_segment(database_id)}/{safe_segment(table_id)}/{record_id}"

    def index(self, folder: str) -> Index:
        """Return what is known of a record's files; damage counts as nothing known."""
        try:
            with self._fs.open(self._full(f"{folder}.json"), "rb") as source:
                document = json.load(source)
            return {name: StoredFile(**entry) for name, entry in document.items()}
        except (FileNotFoundError, ValueError, TypeError, AttributeError):
            return {}
        except OSError as error:
            raise FileStoreError(error) from error

    def save_index(self, folder: str, index: Mapping[str, StoredFile]) -> None:
        """Replace what is known of a record's files."""
        document = {name: asdict(entry) for name, entry in index.items()}
        self._write(f"{folder}.json", json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass"))

    def has(self, stored: StoredFile) -> bool:
        """Return whether a file is there in its full length."""
        try:
            return bool(self._fs.size(self._full(stored.path)) == stored.size)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise FileStoreError(error) from error

    def put(self, path: str, source: BinaryIO) -> None:
        """Store a file; it appears under its path when it is whole."""
        source.seek(0)
        self._write(path, source)

    def _write(self, path: str, content: bytes | BinaryIO) -> None:
        full = self._full(path)
        try:
            if is_local(self._fs):  # fsspec writes through links and pipes, for everyone to read
                write_below(Path(self._root), path, content)
                return
            self._fs.makedirs(full.rpartition("/")[0], exist_ok=True)
            with self._fs.transaction, self._fs.open(full, "wb") as target:
                if isinstance(content, bytes):
                    target.write(content)
                else:
                    shutil.copyfileobj(content, target, _PIECE_BYTES)
        except OSError as error:
            raise FileStoreError(error) from error

    def _full(self, path: str) -> str:
        return f"{self._root.rstrip('/')}/{path}"


def version_of(file: NinoxFile) -> str:
    """Return what changes when a file's content changes, as far as Ninox says."""
    known: list[Any] = [file.size, file.modified_at, file.sequence]
    return json.dumps(known)


def has_version(file: NinoxFile) -> bool:
    """Return whether Ninox says anything by which a replaced file of the same length can be noticed."""
    return file.modified_at is not None or file.sequence is not None


def stored_names(names: Iterable[str]) -> dict[str, str]:
    """Return name → name in the store, for the files of one record.

    A harmless name stays as it is. One that had to be altered, or that some file systems would take for another one of
    the same record (case, composed or decomposed accents), gets some digits of its hash.
    """
    names = list(names)
    alike = Counter(_as_a_file_system_sees(name) for name in names)
    return {
        name: _stored_name(name, is_ambiguous=alike[_as_a_file_system_sees(name)] > 1) for name in dict.fromkeys(names)
    }


def safe_segment(name: str) -> str:
    """Return a name that is one segment of a path and nothing else."""
    return _stored_name(name, is_ambiguous=False)


def _stored_name(name: str, *, is_ambiguous: bool) -> str:
    safe = _harmless(name)
    if safe == name and not is_ambiguous and len(safe.encode()) <= MAX_NAME_BYTES:
        return name
    digits = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_DIGITS]
    stem, dot, extension = safe.rpartition(".")
    if not dot or not stem or len(extension.encode()) > _MAX_EXTENSION:
        stem, dot, extension = safe, "", ""
    tail = f"~{digits}{dot}{extension}"
    return _cut(stem, MAX_NAME_BYTES - len(tail.encode())) + tail


def _harmless(name: str) -> str:
    composed = unicodedata.normalize("NFC", name)
    printable = "".join("_" if unicodedata.category(letter) in _UNPRINTABLE else letter for letter in composed)
    spaced = re.sub(r"[^\S ]", " ", printable)
    safe = re.sub(r'[<>:"/\\|?*~]', "_", spaced).strip().rstrip(". ")
    if safe.startswith("."):
        safe = "_" + safe[1:]
    if _DEVICES.fullmatch(safe.partition(".")[0].rstrip()):
        safe = f"_{safe}"
    return safe or "_"


def _as_a_file_system_sees(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore")


class Fetched(NamedTuple):
    """A file and what became of it.

    Attributes:
        stored: Where it is; None if it could not be fetched.
        is_deleted: Whether it was deleted since it was listed.
    """

    file: NinoxFile
    stored: StoredFile | None
    is_deleted: bool = False


class FileDownloader:
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
            if known and is_known and has_version(file) and self._store.has(known):
                yield Fetched(file, known)
            else:
                yield self._fetch(record_id, file, folder, path, index)

    def _fetch(self, record_id: int, file: NinoxFile, folder: str, path: str, index: Index) -> Fetched:
        if file.name in _NOT_A_SEGMENT:
            return Fetched(file, None)
        most = MAX_UNLISTED_BYTES if file.size is None else file.size + MAX_BYTES_BEYOND_LISTED
        with tempfile.TemporaryFile() as temporary:
            download = Download(temporary, max_bytes=most)
            try:
                if not self._download(record_id, file, download):
                    # Of a damaged name nobody knows what it is, so that there is no such file says nothing.
                    return Fetched(file, None, is_deleted=DAMAGE not in file.name)
            except (NinoxServerError, NinoxRequestError, NinoxPermissionError) as error:
                if is_busy(error) or is_timeout(error):
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
