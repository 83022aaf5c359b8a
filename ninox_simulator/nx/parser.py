"""Script text → tokens → tree, by recursive descent; loosest first.

```text
block      = statement { ";" [statement] }
statement  = "let" name ":=" expression | expression [ ":=" expression ]
expression = and { "or" and };  and = not { "and" not };  not = "not" not | comparison
comparison = sum [ ("=" | "!=" | "<" | "<=" | ">" | ">=") sum ]
sum        = product { ("+" | "-") product };  product = unary { ("*" | "/" | "%") unary };  unary = "-" unary | postfix
postfix    = primary { "." name [arguments] | "[" expression "]" }
```
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, NoReturn

from ninox_simulator.nx import NxError

KEYWORDS = frozenset({
    "and", "create", "delete", "do", "else", "end", "false", "for", "if", "in", "let", "not", "null", "or", "select",
    "then", "this", "true", "where",
})  # fmt: skip

REFUSED = frozenset({
    "as", "case", "default", "from", "function", "order", "server", "step", "switch", "to", "transaction", "var",
    "void", "while",
})  # fmt: skip
"""Words of the language that the simulator does not know; used as names they would be misread."""

_TOKEN = re.compile(
    r"""
    (?P<space>   \s+ | //[^\n]* | /\*.*?\*/ )
  | (?P<number>  \d+(?:\.\d+)?(?:[eE][+-]?\d+)? )
  | (?P<text>    "(?:[^"\\]|\\.)*" )
  | (?P<quoted>  '[^']*' )
  | (?P<name>    [^\W\d]\w* )
  | (?P<sign>    := | != | <= | >= | [-+*/%=<>()\[\]{},;:.] )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class Token(NamedTuple):
    """A piece of a script.

    Attributes:
        kind: `number`, `text`, `name`, `keyword`, `sign` or `end`.
        value: Without quotes.
        line: Counts from 1.
    """

    kind: str
    value: str
    line: int


def tokens(script: str) -> Iterator[Token]:
    """Yield the tokens of a script, and one of kind `end`.

    Raises:
        NxError: There is a character that begins nothing, or a word that the simulator does not know.
    """
    position = 0
    while position < len(script):
        line = script.count("\n", 0, position) + 1
        match = _TOKEN.match(script, position)
        if match is None:
            message = f"line {line}: unexpected {script[position]!r}"
            raise NxError(message)
        token = _token(str(match.lastgroup), match.group(), line)
        if token is not None:
            yield token
        position = match.end()
    yield Token("end", "the end of the script", script.count("\n") + 1)


def _token(kind: str, text: str, line: int) -> Token | None:
    if kind == "space":
        return None
    if kind == "quoted":
        return Token("name", text[1:-1], line)
    if kind == "text":
        return Token("text", _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[1]), text[1:-1]), line)
    if kind == "name" and text in REFUSED:
        message = f"line {line}: {text!r} is not known to the simulator"
        raise NxError(message)
    return Token("keyword" if kind == "name" and text in KEYWORDS else kind, text, line)


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


_COMPARISONS = ("=", "!=", "<=", ">=", "<", ">")
_CONSTANTS = {"true": True, "false": False, "null": None}
MAX_DEPTH = 100


@lru_cache(maxsize=4096)
def parse(script: str) -> Node:
    """Return the tree of a script.

    Raises:
        NxError: The script is not in the language, or beyond what the simulator knows of it.
    """
    return _Parser(list(tokens(script))).script()


class _Parser:
    def __init__(self, stream: list[Token]) -> None:
        self._stream = stream
        self._position = 0
        self._depth = 0
        self._constructs: dict[str, Callable[[], Node]] = {
            "(": self._parenthesis,
            "{": self._object,
            "[": self._array,
            "this": This,
            "select": self._select,
            "if": self._if,
            "for": self._for,
            "do": self._do,
            "create": self._create,
            "delete": self._delete,
        }

    def script(self) -> Node:
        block = self._block(("end",))
        if self._token.kind != "end":
            self._refuse()
        return block

    @property
    def _token(self) -> Token:
        return self._stream[self._position]

    def _is(self, *values: str) -> bool:
        return self._token.kind in {"sign", "keyword"} and self._token.value in values

    def _take(self) -> Token:
        token = self._token
        self._position += 1
        return token

    def _accept(self, *values: str) -> str | None:
        return self._take().value if self._is(*values) else None

    def _expect(self, value: str) -> None:
        if not self._accept(value):
            self._refuse(value)

    def _name(self) -> str:
        if self._token.kind != "name":
            self._refuse("a name")
        return self._take().value

    def _refuse(self, wanted: str | None = None) -> NoReturn:
        instead = f", expected {wanted}" if wanted else ""
        message = f"line {self._token.line}: unexpected {self._token.value!r}{instead}"
        raise NxError(message)

    def _block(self, ends: tuple[str, ...]) -> Node:
        statements = []
        while self._token.kind != "end" and not self._is(*ends):
            statements.append(self._statement())
            if not self._accept(";") and self._token.kind != "end" and not self._is(*ends):
                self._refuse(";")
        return statements[0] if len(statements) == 1 else Block(tuple(statements))

    def _statement(self) -> Node:
        if self._accept("let"):
            name = self._name()
            self._expect(":=")
            return Let(name, self._expression())
        target = self._expression()
        if not self._accept(":="):
            return target
        if not isinstance(target, Name | Member):
            self._refuse("a field or a variable before :=")
        return Assign(target, self._expression())

    def _expression(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            message = f"line {self._token.line}: nested too deeply"
            raise NxError(message)
        node = self._chain(("or",), lambda: self._chain(("and",), self._not))
        self._depth -= 1
        return node

    def _chain(self, operators: tuple[str, ...], operand: Callable[[], Node]) -> Node:
        node = operand()
        while operator := self._accept(*operators):
            node = Binary(operator, node, operand())
        return node

    def _not(self) -> Node:
        negations = 0
        while self._accept("not"):
            negations += 1
        node = self._comparison()
        for _ in range(negations):
            node = Unary("not", node)
        return node

    def _comparison(self) -> Node:
        left = self._sum()
        operator = self._accept(*_COMPARISONS)
        return Binary(operator, left, self._sum()) if operator else left

    def _sum(self) -> Node:
        return self._chain(("+", "-"), lambda: self._chain(("*", "/", "%"), self._unary))

    def _unary(self) -> Node:
        negations = 0
        while self._accept("-"):
            negations += 1
        node = self._postfix()
        for _ in range(negations):
            node = Unary("-", node)
        return node

    def _postfix(self) -> Node:
        node = self._primary()
        while True:
            if self._accept("."):
                name = self._name()
                node = Member(node, Call(name, self._arguments()) if self._is("(") else Name(name))
            elif self._accept("["):
                node = Filter(node, self._expression())
                self._expect("]")
            else:
                return node

    def _primary(self) -> Node:
        token = self._take()
        if token.kind == "number":
            return Literal(float(token.value) if set(token.value) & set(".eE") else int(token.value))
        if token.kind == "text":
            return Literal(token.value)
        if token.kind == "name":
            return Call(token.value, self._arguments()) if self._is("(") else Name(token.value)
        if token.kind in {"sign", "keyword"}:
            if token.value in _CONSTANTS:
                return Literal(_CONSTANTS[token.value])
            construct = self._constructs.get(token.value)
            if construct:
                return construct()
        self._position -= 1
        return self._refuse()

    def _arguments(self) -> tuple[Node, ...]:
        self._expect("(")
        return self._listed(")")

    def _listed(self, end: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while not self._accept(end):
            if items:
                self._expect(",")
            items.append(self._expression())
        return tuple(items)

    def _parenthesis(self) -> Node:
        node = self._expression()
        self._expect(")")
        return node

    def _object(self) -> Node:
        members: list[tuple[str, Node]] = []
        while not self._accept("}"):
            if members:
                self._expect(",")
            if self._token.kind not in {"name", "text", "keyword"}:
                self._refuse("a member's name")
            name = self._take().value
            self._expect(":")
            members.append((name, self._expression()))
        return ObjectLiteral(tuple(members))

    def _select(self) -> Node:
        table = self._name()
        return Select(table, self._expression() if self._accept("where") else None)

    def _if(self) -> Node:
        condition = self._expression()
        self._expect("then")
        yes = self._block(("else", "end"))
        no = self._block(("end",)) if self._accept("else") else Literal(None)
        self._expect("end")
        return If(condition, yes, no)

    def _for(self) -> Node:
        name = self._name()
        self._expect("in")
        items = self._expression()
        self._expect("do")
        body = self._block(("end",))
        self._expect("end")
        return For(name, items, body)

    def _do(self) -> Node:
        body = self._block(("end",))
        self._expect("end")
        return body

    def _array(self) -> Node:
        return ArrayLiteral(self._listed("]"))

    def _create(self) -> Node:
        return Create(self._name())

    def _delete(self) -> Node:
        return Delete(self._postfix())
