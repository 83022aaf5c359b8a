"""What users may write: the JSON Schema of the tap's settings, which `--about` prints and Meltano reads."""

from __future__ import annotations

from singer_sdk import typing as th

from ninox_api import config
from ninox_singer import connection
from ninox_singer.settings import refuse_null

DEFAULT_STREAM_NAME_FORMAT = "{database}__{table}"
STREAM_NAME_FORMAT_OF_TEAMS = "{team}__{database}__{table}"

MAX_INTERVAL_HOURS = 100 * 366 * 24

_NAMES = th.ArrayType(th.StringType)

CONNECTION_PROPERTIES = (
    *connection.CONNECTION_PROPERTIES,
    th.Property(
        "team",
        th.CustomType({"type": ["string", "array", "null"], "items": {"type": "string", "minLength": 1}}),
        title="Team",
        description="Workspace, by id or name. Default: the only one the key can see. Needed, as an id, where the "
        "server does not list its teams. Several as a list, or by a glob such as `*`; stream names then begin with the "
        "team.",
    ),
    th.Property(
        "max_parallel_requests",
        th.IntegerType(minimum=1),
        default=config.DEFAULT_MAX_PARALLEL_REQUESTS,
        title="Parallel requests",
        description="Requests in flight at once, over tables, databases and ranges within a table. The public cloud "
        "answers 429 to parallel calls; the run then goes on with one at a time.",
    ),
    th.Property(
        "requests_per_second",
        th.NumberType,
        minimum=0.001,
        title="Requests per second",
        description="Upper bound on the request rate. Default: none.",
    ),
    th.Property(
        "max_api_calls",
        th.IntegerType(minimum=1),
        title="Call budget",
        description="Stop, with the state saved, after this many API calls; Ninox plans count calls per month.",
    ),
)

TAP_PROPERTIES = (
    th.Property(
        "databases",
        _NAMES,
        title="Databases",
        description="Databases to read: ids, names or globs such as `Büro*`; `!` before one leaves it out. "
        "Default: all that the key can read.",
    ),
    th.Property(
        "tables",
        _NAMES,
        title="Tables",
        description="Tables to list: ids, names or globs, or `<database id>.<table id>`; `!` before one leaves it out. "
        "Default: all but pages.",
    ),
    th.Property(
        "stream_name_format",
        th.StringType,
        title="Stream names",
        description="How streams are named, from `{team}`, `{database}`, `{table}`, `{database_id}`, `{table_id}`. "
        "Default: `{database}__{table}`, or with several teams `{team}__{database}__{table}`.",
    ),
    th.Property(
        "aliases",
        th.ObjectType(additional_properties=th.StringType),
        title="Aliases",
        description="Own names, kept when captions change: `<database_id>.<table_id>` → stream, "
        "`<database_id>.<table_id>.<field_id>` → property.",
    ),
    th.Property(
        "formulas",
        th.ObjectType(additional_properties=th.StringType),
        title="Formulas",
        description="Formulas to read → type of their values. Named by a glob of `<stream>.<property>`, such as "
        '`{"*.total": "number"}`, or by `<database_id>.<table_id>.<field_id>`; the type is one of `string`, `number`, '
        "`boolean`, `date`, `timestamp`, `time`, `timeinterval`. Default: none; formulas are only listed.",
    ),
    th.Property(
        "queries",
        th.ArrayType(
            th.ObjectType(
                th.Property("name", th.StringType, required=True),
                th.Property("database", th.StringType, required=True),
                th.Property("query", th.StringType, required=True),
                th.Property("key_properties", th.ArrayType(th.StringType)),
                th.Property("schema", th.ObjectType(additional_properties=th.StringType)),
                additional_properties=False,
            )
        ),
        title="Queries",
        description="Scripts of your own as streams: a list of `{name, database, query, key_properties, schema}`. "
        "`schema` maps properties to types (those of `formulas`, and `integer`); without it, discovery runs the query.",
    ),
    th.Property(
        "files",
        th.ObjectType(additional_properties=th.StringType(min_length=1)),
        title="Files",
        examples=[{"*": "metadata"}],
        description="Streams whose files are read, by name, or by a glob among the selected ones → `metadata`, to list "
        "them in the stream `ninox_files`, or where to bring them, too: a folder such as `./files`, or an address that "
        "fsspec knows, such as `s3://bucket/folder`. All go to one place. Costs one API call per record at first, then "
        "per changed record. Default: none.",
    ),
    th.Property(
        "timezone",
        th.StringType,
        title="Time zone",
        description="Zone of the date-times in your fields, such as `Europe/Berlin`; they are then sent in UTC. "
        "Default: as Ninox returns them, without a zone.",
    ),
    th.Property(
        "deletes",
        th.StringType,
        default="tombstone",
        allowed_values=["tombstone", "stream", "both", "ignore"],
        title="Deletes",
        description="`tombstone`: a deleted row keeps its values and gets `_sdc_deleted_at`. `stream`: deletions are "
        "only listed, in `ninox_deleted_records`. `both`. `ignore`: nothing.",
    ),
    th.Property(
        "tombstone_schema",
        th.StringType,
        default="narrow",
        allowed_values=["narrow", "full"],
        title="Schema of deletions",
        description="`narrow`: deletions come under a schema of their own, so that the other columns of the row are "
        "left alone. `full`: under the schema of the rows, for targets that take one schema per stream; an upsert then "
        "empties the other columns.",
    ),
    th.Property(
        "full_refresh_interval_hours",
        th.NumberType(minimum=0, maximum=MAX_INTERVAL_HOURS),
        title="Full refresh interval",
        description="Read a table whole again when its last whole reading is so many hours old. Default: never, or 24 "
        "for a table whose formulas are read.",
    ),
    th.Property(
        "refresh",
        _NAMES,
        title="Refresh",
        description="Streams to read whole in this run, by name or glob: fills a new field for old rows without "
        "reading any other table again. Set it for one run: `TAP_NINOX_REFRESH='[\"shop__customers\"]'`.",
    ),
    th.Property(
        "report_path",
        th.StringType,
        title="Report",
        description="File for the run's summary and what changed in the schema, as JSON; written when the run "
        "ends, however it ends.",
    ),
    th.Property(
        "emit_activate_version_messages",
        th.BooleanType,
        default=True,
        title="Emit `ACTIVATE_VERSION` messages",
        description="After a table was read whole, tell the target so that rows which are gone can be marked.",
    ),
)

REMOVED_SETTINGS = {
    **connection.REMOVED_SETTINGS,
    "teams": "Give the list to `team`.",
    "follow_names": "Save the catalog anew (`--discover`) to take the names of now.",
    "field_name_style": "Name single properties with `aliases`; the caption of each is its `title` in the catalog.",
    "choice_style": "Both are sent, the caption and the id: deselect the properties that you do not want.",
    "expand_composites": "Composites always come in their parts: deselect the properties that you do not want.",
    "on_bad_value": "Values that do not fit become null and are counted in the report.",
    "file_tables": 'Name the streams in `files`: {"shop__invoices": "./files"}.',
    "file_store": 'Give the place in `files`: {"*": "./files"}.',
    "page_size": "Pages become smaller by themselves where a server cannot deliver them.",
}
"""Settings of earlier versions → what to do instead."""

CONFIG_JSONSCHEMA = refuse_null(
    th.PropertiesList(*CONNECTION_PROPERTIES, *TAP_PROPERTIES, additional_properties=False).to_dict(),
    *("api_url", "team", "databases", "tables"),
)
