"""A defect that is planted at run time: one piece of one function of the product, replaced in its source.

The function's module is compiled anew with the replacement, and the function gets the code that results: whoever has
imported it has the defect, too. Nothing is written to any file. Where the source does not have the piece exactly once,
or the replacement is no code that can run, nothing is planted and `NotPlantedError` says why.
"""

from __future__ import annotations

import builtins
import dis
import inspect
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from types import CodeType, FunctionType, ModuleType


class NotPlantedError(Exception):
    """The defect does not fit the product as it is now."""

    def __init__(self, defect, problem):
        super().__init__(f"{defect.function} {problem}. Mend the defect in tests/planted: {defect.old!r}")


@dataclass(frozen=True)
class Defect:
    """A piece of the source that keeps a promise, and what breaks it.

    Attributes:
        function: `package:function` or `package:Class.method`. It is looked for in the package and everything below, so
            that a file may move; a name that several functions have needs more of its package, `package.module:name`.
        old: Part of its source. Pieces of white space count as equal, so that a formatter may break lines.
        new: What stands there instead. A statement is taken away by `pass`.
        case: The case of the test that notices it, where the others before that take long; default: any.
    """

    function: str
    old: str
    new: str
    case: str = ""

    def __str__(self):
        return f"{self.function}: {self.old!r} → {self.new!r}"

    def plant(self):
        """Give the function the code with the defect, for the rest of this process."""
        function, code = self.prepare()
        function.__code__ = code

    def prepare(self):
        """Return the function, and the code with the defect.

        Raises:
            NotPlantedError: See there.
        """
        function = self._found()
        return function, self._code(function)

    def _found(self):
        package, _, path = self.function.partition(":")
        found = {below for module in _modules(package) if (below := _undecorated(_attribute(module, path)))}
        if len(found) != 1:
            raise NotPlantedError(self, f"is {len(found)} functions; it must be one")
        return found.pop()

    def _code(self, function):
        lines, start = inspect.getsourcelines(function)
        source = "".join(lines)
        places = list(re.finditer(r"\s+".join(map(re.escape, self.old.split())), source))
        if len(places) != 1:
            raise NotPlantedError(self, f"has {len(places)} times what should be replaced; it must be once")
        replaced = source[: places[0].start()] + self.new + source[places[0].end() :]
        module = inspect.getsource(inspect.getmodule(function)).splitlines(keepends=True)
        module[start - 1 : start - 1 + len(lines)] = [replaced]
        try:
            tree = compile("".join(module), function.__code__.co_filename, "exec", dont_inherit=True)
        except SyntaxError as error:
            raise NotPlantedError(self, f"would be no Python ({error})") from error
        code = _find(tree, function.__code__)
        if code is None or code.co_freevars != function.__code__.co_freevars:
            raise NotPlantedError(self, "would not be the same function any more")
        if _instructions(code) == _instructions(function.__code__):
            raise NotPlantedError(self, "would do the same as before")
        known = {*function.__globals__, *vars(builtins)}
        unknown = {step.argval for each in _all(code) for step in dis.get_instructions(each) if "GLOBAL" in step.opname}
        if unknown - known:
            raise NotPlantedError(self, f"would not know {', '.join(sorted(unknown - known))}")
        return code


def _modules(package: str) -> Iterator[ModuleType]:
    """Yield a module and all below it, but for those that are programs."""
    top = import_module(package)
    yield top
    for found in pkgutil.walk_packages(getattr(top, "__path__", ()), f"{package}."):
        if not found.name.endswith("__main__"):
            yield import_module(found.name)


def _attribute(module: ModuleType, path: str) -> object:
    """Return what a module itself defines under a path, None if there is no such thing."""
    first, *further = path.split(".")
    top = vars(module).get(first)
    if getattr(top, "__module__", None) != module.__name__:
        return None
    try:
        return reduce(inspect.getattr_static, further, top)
    except AttributeError:
        return None


def _undecorated(found: object) -> FunctionType | None:
    inner = getattr(found, "__wrapped__", None) or getattr(found, "fget", None) or getattr(found, "func", None)
    if inner is not None:
        return _undecorated(inner)
    return found if isinstance(found, FunctionType) else None


def _find(code: CodeType, like: CodeType) -> CodeType | None:
    """Return the code of the function that begins on the same line and has the same name."""
    wanted = like.co_name, like.co_firstlineno
    return next((each for each in _all(code) if (each.co_name, each.co_firstlineno) == wanted), None)


def _instructions(code: CodeType) -> tuple[object, ...]:
    return code.co_code, code.co_consts, code.co_names, code.co_varnames


def _all(code: CodeType) -> list[CodeType]:
    inner = [each for each in code.co_consts if isinstance(each, CodeType)]
    return [code, *(deeper for each in inner for deeper in _all(each))]
