"""Promises about the names that settings use and give."""

from __future__ import annotations

from tests.planted.plant import Defect
from tests.planted.promise import Promise

NAMES = "tap/test_names_belong_to_ids.py"
ALIAS = "An alias that is the name of another table or field, or of a stream of the tap's own, is refused."

PROMISES = [
    Promise(
        "CHANGELOG.md",
        ALIAS,
        test=f"{NAMES}::test_an_alias_that_is_the_name_of_another_table_is_refused",
        defects=(
            Defect("tap_ninox:_refuse_aliases_of_others", "(held.get(key) or wanted[key])", "held.get(key, '')"),
            Defect("tap_ninox:_refuse_aliases_of_others", "owners.get(alias.casefold())", "owners.get(alias)"),
        ),
    ),
    Promise(
        "CHANGELOG.md",
        ALIAS,
        test=f"{NAMES}::test_an_alias_that_is_the_name_of_another_field_is_refused",
        defects=(Defect("tap_ninox:_refuse_alias_of_another", "for other in new", "for other in ()"),),
    ),
    Promise(
        "CHANGELOG.md",
        ALIAS,
        test=f"{NAMES}::test_an_alias_that_is_a_stream_of_every_tap_is_refused",
        defects=(Defect("tap_ninox:_refuse_aliases_of_others", "if alias in reserved:", "if False:"),),
    ),
    Promise(
        "docs/reference/settings.md",
        "one that would keep something from being written is an error there, too.",
        test="unit/test_environment.py::test_what_keeps_rows_from_being_written_may_not_stand_where_nobody_reads_it",
        defects=(
            Defect("ninox_singer:ConfiguredPlugin._check_variables", "HOLDS_BACK & properties.keys()", "()"),
            Defect("ninox_singer:ConfiguredPlugin._check_variables", "if self._config.get(name) is None:", "if True:"),
        ),
    ),
    Promise(
        "docs/reference/settings.md",
        "is read first, and the run ends with exit code 1, as `--discover` does.",
        test="tap/test_idle_names.py::test_a_name_of_nothing_is_told_once_and_discovery_ends_in_an_error",
        defects=(
            Defect("tap_ninox:TapNinox.run_discovery", "if self._problems and not", "if False and not"),
            Defect("tap_ninox:TapNinox.run_discovery", 'and not meltano_variable("", prefix=self._env_var_prefix)', ""),
            Defect("tap_ninox.report:RunReport.close", "*told_before(self.problems)", "*self.problems"),
        ),
    ),
    Promise(
        "SECURITY.md",
        "Captions, options, messages of servers and lines of input can neither forge a line of the log nor steer a "
        "terminal.",
        test="e2e/test_escaping.py::test_suggestions_forge_nothing",
        defects=(
            Defect(
                "ninox_tools.suggest:suggest", 'escape(line)}\\n" for line in _lines', 'line}\\n" for line in _lines'
            ),
        ),
    ),
]
