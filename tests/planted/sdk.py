"""What tap and target override of the SDK's private and final members: each is taken away, and something is missed."""

from __future__ import annotations

from tests.planted.plant import Defect
from tests.planted.promise import Promise

PAGE = "docs/adr/0006-around-the-sdk.md"
ALONE = "tap/test_failing_streams.py::test_a_stream_map_that_fails_ends_its_own_stream_only[shop__customers]"

PROMISES = [
    Promise(
        PAGE,
        "`RecordStream.run` writes SCHEMA, rows and state",
        test=ALONE,
        defects=(Defect("tap_ninox:OwnStream.sync", "self.run()", "Stream.sync(self, context)"),),
    ),
    Promise(
        PAGE,
        "the selected streams one after the other, then the report, which raises",
        test=ALONE,
        defects=(Defect("tap_ninox:OwnTap.sync_all", "self.run()", "Tap.sync_all(self)"),),
    ),
    Promise(
        PAGE,
        "`_env_var_config` asks `ninox_singer/environment.py`",
        test="unit/test_environment.py::test_every_kind_of_setting_can_come_from_the_environment",
        defects=(
            Defect(
                "ninox_singer:ConfiguredPlugin._env_var_config",
                "load_env_file()",
                "return PluginBase._env_var_config.fget(self)",
            ),
        ),
    ),
    Promise(
        PAGE,
        "`_validate_config` brings what comes by whichever door into the types of the schema",
        test="unit/test_environment.py::test_every_kind_of_setting_can_come_from_the_environment",
        defects=(
            Defect(
                "ninox_singer:ConfiguredPlugin._validate_config",
                "schema, prefix = self.config_jsonschema, self._env_var_prefix",
                "return PluginBase._validate_config(self, raise_errors=raise_errors)",
            ),
        ),
    ),
    Promise(
        PAGE,
        "it tests streams that are deselected, too, and hides what fails",
        test="tap/test_own_ways_beside_the_sdk.py::test_a_test_of_the_connection_leaves_streams_alone_that_are_deselected",
        defects=(Defect("tap_ninox:OwnTap.run_connection_test", "self.test()", "Tap.run_connection_test(self)"),),
    ),
    Promise(
        PAGE,
        "it writes the one of a sync",
        test="tap/test_own_ways_beside_the_sdk.py::test_a_schema_alone_is_the_one_of_a_sync",
        defects=(
            Defect(
                "tap_ninox:OwnStream._write_schema_message", "self.write_schema()", "Stream._write_schema_message(self)"
            ),
        ),
    ),
    Promise(
        PAGE,
        "exit code 143 or 130, behind a whole line",
        test="tap/test_failing_streams.py::test_a_signal_leaves_a_report_that_names_it",
        defects=(
            Defect(
                "tap_ninox:OwnTap._handle_termination",
                "self.stop(signum)",
                "Tap._handle_termination(self, signum, frame)",
            ),
        ),
    ),
    Promise(
        PAGE,
        "exit code 143 or 130, behind a whole line",
        test="target/test_sdk_overrides.py::test_a_signal_ends_a_run_with_the_exit_code_of_shells",
        defects=(
            Defect(
                "target_ninox:SdkTarget._handle_termination",
                "self.stop(signum)",
                "Target._handle_termination(self, signum, frame)",
            ),
        ),
    ),
]
