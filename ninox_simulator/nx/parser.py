"""Tokens → tree, by recursive descent; loosest first.

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

from collections.abc import Callable
from functools import lru_cache
from typing import NoReturn

from ninox_simulator.nx import syntax as nx
from ninox_simulator.nx.errors import NxError
from ninox_simulator.nx.lexer import Token, tokens

_COMPARISONS = ("=", "!=", "<=", ">=", "<", ">")
_CONSTANTS = {"true": True, "false": False, "null": None}
MAX_DEPTH = 100


@lru_cache(maxsize=4096)
def parse(script: str) -> nx.Node:
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
        self._constructs: dict[str, Callable[[], nx.Node]] = {
            "(": self._parenthesis,
            "{": self._object,
            "[": self._array,
            "this": nx.This,
            "select": self._select,
            "if": self._if,
            "for": self._for,
            "do": self._do,
            "create": self._create,
            "delete": self._delete,
        }

    def script(self) -> nx.Node:
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

    def _block(self, ends: tuple[str, ...]) -> nx.Node:
        statements = []
        while self._token.kind != "end" and not self._is(*ends):
            statements.append(self._statement())
            if not self._accept(";") and self._token.kind != "end" and not self._is(*ends):
                self._refuse(";")
        return statements[0] if len(statements) == 1 else nx.Block(tuple(statements))

    def _statement(self) -> nx.Node:
        if self._accept("let"):
            name = self._name()
            self._expect(":=")
            return nx.Let(name, self._expression())
        target = self._expression()
        if not self._accept(":="):
            return target
        if not isinstance(target, nx.Name | nx.Member):
            self._refuse("a field or a variable before :=")
        return nx.Assign(target, self._expression())

    def _expression(self) -> nx.Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            message = f"line {self._token.line}: nested too deeply"
            raise NxError(message)
        node = self._chain(("or",), lambda: self._chain(("and",), self._not))
        self._depth -= 1
        return node

    def _chain(self, operators: tuple[str, ...], operand: Callable[[], nx.Node]) -> nx.Node:
        node = operand()
        while operator := self._accept(*operators):
            node = nx.Binary(operator, node, operand())
        return node

    def _not(self) -> nx.Node:
        negations = 0
        while self._accept("not"):
            negations += 1
        node = self._comparison()
        for _ in range(negations):
            node = nx.Unary("not", node)
        return node

    def _comparison(self) -> nx.Node:
        left = self._sum()
        operator = self._accept(*_COMPARISONS)
        return nx.Binary(operator, left, self._sum()) if operator else left

    def _sum(self) -> nx.Node:
        return self._chain(("+", "-"), lambda: self._chain(("*", "/", "%"), self._unary))

    def _unary(self) -> nx.Node:
        negations = 0
        while self._accept("-"):
            negations += 1
        node = self._postfix()
        for _ in range(negations):
            node = nx.Unary("-", node)
        return node

    def _postfix(self) -> nx.Node:
        node = self._primary()
        while True:
            if self._accept("."):
                name = self._name()
                node = nx.Member(node, nx.Call(name, self._arguments()) if self._is("(") else nx.Name(name))
            elif self._accept("["):
                node = nx.Filter(node, self._expression())
                self._expect("]")
            else:
                return node

    def _primary(self) -> nx.Node:
        token = self._take()
        if token.kind == "number":
            return nx.Literal(float(token.value) if set(token.value) & set(".eE") else int(token.value))
        if token.kind == "text":
            return nx.Literal(token.value)
        if token.kind == "name":
            return nx.Call(token.value, self._arguments()) if self._is("(") else nx.Name(token.value)
        if token.kind in {"sign", "keyword"}:
            if token.value in _CONSTANTS:
                return nx.Literal(_CONSTANTS[token.value])
            construct = self._constructs.get(token.value)
            if construct:
                return construct()
        self._position -= 1
        return self._refuse()

    def _arguments(self) -> tuple[nx.Node, ...]:
        self._expect("(")
        return self._listed(")")

    def _listed(self, end: str) -> tuple[nx.Node, ...]:
        items: list[nx.Node] = []
        while not self._accept(end):
            if items:
                self._expect(",")
            items.append(self._expression())
        return tuple(items)

    def _parenthesis(self) -> nx.Node:
        node = self._expression()
        self._expect(")")
        return node

    def _object(self) -> nx.Node:
        members: list[tuple[str, nx.Node]] = []
        while not self._accept("}"):
            if members:
                self._expect(",")
            if self._token.kind not in {"name", "text", "keyword"}:
                self._refuse("a member's name")
            name = self._take().value
            self._expect(":")
            members.append((name, self._expression()))
        return nx.ObjectLiteral(tuple(members))

    def _select(self) -> nx.Node:
        table = self._name()
        return nx.Select(table, self._expression() if self._accept("where") else None)

    def _if(self) -> nx.Node:
        condition = self._expression()
        self._expect("then")
        yes = self._block(("else", "end"))
        no = self._block(("end",)) if self._accept("else") else nx.Literal(None)
        self._expect("end")
        return nx.If(condition, yes, no)

    def _for(self) -> nx.Node:
        name = self._name()
        self._expect("in")
        items = self._expression()
        self._expect("do")
        body = self._block(("end",))
        self._expect("end")
        return nx.For(name, items, body)

    def _do(self) -> nx.Node:
        body = self._block(("end",))
        self._expect("end")
        return body

    def _array(self) -> nx.Node:
        return nx.ArrayLiteral(self._listed("]"))

    def _create(self) -> nx.Node:
        return nx.Create(self._name())

    def _delete(self) -> nx.Node:
        return nx.Delete(self._postfix())
