"""A file on its way to a record, as the form that Ninox takes (part names seen in public clients)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file to put on a record; one of the same name is replaced (assumed).

    Attributes:
        name: Without a folder.
        field_id: The file or image field that shall show it; None leaves it among the record's files only.
    """

    name: str
    content: bytes = field(repr=False)
    media_type: str = "application/octet-stream"
    field_id: str | None = None

    def form(self) -> tuple[str, bytes]:
        """Return the content type and the body of a request."""
        boundary = secrets.token_hex(16)
        return f"multipart/form-data; boundary={boundary}", b"".join(self._parts(boundary))

    def _parts(self, boundary: str) -> Iterator[bytes]:
        if self.field_id is not None:
            yield f'--{boundary}\r\nContent-Disposition: form-data; name="fieldName"\r\n\r\n'.encode()
            yield f"{self.field_id}\r\n".encode()
        name = self.name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")  # as browsers do it
        yield f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'.encode()
        yield f"Content-Type: {self.media_type}\r\n\r\n".encode()
        yield self.content
        yield f"\r\n--{boundary}--\r\n".encode()
