"""A saved catalog, read stream by stream and kept as text: of thousands of tables, objects fill the memory."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import IO, Any

import msgspec
from singer_sdk.singerlib import Catalog, CatalogEntry
from typing_extensions import override

from ninox_api.body import replace_broken_characters
from ninox_api.errors import NinoxConfigError, NinoxError
from ninox_singer.names import did_you_mean
from tap_ninox.discovery.catalog import METADATA_KEY
from tap_ninox.discovery.saved_stream import (
    NO_STREAMS,
    JsonObject,
    bring_into_form,
    has_identity,
    is_selected,
    read_metadata,
)
from tap_ninox.discovery.table_names import TableNames
from tap_ninox.sdk_overrides import load_json


class UnknownStreamError(NinoxError):
    """A catalog selects a stream and does not say what it is."""

    def __init__(self, stream: str, known: Iterable[str]) -> None:
        """Say how to fix it."""
        super().__init__(
            f"The catalog selects {stream!r}, but nothing says which table that is: neither an id in its metadata, nor "
            f"a table of that name that this key can see.{did_you_mean(stream, known)} Make the catalog again with "
            "--discover, and change nothing but what is selected."
        )


_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


class SavedCatalog:
    """A catalog with what the SDK and this tap rely on, each stream as text: as objects, 5,000 tables take 200 MB.

    Attributes:
        beside: What it has beside its streams.
        unidentified: Stream → its replication method in the catalog, for those that lack the id of their table or of a
            property. The method counts only when it is known which table the stream is.
    """

    def __init__(self, beside: Mapping[str, Any], streams: Iterable[Any]) -> None:
        """Bring streams into form, one by one.

        Raises:
            NinoxConfigError: One of them is no stream.
        """
        self.beside = beside
        self._texts: list[tuple[str, bytes]] = []
        self.unidentified: dict[str, Any] = {}
        for stream in streams:
            sound = bring_into_form(stream)
            name = sound["tap_stream_id"]
            self._texts.append((name, _encode(sound)))
            if not has_identity(sound):
                self.unidentified[name] = stream.get("replication_method")

    @classmethod
    def of(cls, catalog: Any) -> SavedCatalog:
        """Return what was given as a catalog, in form.

        Raises:
            NinoxConfigError: It is no catalog.
        """
        streams = catalog.get("streams") if isinstance(catalog, Mapping) else None
        if not isinstance(streams, list):
            raise NinoxConfigError(NO_STREAMS)
        return cls({key: value for key, value in catalog.items() if key != "streams"}, streams)

    @classmethod
    def read(cls, file: IO[str]) -> SavedCatalog:
        """Return the catalog in a file, of which never more than one stream is decoded.

        Raises:
            NinoxConfigError: It is no catalog.
            ValueError: It is no JSON.
        """
        content = file.buffer.read()  # type: ignore[attr-defined] # as click opens it
        try:
            catalog = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
            streams = msgspec.json.decode(catalog.pop("streams", b"null"), type=list[msgspec.Raw])
            return cls({key: _decode(value) for key, value in catalog.items()}, map(_decode, streams))
        except (msgspec.DecodeError, UnicodeDecodeError, ArithmeticError, RecursionError):
            content.decode()  # or an error that names the encoding
            # The SDK takes more, and says where something is wrong. Halves of characters cannot be written again.
            return cls.of(load_json(replace_broken_characters(content).decode()))

    def __iter__(self) -> Iterator[JsonObject]:
        """Yield the streams."""
        return (_decode(text) for _, text in self._texts)

    def take(self, names: Container[str]) -> Iterator[JsonObject]:
        """Yield the streams, and keep none that has one of these names: it would take memory twice."""
        texts, self._texts = self._texts[::-1], []
        while texts:
            name, text = texts.pop()
            if name not in names:
                self._texts.append((name, text))
            yield _decode(text)

    def identify(self, names: Container[str], tables: TableNames) -> None:
        """Put into streams the ids of the table and fields that are meant by names, or by keywords of schemas.

        Raises:
            NinoxConfigError: A name may mean several.
        """
        self._texts = [
            (name, self._with_ids(name, text, tables) if name in names else text) for name, text in self._texts
        ]

    def _with_ids(self, name: str, text: bytes, tables: TableNames) -> bytes:
        stream = {**_decode(text), "replication_method": self.unidentified[name]}
        return _encode(bring_into_form(tables.identify(stream)))

    def find(self, is_meant: Callable[[str], bool]) -> Iterator[JsonObject]:
        """Yield the streams whose names are meant."""
        return (_decode(text) for name, text in self._texts if is_meant(name))


class EntriesOnDemand(Catalog):
    """A catalog of the SDK's that makes an entry when it is asked for: those of 5,000 tables take 150 MB."""

    def __init__(self, streams: Iterable[JsonObject]) -> None:
        """Take the streams, one by one."""
        super().__init__()
        self._texts = {stream["tap_stream_id"]: _encode(stream) for stream in streams}
        self._last: CatalogEntry | None = None

    def __bool__(self) -> bool:
        """Return whether it has streams."""
        return bool(self._texts)

    @override
    def get_stream(self, stream_id: str) -> CatalogEntry | None:
        if self._last is None or self._last.tap_stream_id != stream_id:  # a stream asks for several things in a row
            text = self._texts.get(stream_id)
            self._last = None if text is None else CatalogEntry.from_dict(_decode(text))
        return self._last


def unknown_streams(catalog: SavedCatalog, known: Iterable[str]) -> list[str]:
    """Return what a catalog selects without saying what it is; queries that are not in the settings now are left out.

    Args:
        catalog: The saved one.
        known: Names of all streams that this tap has, or would have under other settings.
    """
    known = set(known)
    others = catalog.find(lambda name: name not in known)
    return [stream["tap_stream_id"] for stream in others if is_selected(stream) and not _is_known(stream)]


def _is_known(stream: Mapping[str, Any]) -> bool:
    """Return whether the metadata names a table, or the types of a query's answer."""
    known = [(breadcrumb, item.get(METADATA_KEY)) for breadcrumb, item in read_metadata(stream).items()]
    return any(ninox and (not breadcrumb or "field_id" not in ninox) for breadcrumb, ninox in known)
