"""What users may write: the JSON Schema of the target's settings, which `--about` prints and Meltano reads."""

from __future__ import annotations

from singer_sdk import typing as th

from ninox_singer import connection
from ninox_singer.settings import refuse_null

_NAMES = th.ArrayType(th.StringType)

CONNECTION_PROPERTIES = (
    *connection.CONNECTION_PROPERTIES,
    th.Property(
        "team",
        th.StringType,
        title="Team",
        description="Workspace, by id or name. Default: the only one the key can see. "
        "Needed, as an id, where the server does not list its teams.",
    ),
)

STREAM_PROPERTIES = (
    th.Property(
        "table",
        th.StringType,
        description="Table to load into, by id or name. Default: the one that tap-ninox read, or that is named like "
        "the stream.",
    ),
    th.Property(
        "mode",
        th.StringType,
        allowed_values=["insert", "update", "upsert", "mirror"],
        description="`insert`: every row is a new record, also one that comes again after a run that was killed. "
        "`update`: only records that exist. `upsert` (default): both. `mirror`: also delete what did not come.",
    ),
    th.Property(
        "match_on",
        _NAMES,
        description="Properties that identify a record; `_id` is the record id itself, unless `fields` says otherwise. "
        "Default: the stream's key.",
    ),
    th.Property(
        "fields",
        th.CustomType({"type": ["object", "null"], "additionalProperties": {"type": ["string", "null"]}}),
        description="Property → field, by id or name; `null` leaves the property out. For a file or image field, the "
        "property names the file to upload: a path below `file_folder`, an address on one of "
        "`trusted_file_hosts`, or base64. Default: by name.",
    ),
    th.Property(
        "references",
        th.ObjectType(
            additional_properties=th.ObjectType(
                th.Property("match_on", th.StringType, required=True),
                th.Property("on_missing", th.StringType, default="reject", allowed_values=["reject", "null"]),
                additional_properties=False,
            ),
        ),
        description="Property → `{match_on, on_missing}`: the value is not a record id but the value of the field "
        "`match_on` of the linked table; `on_missing` is `reject` (default) or `null`.",
    ),
    th.Property(
        "null",
        th.StringType,
        allowed_values=["clear", "keep"],
        description="What an empty value (null or empty text) does to its field: `clear` (default) or `keep`. An "
        "absent property never does anything.",
    ),
    th.Property(
        "number_format",
        th.StringType,
        allowed_values=["iso", "de"],
        description="How numbers in text are written: `1234.56` (`iso`, the default), or `1.234,56` (`de`).",
    ),
    th.Property(
        "timezone",
        th.StringType,
        description="Zone of the wall clock in your fields, such as `Europe/Berlin`: date-times with a zone are "
        "converted to it. Default: UTC. Date-times without a zone are kept as they are.",
    ),
)

TARGET_PROPERTIES = (
    th.Property(
        "database",
        th.StringType(min_length=1),
        required=True,
        title="Database",
        description="Database to load into, by id or name.",
    ),
    th.Property(
        "streams",
        th.ObjectType(additional_properties=th.ObjectType(*STREAM_PROPERTIES, additional_properties=False)),
        title="Streams",
        description="Stream → settings of its own, such as `table`, `mode`, `match_on` and `fields`. A glob such as "
        "`*` is for all that it matches; what is said under a stream's name counts more.",
    ),
    th.Property(
        "dry_run",
        th.BooleanType,
        default=False,
        title="Dry run",
        description="Write nothing; print what would be created, changed, deleted and rejected, with examples.",
    ),
    th.Property(
        "on_reject",
        th.StringType,
        default="fail",
        allowed_values=["fail", "continue"],
        title="On reject",
        description="If rows cannot be written, the others are. `fail`: the run then ends with exit code 1 and the "
        "state is held, so the rows come again. `continue`: they are counted and written to `rejects_path`.",
    ),
    th.Property(
        "rejects_path",
        th.StringType,
        title="Rejects file",
        description="File for the rows that could not be written, with the reasons, as JSON Lines; it can be fed in "
        "again after repair.",
    ),
    th.Property(
        "report_path",
        th.StringType,
        title="Report file",
        description="File for the counts per stream, as JSON.",
    ),
    th.Property(
        "max_updates",
        th.IntegerType(minimum=0),
        title="Most updates",
        description="Stop before a run changes more records than this. Default: no limit.",
    ),
    th.Property(
        "max_deletes",
        th.IntegerType(minimum=0),
        title="Most deletions",
        description="Stop before a run deletes more records than this, those that Ninox deletes along included. "
        "Default: for a mirror a tenth of the table's records, but at least 10; else no limit.",
    ),
    th.Property(
        "hard_delete",
        th.BooleanType,
        default=False,
        title="Hard delete",
        description="Delete the records of rows that have `_sdc_deleted_at`. Default: such rows are only counted.",
    ),
    th.Property(
        "file_folder",
        th.StringType,
        title="Folder of files",
        description="Folder from which files may be uploaded. Default: none.",
    ),
    th.Property(
        "trusted_file_hosts",
        _NAMES,
        title="Trusted hosts of files",
        description="The only hosts that files are fetched from, by https or plain http; a redirect leads to no other. "
        "Default: none, so only paths and base64 work.",
    ),
)

REMOVED_SETTINGS = {
    **connection.REMOVED_SETTINGS,
    "requests_per_second": "The target has one request in flight at a time.",
    "max_api_calls": "See with `dry_run` what a load would write; a load that is stopped goes on with the next run.",
    "load_method": 'Give the mode under `streams`, for all of them under a glob: {"*": {"mode": "mirror"}}; '
    "append-only is the mode insert, overwrite is mirror.",
    "batch_size_rows": "A batch that is refused is cut into smaller ones by itself.",
    "skip_unchanged": "Records that hold the values already are never written.",
    "max_creates": "See with `dry_run` how many records a load would create.",
    "after_load_script": "Run it in Ninox, or by a request of your own after the load; the target runs no scripts.",
    "max_file_size_mib": "The largest file has 100 MiB.",
    "streams.*.on_unknown_choice": "A value that is no option rejects its row, with the options in the message; what "
    "tap-ninox says of a deleted option counts as empty.",
    "streams.*.date_format": "Dates such as 31.12.2026 are always understood.",
    "streams.*.on_duplicate_match": "A row whose key several records have is rejected with their ids: delete those "
    "that are too many, or match by another property (`match_on`).",
    "streams.*.files": "Name the file field under `fields`.",
}
"""Settings of earlier versions → what to do instead; `*` is a stream."""

CONFIG_JSONSCHEMA = refuse_null(
    th.PropertiesList(*CONNECTION_PROPERTIES, *TARGET_PROPERTIES, additional_properties=False).to_dict(),
    *("api_url", "team", "database", "dry_run", "max_updates", "max_deletes"),
)
