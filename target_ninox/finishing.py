"""What can only be done when all input is there: circular and missing links, a mirror's deletions, the last script."""

from __future__ import annotations

import logging
from collections.abc import Collection, Hashable, Mapping, Sequence
from contextlib import ExitStack

from ninox_api.errors import NinoxError
from target_ninox.loader import StreamLoader
from target_ninox.matching.linking import Wanted
from target_ninox.planning.names import nearest
from target_ninox.write.writers import Writer

logger = logging.getLogger(__name__)

LinkKey = tuple[str, str, Hashable]
"""Table id, field id and value by which a record is linked."""


class ScriptFailedError(NinoxError):
    """What is to be done after loading was not, or nobody knows."""


def tell_idle_settings(named: Collection[str], came: Collection[str]) -> None:
    """Warn of settings for streams that did not come; the name may be mistyped."""
    for name in named:
        if name not in came:
            near = nearest(name, came)
            hint = f" Is {near!r} meant?" if near else ""
            logger.warning("streams.%s: no stream of that name came, so the setting had no effect.%s", name, hint)


def load_held(loaders: Sequence[StreamLoader]) -> None:
    """Load the rows that wait for linked records, parents first as far as that goes."""
    while True:
        if sum(loader.retry_held() for loader in loaders):
            continue
        to_come = _keys_to_come(loaders)
        if not sum(loader.give_up(_hopeless(loader, to_come)) for loader in loaders):
            break
    _load_circles([loader for loader in loaders if loader.held])


def remove_unseen(doubts: Mapping[StreamLoader, Sequence[str]]) -> None:
    """Delete the records of mirrored tables for which no row came.

    The last stream comes first: children often follow their parents.

    Args:
        doubts: Stream → why it may not be whole; none if it is.
    """
    for loader in reversed(list(doubts)):
        if loader.plan.mode != "mirror":
            continue
        reasons = list(doubts[loader])
        if loader.account.report.rejected:
            reasons.append("rows were rejected, and their records cannot be told from those that are gone")
        if reasons:
            logger.warning("%s: nothing is deleted, because %s.", loader.plan.stream, "; ".join(reasons))
            loader.is_finished = True
        else:
            loader.remove_unseen()


def execute(writer: Writer, script: str) -> None:
    """Execute the script that comes after loading.

    Raises:
        ScriptFailedError: It failed, or its answer was lost.
    """
    try:
        writer.execute(script)
    except NinoxError as error:
        message = (
            f"after_load_script: {error} All rows are in Ninox, but the state is held: the next run finds them there "
            "and executes the script."
        )
        raise ScriptFailedError(message) from error


def _hopeless(loader: StreamLoader, to_come: set[LinkKey]) -> set[Wanted]:
    """Return what held rows wait for that is neither there nor on its way."""
    return {wanted for wanted in loader.missing() if _link_key(loader, *wanted) not in to_come}


def _keys_to_come(loaders: Sequence[StreamLoader]) -> set[LinkKey]:
    """Return what held rows will be linked by once they are loaded."""
    references = {
        (reference.table.id, reference.match_field.id): reference
        for loader in loaders
        for reference in loader.plan.references.values()
    }
    return {
        (table_id, field_id, key)
        for (table_id, field_id), reference in references.items()
        for loader in loaders
        if loader.plan.table.id == table_id
        for row in loader.held.values()
        if (key := reference.key_of(row.encoded.fields)) is not None
    }


def _link_key(loader: StreamLoader, field_id: str, key: Hashable) -> LinkKey:
    reference = loader.plan.references[field_id]
    return reference.table.id, reference.match_field.id, key


def _load_circles(loaders: Sequence[StreamLoader]) -> None:
    """Load rows that link to each other: first without these links, then the links."""
    with ExitStack() as stack:
        for loader in loaders:
            stack.enter_context(loader.account.remembering())
        unlinked = [(loader, loader.write_unlinked()) for loader in loaders]
        for loader, rows in unlinked:
            loader.link(rows)
