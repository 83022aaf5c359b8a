"""The tree of a script: one class per construct."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class Node:
    """A part of a script that has a value."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A number, a text, `true`, `false` or `null`."""

    value: Any


@dataclass(frozen=True, slots=True)
class This(Node):
    """The record that a formula, a condition or a trigger is about."""


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable, or a field of the record at hand."""

    name: str


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function's value."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Member(Node):
    """`owner.part`: a field of a record or of each of several, or a function of each."""

    owner: Node
    part: Name | Call


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """`records[condition]`."""

    owner: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Select(Node):
    """`select Table where condition`."""

    table: str
    condition: Node | None


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`not x`, `-x`."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """`left operator right`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class If(Node):
    """`if condition then yes else no end`."""

    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class For(Node):
    """`for name in items do body end`; its value is the list of the body's values."""

    name: str
    items: Node
    body: Node


@dataclass(frozen=True, slots=True)
class Let(Node):
    """`let name := value`."""

    name: str
    value: Node


@dataclass(frozen=True, slots=True)
class Assign(Node):
    """`target := value`."""

    target: Name | Member
    value: Node


@dataclass(frozen=True, slots=True)
class Create(Node):
    """`create Table`."""

    table: str


@dataclass(frozen=True, slots=True)
class Delete(Node):
    """`delete records`."""

    target: Node


@dataclass(frozen=True, slots=True)
class ObjectLiteral(Node):
    """`{name: value}`."""

    members: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class ArrayLiteral(Node):
    """`[value, value]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Block(Node):
    """Statements; the value is the last one's."""

    statements: tuple[Node, ...]
