"""What users may write: the JSON Schema of the tap's settings, which `--about` prints and Meltano reads."""

from __future__ import annotations

from singer_sdk import typing as th

from ninox_api import config as connection
from ninox_api.client import MAX_PAGE_SIZE

DEFAULT_STREAM_NAME_FORMAT = "{database}__{table}"
STREAM_NAME_FORMAT_OF_TEAMS = "{team}__{database}__{table}"

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
        "teams",
        _NAMES,
        title="Teams",
        description="Several workspaces instead of one: ids, names or globs such as `*`. Stream names then begin with "
        "the team.",
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
        "max_parallel_requests",
        th.IntegerType,
        default=connection.DEFAULT_MAX_PARALLEL_REQUESTS,
        title="Parallel requests",
        description="Requests in flight at once, over tables, databases and ranges within a table. The public cloud "
        "answers 429 to parallel calls; the run then goes on with one at a time.",
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
        "Default: `{database}__{table}`, or with `teams` `{team}__{database}__{table}`.",
    ),
    th.Property(
        "field_name_style",
        th.StringType,
        default="slug",
        allowed_values=["slug", "caption", "id"],
        title="Field names",
        description="Properties are named by a slug of the caption, by the caption itself, or by the field id.",
    ),
    th.Property(
        "aliases",
        th.ObjectType(additional_properties=th.StringType),
        title="Aliases",
        description="Own names, kept when captions change: `<database_id>.<table_id>` → stream, "
        "`<database_id>.<table_id>.<field_id>` → property.",
    ),
    th.Property(
        "follow_names",
        th.BooleanType,
        default=False,
        title="Follow names",
        description="A saved catalog pins the names of streams and properties; `true` takes those of now instead, and "
        "reads new fields, too. Without a saved catalog names always are those of now.",
    ),
    th.Property(
        "choice_style",
        th.StringType,
        default="both",
        allowed_values=["both", "ids", "captions"],
        title="Choices",
        description="What of a choice is sent: `ids` (`<field>_id`, `<field>_ids`), which a renamed caption does not "
        "touch, `captions` (`<field>`), or `both`.",
    ),
    th.Property(
        "expand_composites",
        th.BooleanType,
        default=True,
        title="Expand composites",
        description="`false` sends appointments, locations, time intervals and choices as one property with the value "
        "as Ninox returns it, choices as ids.",
    ),
    th.Property(
        "on_bad_value",
        th.StringType,
        default="null",
        allowed_values=["null", "fail"],
        title="Values that do not fit",
        description="`null`: a value that does not fit its field's type becomes null and is counted. `fail`: it ends "
        "its stream with an error that names record and field; formulas that cannot be computed stay null.",
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
        th.StringType,
        default="none",
        allowed_values=["none", "metadata", "download"],
        title="Files",
        description="`metadata`: the stream `ninox_files` lists the files of records, for one API call per record at "
        "first, then per changed record. `download`: it brings them into `file_store`, too.",
    ),
    th.Property(
        "file_tables",
        _NAMES,
        title="Tables with files",
        description="Streams whose files are listed: names or globs. Default: all selected tables.",
    ),
    th.Property(
        "file_store",
        th.StringType,
        title="File store",
        description="Where downloads go: a folder, or an address that fsspec knows, such as `s3://bucket/folder`.",
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
        th.NumberType,
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
        "page_size",
        th.IntegerType,
        default=MAX_PAGE_SIZE,
        title="Page size",
        description="Records per request; lower it if large records make requests time out.",
    ),
    th.Property(
        "emit_activate_version_messages",
        th.BooleanType,
        default=True,
        title="Emit `ACTIVATE_VERSION` messages",
        description="After a table was read whole, tell the target so that rows which are gone can be marked.",
    ),
)

CONFIG_JSONSCHEMA = th.PropertiesList(*CONNECTION_PROPERTIES, *TAP_PROPERTIES, additional_properties=False).to_dict()
