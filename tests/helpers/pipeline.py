"""A Meltano project in this process: select rules applied by Meltano's own code, and a state that goes on."""

from __future__ import annotations

from meltano.core.plugin.singer.catalog import MetadataExecutor, SchemaExecutor, select_metadata_rules
from meltano.core.plugin.singer.tap import config_metadata_rules, config_schema_rules

from tests.helpers.run import discover, run_tap


def selected(simulator, *rules, schema=None, metadata=None, **settings):
    """Return a catalog that was discovered anew, and what Meltano's extras leave of it."""
    catalog = discover(simulator, **settings)
    SchemaExecutor(config_schema_rules(schema or {})).visit(catalog)
    rules = [*select_metadata_rules(["!*.*"]), *select_metadata_rules(rules), *config_metadata_rules(metadata or {})]
    MetadataExecutor(rules).visit(catalog)
    return catalog


class Pipeline:
    """A Meltano project: discovers without the state, selects by rules, and runs on from the state."""

    def __init__(self, simulator, *rules):
        self.simulator, self.rules, self.state = simulator, rules or ("*.*",), None

    def run(self, *rules, schema=None, metadata=None, **settings):
        catalog = selected(self.simulator, *(rules or self.rules), schema=schema, metadata=metadata, **settings)
        run = run_tap(self.simulator, catalog=catalog, state=self.state, **settings)
        assert run.error is None, run.error
        self.state = run.state
        return run


def drifts(run):
    return {drift["kind"]: drift for drift in run.report["drift"]}
