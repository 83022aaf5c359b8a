"""Meltano's select rules. They say more than the catalog made of them: what was named, and not only hit by a glob."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

_UNESCAPED_DOT = re.compile(r"(?<!\\)\.")


@dataclass(frozen=True, slots=True)
class SelectRules:
    """The rules of a run; none where something else has made the catalog.

    Attributes:
        included: Patterns of streams and properties that are to be read.
        excluded: The same of those that are not.
    """

    included: frozenset[tuple[str, str]] = frozenset()
    excluded: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, text: str | None) -> SelectRules:
        """Return the rules in a variable of Meltano's, none if it is in another form."""
        try:
            given = json.loads(text or "[]")
        except ValueError:
            given = []
        rules = [rule for rule in given if isinstance(rule, str)] if isinstance(given, list) else []
        return cls(
            included=frozenset(_patterns(rule for rule in rules if not rule.startswith("!"))),
            excluded=frozenset(_patterns(rule[1:] for rule in rules if rule.startswith("!"))),
        )

    def names_property(self, stream: str, name: str) -> bool:
        """Return whether a rule selects a property by its very name, and not by a glob that hits whatever comes."""
        return (stream, name) in self.included

    def names_stream(self, stream: str) -> bool:
        """Return whether a rule selects a stream by its very name."""
        return any(of_stream == stream for of_stream, _ in self.included)

    def excludes(self, stream: str, name: str = "*") -> bool:
        """Return whether a rule leaves out a property, or a stream as a whole."""
        return any(
            fnmatchcase(stream, of_stream) and (of_name == "*" or fnmatchcase(name, of_name))
            for of_stream, of_name in self.excluded
        )


def _patterns(rules: Iterable[str]) -> Iterable[tuple[str, str]]:
    for rule in rules:
        stream, *names = _UNESCAPED_DOT.split(rule, maxsplit=1)
        yield stream.replace(r"\.", "."), names[0] if names else "*"
