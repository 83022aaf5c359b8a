"""Files of records: on disk, under names of our own, so that no file name can lead anywhere."""

from __future__ import annotations

import hashlib
import mimetypes
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from ninox_simulator.seeds import DEFAULT_USER

Json = dict[str, Any]
Key = tuple[str, int]

SAMPLE_FILE_BYTES = 2048
SAMPLE_FILE_MS = 1_709_648_411_000


@dataclass(slots=True, kw_only=True)
class StoredFile:
    """A file of a record.

    Attributes:
        path: Where its bytes are; None until they are wanted, for files of the sample data.
        modified_ms: Milliseconds since 1970.
        sequence: The database's sequence when it was uploaded.
    """

    name: str
    content_type: str
    size: int
    modified_ms: int
    sequence: int
    path: Path | None = None

    def metadata(self, dates: str = "number") -> Json:
        """Return what the API tells about it (modelled by third parties).

        Args:
            dates: `number` for milliseconds, or `text`.
        """
        moment = datetime.fromtimestamp(self.modified_ms / 1000, timezone.utc)
        return {
            "name": self.name,
            "contentType": self.content_type,
            "size": self.size,
            "modifiedDate": self.modified_ms if dates == "number" else moment.replace(tzinfo=None).isoformat(),
            "modifiedUser": DEFAULT_USER,
            "seq": self.sequence,
        }


class Files:
    """The files of one database."""

    def __init__(self, *, made_up_for: Callable[[str, int], list[str]], sizes: Mapping[str, int]) -> None:
        """Start with the files of the sample data; their bytes are made up when they are wanted.

        Args:
            made_up_for: Returns the names in the file fields of a record of the sample data.
            sizes: File name → bytes, where it matters.
        """
        self._made_up_for = made_up_for
        self._sizes = sizes
        self._files: dict[Key, dict[str, StoredFile]] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def listed(self, table_id: str, record_id: int, dates: str = "number") -> list[Json]:
        """Return the metadata of a record's files."""
        return [file.metadata(dates) for file in self._of(table_id, record_id).values()]

    def find(self, table_id: str, record_id: int, name: str) -> StoredFile | None:
        """Return a file, or None."""
        return self._of(table_id, record_id).get(name)

    def path(self, file: StoredFile) -> Path:
        """Return where a file's bytes are, making them up if they are those of the sample data."""
        if file.path is None:
            file.path = self._new_path()
            file.path.write_bytes(_made_up(file.name, file.size))
        return file.path

    def put(self, table_id: str, record_id: int, name: str, content: IO[bytes], sequence: int) -> StoredFile:
        """Store an upload; a file of that name is replaced (assumed)."""
        path = self._new_path()
        with path.open("wb") as target:
            shutil.copyfileobj(content, target)
        file = StoredFile(
            name=name,
            content_type=content_type(name),
            size=path.stat().st_size,
            modified_ms=int(datetime.now(timezone.utc).timestamp() * 1000),
            sequence=sequence,
            path=path,
        )
        self._replace(table_id, record_id, name, file)
        return file

    def delete(self, table_id: str, record_id: int, name: str) -> None:
        """Remove a file."""
        self._replace(table_id, record_id, name, None)

    def forget(self, table_id: str, record_id: int) -> None:
        """Remove all files of a record that is deleted."""
        for name in list(self._files.get((table_id, record_id), ())):
            self.delete(table_id, record_id, name)
        self._files[table_id, record_id] = {}

    def changed_after(self, sequence: int, *, inclusive: bool = False) -> list[tuple[str, int, StoredFile]]:
        """Return the files uploaded after a sequence."""
        return [
            (table_id, record_id, file)
            for (table_id, record_id), files in self._files.items()
            for file in files.values()
            if file.sequence > sequence or (inclusive and file.sequence == sequence)
        ]

    def close(self) -> None:
        """Delete everything on disk."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _of(self, table_id: str, record_id: int) -> dict[str, StoredFile]:
        key = table_id, record_id
        if key not in self._files:
            names = self._made_up_for(table_id, record_id)
            self._files[key] = {name: _of_sample(name, self._sizes.get(name, SAMPLE_FILE_BYTES)) for name in names}
        return self._files[key]

    def _replace(self, table_id: str, record_id: int, name: str, file: StoredFile | None) -> None:
        files = self._of(table_id, record_id)
        old = files.pop(name, None)
        if old is not None and old.path is not None:
            old.path.unlink(missing_ok=True)
        if file is not None:
            files[name] = file

    def _new_path(self) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="ninox-simulator-", ignore_cleanup_errors=True)
        return Path(self._folder.name) / uuid4().hex


def content_type(name: str) -> str:
    """Return the content type that a file's name stands for."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _of_sample(name: str, size: int) -> StoredFile:
    return StoredFile(name=name, content_type=content_type(name), size=size, modified_ms=SAMPLE_FILE_MS, sequence=0)


def _made_up(name: str, size: int) -> bytes:
    """Return the bytes of a file of the sample data: the same name always gives the same ones."""
    seed = hashlib.sha256(name.encode()).digest()
    return (seed * (size // len(seed) + 1))[:size]
