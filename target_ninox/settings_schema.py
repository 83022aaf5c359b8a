"""What users may write: the JSON Schema of the target's settings, which `--about` prints and Meltano reads."""

from __future__ import annotations

from singer_sdk import typing as th

from ninox_api import config as connection

DEFAULT_BATCH_SIZE_ROWS = 100
"""Records per write request (public clients use 100 to 300; no maximum is documented)."""

DEFAULT_MAX_FILE_SIZE_MIB = 100

_NAMES = th.ArrayType(th.StringType)

CONNECTION_PROPERTIES = (
    th.Property(
        "auth_token",
        th.StringType,
        required=True,
        secret=True,
        title="API key",
        description="The API key, made in Ninox under Settings > Integrations.",
    ),
    th.Property(
        "api_url",
        th.StringType,
        default=connection.DEFAULT_API_URL,
        title="API address",
        description="Address up to and including `/v1`. Private cloud and on-premises: your own host, port and path.",
    ),
    th.Property(
        "team",
        th.StringType,
        title="Team",
        description="Workspace, by id or name. Default: the only one the key can see. "
        "Needed, as an id, where the server does not list its teams.",
    ),
    th.Property(
        "database_passwords",
        th.ObjectType(additional_properties=th.StringType),
        secret=True,
        title="Database passwords",
        description="Database id or name → password, for password-protected databases.",
    ),
    th.Property(
        "ca_bundle",
        th.StringType,
        title="Certificate authorities",
        description="File with the certificate authorities to trust, for a private one. Default: the system's.",
    ),
    th.Property(
        "request_timeout",
        th.NumberType,
        default=connection.DEFAULT_REQUEST_TIMEOUT_S,
        title="Request timeout",
        description="Seconds to wait for a connection and for each part of an answer.",
    ),
    th.Property(
        "max_retries",
        th.IntegerType,
        default=connection.DEFAULT_MAX_RETRIES,
        title="Retries",
        description="Tries after the first, for requests that may be repeated.",
    ),
    th.Property(
        "requests_per_second",
        th.NumberType,
        title="Requests per second",
        description="Upper bound on the request rate. Default: none.",
    ),
    th.Property(
        "max_api_calls",
        th.IntegerType,
        title="Call budget",
        description="Stop, with the state saved, after this many API calls; Ninox plans count calls per month.",
    ),
    th.Property(
        "user_agent",
        th.StringType,
        default=connection.DEFAULT_USER_AGENT,
        title="User agent",
        description="Sent with every request.",
    ),
    th.Property(
        "allow_http",
        th.BooleanType,
        default=False,
        title="Allow plain http",
        description="Permit an `http` address that is not this machine; the key then travels unprotected.",
    ),
)

STREAM_PROPERTIES = (
    th.Property(
        "table",
        th.StringType,
        description="Table to load into, by id or name. Default: the one that is named like the stream.",
    ),
    th.Property(
        "mode",
        th.StringType,
        allowed_values=["insert", "update", "upsert", "mirror"],
        description="`insert`: every row is a new record, also one that comes again after a run that was killed. "
        "`update`: only records that exist. `upsert`: both. `mirror`: also delete what did not come. Default: by "
        "`load_method`.",
    ),
    th.Property(
        "match_on",
        _NAMES,
        description="Properties that identify a record; `_id` is the record id itself. Default: the stream's key.",
    ),
    th.Property(
        "on_duplicate_match",
        th.StringType,
        default="reject",
        allowed_values=["reject", "first", "newest"],
        description="What becomes of a row whose key several records have.",
    ),
    th.Property(
        "fields",
        th.CustomType({"type": ["object", "null"], "additionalProperties": {"type": ["string", "null"]}}),
        description="Property → field, by id or name; `null` leaves the property out. Default: by name.",
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
        "on_unknown_choice",
        th.StringType,
        default="reject",
        allowed_values=["reject", "null"],
        description="What becomes of a value that is not an option of its choice: the row is rejected, or the value "
        "is taken for empty.",
    ),
    th.Property(
        "null",
        th.StringType,
        default="clear",
        allowed_values=["clear", "keep"],
        description="What an empty value (null or empty text) does to its field. An absent property never does "
        "anything.",
    ),
    th.Property(
        "number_format",
        th.StringType,
        default="iso",
        allowed_values=["iso", "de"],
        description="How numbers in text are written: `1234.56`, or `1.234,56` (`de`).",
    ),
    th.Property(
        "date_format",
        th.StringType,
        default="iso",
        allowed_values=["iso", "de"],
        description="How dates in text are written: `2026-12-31`, or also `31.12.2026` (`de`).",
    ),
    th.Property(
        "timezone",
        th.StringType,
        description="Zone of the wall clock in your fields, such as `Europe/Berlin`: date-times with a zone are "
        "converted to it. Default: UTC. Date-times without a zone are kept as they are.",
    ),
    th.Property(
        "files",
        th.ObjectType(additional_properties=th.StringType),
        description="Property → file field, by id or name: upload the file that the value names (a path below "
        "`file_folder`, an https address, or base64).",
    ),
)

TARGET_PROPERTIES = (
    th.Property(
        "database",
        th.StringType,
        required=True,
        title="Database",
        description="Database to load into, by id or name.",
    ),
    th.Property(
        "load_method",
        th.StringType,
        default="upsert",
        allowed_values=["append-only", "upsert", "overwrite"],
        title="Load method",
        description="`append-only`: every row is a new record, also one that comes again after a run that was killed. "
        "`upsert`: records are found by their key, changed or created. `overwrite`: also delete what did not come.",
    ),
    th.Property(
        "streams",
        th.ObjectType(additional_properties=th.ObjectType(*STREAM_PROPERTIES, additional_properties=False)),
        title="Streams",
        description="Stream → settings of its own, such as `table`, `match_on` and `fields`.",
    ),
    th.Property(
        "batch_size_rows",
        th.IntegerType,
        default=DEFAULT_BATCH_SIZE_ROWS,
        title="Batch size",
        description="Records per write request.",
    ),
    th.Property(
        "skip_unchanged",
        th.BooleanType,
        default=True,
        title="Skip unchanged rows",
        description="Do not write records that already hold the values: it saves calls, and no script of yours runs.",
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
        "max_creates",
        th.IntegerType,
        title="Most creations",
        description="Stop before a run creates more records than this. Default: no limit.",
    ),
    th.Property(
        "max_updates",
        th.IntegerType,
        title="Most updates",
        description="Stop before a run changes more records than this. Default: no limit.",
    ),
    th.Property(
        "max_deletes",
        th.IntegerType,
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
        "after_load_script",
        th.StringType,
        title="Script after loading",
        description="Ninox script that is executed once after everything was written.",
    ),
    th.Property(
        "file_folder",
        th.StringType,
        title="Folder of files",
        description="Folder from which files may be uploaded. Default: none, so only addresses and base64 work.",
    ),
    th.Property(
        "max_file_size_mib",
        th.NumberType,
        default=DEFAULT_MAX_FILE_SIZE_MIB,
        title="Largest file",
        description="Larger files are rejected, in MiB.",
    ),
    th.Property(
        "trusted_file_hosts",
        _NAMES,
        title="Trusted hosts of files",
        description="Hosts that files may be fetched from though they are in a private network or serve plain http. "
        "Default: none, only public hosts by https.",
    ),
)

CONFIG_JSONSCHEMA = th.PropertiesList(*CONNECTION_PROPERTIES, *TARGET_PROPERTIES, additional_properties=False).to_dict()
