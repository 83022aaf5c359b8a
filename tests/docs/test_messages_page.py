"""The page of troubleshooting: whoever looks for a message finds it, and no message on it is one of yesterday."""

from __future__ import annotations

import ast
import re

from devtools.meltano import REPOSITORY

PAGE = (REPOSITORY / "docs" / "reference" / "messages.md").read_text(encoding="utf-8")
PACKAGES = ("ninox_api", "ninox_singer", "tap_ninox", "target_ninox", "ninox_tools/probe", "ninox_simulator")
VALUE = "…"
MOST_BARE = len("stream_maps")
"""A text with no more than this only says what the message is about; the rest of it comes from elsewhere."""
OF_OTHERS = ("Meltano: ", "target-postgres, ", "tap-tabular: ")


def texts(node):
    """Yield the texts in a part of the source, with … for each value that is put in."""
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield re.sub(r"%[\d.]*[a-z]|\{\w+(!r)?\}", VALUE, each.value)
        elif isinstance(each, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else VALUE for part in each.values)


def sources():
    for package in PACKAGES:
        for path in sorted((REPOSITORY / package).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def quoted():
    """Return the messages on the page that are ours → the parts of each that stay the same."""
    cells = [line.split(" | ")[0].strip("| ") for line in PAGE.splitlines() if line.startswith("| ")]
    ours = [one for cell in cells if not cell.startswith(OF_OTHERS) for one in re.findall("`([^`]+)`", cell)]
    return {one: [part for part in map(str.strip, one.split(VALUE)) if len(part) > 1] for one in ours}


def logged():
    """Yield what is logged as a warning or an error, where the source says it in words."""
    for path, tree in sources():
        named = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(target := node.targets[0], ast.Name)
        }
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func) in {"logger.warning", "logger.error"}
                and node.args
            ):
                names = [
                    named[each.id] for each in ast.walk(node.args[0]) if isinstance(each, ast.Name) and each.id in named
                ]
                for text in [text for part in (node.args[0], *names) for text in texts(part)]:
                    if len(text.replace(VALUE, "").strip(" :.()")) > MOST_BARE:
                        yield f"{path.name}: {text}"


def test_what_is_logged_as_a_problem_is_on_the_page():
    known = list(filter(None, quoted().values()))
    missing = [message for message in logged() if not any(all(part in message for part in parts) for parts in known)]
    assert missing == [], "add it to docs/reference/messages.md"


def test_every_message_on_the_page_is_in_the_code():
    known = "\n".join(text for _, tree in sources() for text in texts(tree))
    gone = [(one, part) for one, parts in quoted().items() for part in parts if part not in known]
    assert gone == []
