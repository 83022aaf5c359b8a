"""Promises that the client of the API keeps."""

from __future__ import annotations

from tests.planted.plant import Defect
from tests.planted.promise import Promise

HOSTILE = "reliability/test_hostile_answers.py"

PROMISES = [
    Promise(
        "docs/adr/0018-no-record-twice.md",
        "`save_records` sends once (but for 429, which says that nothing was done)",
        test="client/test_writing.py::test_saving_is_sent_once",
        defects=(
            Defect("ninox_api:DatabaseClient.save_records", "repeatable=False, ", ""),
            Defect("ninox_api:count_tries", "if not repeatable and not", "if repeatable and not"),
        ),
    ),
    Promise(
        "docs/adr/0018-no-record-twice.md",
        "`save_records` sends once (but for 429, which says that nothing was done)",
        test="client/test_writing.py::test_a_refused_create_is_repeated_because_nothing_was_done",
        defects=(Defect("ninox_api:count_tries", "and not isinstance(error, NinoxRateLimitError)", ""),),
    ),
    Promise(
        "docs/reliability.md",
        "what may be repeated is tried eight times",
        test="client/test_transport.py::test_a_lasting_fault_ends_after_as_many_tries_as_can_help",
        defects=(
            Defect("ninox_api:Transport.send", "self._config.max_retries + 1", "12"),
            Defect("ninox_api.retry:repeat", "tries >= allowed(error)", "tries > allowed(error)"),
        ),
    ),
    Promise(
        "docs/reliability.md",
        "an address that nobody answers at, from the start, three times",
        test="client/test_transport.py::test_an_address_that_never_answered_is_given_up_after_three_tries",
        defects=(
            Defect("ninox_api:count_tries", "and not is_reached", "and False"),
            Defect(
                "ninox_api.errors:_is_unreachable",
                "isinstance(reason, NewConnectionError | ConnectTimeoutError)",
                "False",
            ),
        ),
    ),
    Promise(
        "docs/reliability.md",
        "an address that nobody answers at, from the start, three times",
        test="client/test_transport.py::test_an_address_that_answered_before_is_tried_as_often_as_ever",
        defects=(Defect("ninox_api:Transport._exchange", "self._is_reached = True", "pass"),),
    ),
    Promise(
        "docs/guarantees.md",
        "A [budget of calls](how-to/budget.md) (`max_api_calls`) ends a run where the next one goes on",
        test="tap/test_budget_of_calls.py::test_runs_within_a_budget_add_up_to_a_whole_load",
        defects=(Defect("ninox_api:Transport._attempt", "self.budget.spend(purpose)", "pass"),),
    ),
    Promise(
        "docs/adr/0023-fifty-settings.md",
        "a 429 makes all wait for as long as it asks for, then one by one",
        test="reliability/test_hostile_answers.py::test_a_refusal_makes_all_requests_wait_for_as_long_as_it_asks_for",
        defects=(
            Defect("ninox_api:Transport._attempt", "self._in_flight.hold_others()", "pass"),
            Defect("ninox_api:Transport._attempt", "self._in_flight.fall_back_to_one()", "pass"),
        ),
    ),
    Promise(
        "SECURITY.md",
        "No answer makes a run wait without end: every phase of a request is bounded in time and size.",
        test="reliability/test_hostile_answers.py::test_no_phase_of_an_answer_may_drip_for_ever",
        defects=(
            Defect("ninox_api:_BoundedReader.readinto", "self.deadline - time", "self.deadline + 3 - time"),
            Defect(
                "ninox_api:_BoundedResponse.begin",
                "MAX_TIMEOUTS_PER_BODY * self._timeout",
                "MAX_TIMEOUTS_PER_BODY * self._timeout + min(3, (self.length or 0) / SLOWEST_BYTES_PER_SECOND)",
                case="body that announces more than there is",
            ),
            Defect(
                "ninox_api:_BoundedReader.readinto",
                "min(credited, time.monotonic() + MAX_TIMEOUTS_PER_BODY * (patience or 0))",
                "credited",
                case="body that drips when much of it has come",
            ),
        ),
    ),
    Promise(
        "SECURITY.md",
        "No answer makes a run wait without end: every phase of a request is bounded in time and size.",
        test="reliability/test_hostile_answers.py::test_a_large_body_has_the_more_time_the_more_of_it_has_come",
        defects=(Defect("ninox_api:_BoundedReader.readinto", "counted / SLOWEST_BYTES_PER_SECOND", "0"),),
    ),
    Promise(
        "SECURITY.md",
        "No answer makes a run wait without end: every phase of a request is bounded in time and size.",
        test="reliability/test_hostile_answers.py::test_the_head_of_an_answer_has_a_bound_in_bytes_as_well",
        defects=(Defect("ninox_api:_BoundedReader.readinto", "self.bytes_left -= count or 0", "pass"),),
    ),
    Promise(
        "SECURITY.md",
        "No answer makes a run wait without end: every phase of a request is bounded in time and size.",
        test="client/test_files.py::test_a_file_is_not_followed_beyond_what_it_may_have",
        defects=(Defect("ninox_api:Download.write", "self.size > self._max_bytes", "False"),),
    ),
    Promise(
        "SECURITY.md",
        "No answer makes a run wait without end: every phase of a request is bounded in time and size.",
        test="reliability/test_hostile_answers.py::test_no_retry_after_stops_the_run_for_longer_than_permitted",
        defects=(Defect("ninox_api:count_tries", "_asks_for_too_long(error) or", ""),),
    ),
    Promise(
        "docs/reliability.md",
        "connecting, the handshake of TLS, what a proxy answers to `CONNECT` | after 60 s each",
        test=f"{HOSTILE}::test_no_phase_before_an_answer_may_last_for_ever",
        defects=(
            Defect(
                "ninox_api:Transport._exchange",
                "timeout=self._config.request_timeout_s",
                "timeout=(self._config.request_timeout_s + 3, self._config.request_timeout_s)",
                case="connecting",
            ),
            Defect(
                "ninox_api:FileFetcher._get",
                "timeout=self._timeout_s",
                "timeout=(self._timeout_s + 3, self._timeout_s)",
                case="the handshake of TLS",
            ),
            Defect(
                "ninox_api:_BoundedResponse.__init__",
                "time.monotonic() + self._timeout, MAX_HEAD_BYTES",
                "math.inf, math.inf",
                case="what a proxy answers",
            ),
        ),
    ),
    Promise(
        "docs/reliability.md",
        "a request's body that the server does not read | after 60 s without a MiB",
        test=f"{HOSTILE}::test_no_phase_before_an_answer_may_last_for_ever",
        defects=(
            Defect(
                "ninox_api:_BoundedSending.send",
                "super().send(memoryview",
                "self.sock.settimeout(4), super().send(memoryview",
                case="sending",
            ),
        ),
    ),
    Promise(
        "docs/reliability.md",
        "a request's body that the server does not read | after 60 s without a MiB",
        test=f"{HOSTILE}::test_a_large_file_is_sent_as_long_as_the_server_takes_it",
        defects=(Defect("ninox_api:_BoundedSending.send", "len(data) <= SENT_AT_ONCE_BYTES", "True"),),
    ),
    Promise(
        "docs/reliability.md",
        "status line and headers, one `100 Continue` after the other | after 60 s or 1 MiB in all",
        test=f"{HOSTILE}::test_no_phase_of_an_answer_may_drip_for_ever",
        defects=(
            Defect(
                "ninox_api:_BoundedResponse.__init__",
                "time.monotonic() + self._timeout, MAX_HEAD_BYTES",
                "math.inf, MAX_HEAD_BYTES",
                case="status line",
            ),
            Defect("ninox_api:FileFetcher.__init__", "BoundedSession()", "requests.Session()", case="headers"),
        ),
    ),
    Promise(
        "docs/reliability.md",
        "a body that drips, its chunks, their extensions and trailers, also of a redirect or an error",
        test=f"{HOSTILE}::test_no_phase_of_an_answer_may_drip_for_ever",
        defects=(
            Defect(
                "ninox_api:_BoundedResponse.begin",
                "time.monotonic() + MAX_TIMEOUTS_PER_BODY * self._timeout",
                "math.inf",
                case="trailer",
            ),
        ),
    ),
    Promise(
        "docs/reliability.md",
        "a downloaded file that does not end | 1 MiB beyond the size that Ninox lists; at 10 GiB where it lists none",
        test="tap/test_files.py::test_a_file_that_does_not_end_is_not_followed",
        defects=(
            Defect("tap_ninox:FileDownloader._fetch", "else file.size + MAX_BYTES_BEYOND_LISTED", "else None"),
            Defect("tap_ninox:FileDownloader._fetch", "MAX_UNLISTED_BYTES if file", "None if file"),
        ),
    ),
    Promise(
        "docs/reliability.md",
        "a file of another host | at 100 MiB; after five redirects, whose bodies are not read",
        test="client/test_fetching.py::test_a_file_that_is_too_large_is_not_kept",
        defects=(Defect("ninox_api:FetchedFile.read", "max_bytes=max_bytes", "max_bytes=None"),),
    ),
    Promise(
        "docs/reliability.md",
        "a file of another host | at 100 MiB; after five redirects, whose bodies are not read",
        test="client/test_fetching.py::test_the_body_of_a_redirect_is_not_read",
        defects=(Defect("ninox_api:FileFetcher._get", "stream=True, ", ""),),
    ),
    Promise(
        "docs/reliability.md",
        "a file of another host | at 100 MiB; after five redirects, whose bodies are not read",
        test="client/test_fetching.py::test_a_host_that_redirects_without_end_is_given_up",
        defects=(Defect("ninox_api:FileFetcher.open", "range(_MOST_REDIRECTS)", "range(99)"),),
    ),
    Promise(
        "docs/reliability.md",
        "a body that is shorter than it announces | at once: it counts as broken off",
        test="client/test_files.py::test_a_file_arrives_byte_by_byte_whatever_interrupts_it",
        defects=(Defect("ninox_api:Transport._exchange", "HTTPError, *_OWN_ERRORS", "*_OWN_ERRORS"),),
    ),
    Promise(
        "docs/reliability.md",
        "`Retry-After`, whatever the status | a pause of more than 5 minutes is not made, and the request not sent",
        test=f"{HOSTILE}::test_no_retry_after_stops_the_run_for_longer_than_permitted",
        defects=(
            Defect("ninox_api:parse_retry_after", "return max(0.0, (moment", "return (0, (moment"),
            Defect("ninox_api:parse_retry_after", "(ValueError, TypeError, OverflowError)", "(ValueError, TypeError)"),
            Defect("ninox_api:_asks_for_too_long", "isinstance(error, NinoxAPIError)", "error.status == 429"),
        ),
    ),
    Promise(
        "docs/reliability.md",
        "`Retry-After`, whatever the status | a pause of more than 5 minutes is not made, and the request not sent",
        test=f"{HOSTILE}::test_no_retry_after_stops_a_file_either",
        defects=(Defect("ninox_api:count_tries", "_asks_for_too_long(error) or", ""),),
    ),
    Promise(
        "docs/reliability.md",
        "a long value: a megabyte of blanks, brackets or tags that do not end",
        test="unit/test_long_values.py::test_eight_times_the_value_takes_eight_times_as_long",
        defects=(
            Defect("ninox_singer:split_location", "value.rstrip()", 're.sub(r"\\s+$", "", value)', case="location"),
            Defect("ninox_singer:_Reader._check", "self._unfinished > _MOST_UNFINISHED", "False", case="html"),
            Defect("ninox_api:_find_offered_table", "script.strip()", 're.sub(r"\\s+$", "", script)', case="dchoice"),
            Defect(
                "ninox_singer:_find_ways_to_join",
                "ways.append([*found[:2]])",
                "ways.append([*found[:2]]); sum(map(len, ways[::8]))",
                case="multi",
            ),
        ),
    ),
    Promise(
        "docs/reliability.md",
        "an address that nobody answers at, from the start, three times",
        test="client/test_transport.py::test_an_address_at_which_connecting_brings_nothing_is_given_up_after_three_tries",
        defects=(Defect("ninox_api.errors:_is_unreachable", "| ConnectTimeoutError", ""),),
    ),
    Promise(
        "docs/how-to/files.md",
        "An interrupted download continues where it stopped",
        test="client/test_files.py::test_another_part_than_the_rest_is_never_taken_for_it",
        defects=(Defect("ninox_api:Download.begin", "first not in {0, self.size}", "False"),),
    ),
    Promise(
        "SECURITY.md",
        "Captions, options, messages of servers and lines of input can neither forge a line of the log nor steer",
        test="e2e/test_escaping.py::test_the_tap_forges_nothing",
        defects=(
            Defect("ninox_singer:_EscapedRecord.getMessage", "escape(super().getMessage())", "super().getMessage()"),
        ),
    ),
    Promise(
        "docs/guarantees.md",
        "one at a time again after a 429",
        test="tap/test_parallel.py::test_a_server_that_allows_one_request_at_a_time_gets_one_at_a_time",
        defects=(Defect("ninox_api:Transport._attempt", "self._in_flight.fall_back_to_one()", "pass"),),
    ),
    Promise(
        "SECURITY.md",
        "The key travels to `api_url` only: redirects are not followed",
        test="reliability/test_hostile_answers.py::test_no_redirect_is_followed_whatever_it_looks_like",
        defects=(
            Defect(
                "ninox_api:BoundedSession.get_redirect_target",
                '"""Return none.',
                'return requests.Session.get_redirect_target(self, resp)\n        """Return none.',
            ),
        ),
    ),
    Promise(
        "SECURITY.md",
        "plain `http` goes to this machine alone.",
        test="settings/test_connection_settings.py::test_plain_http_goes_to_no_other_machine",
        defects=(Defect("ninox_api:_describe_url", "not _is_loopback(host)", "False"),),
    ),
    Promise(
        "SECURITY.md",
        "Values of records appear in no log and no error.",
        test="client/test_transport.py::test_messages_hold_neither_query_nor_key",
        defects=(
            Defect("ninox_api:Transport._attempt", "path=request.label", "path=f'{request.label} {request.query}'"),
        ),
    ),
    Promise(
        "docs/how-to/files.md",
        "An interrupted download continues where it stopped",
        test="client/test_files.py::test_a_rest_is_only_taken_for_the_version_that_was_begun",
        defects=(
            Defect("ninox_api:Download.headers", "self.size and self._validator", "False"),
            Defect("ninox_api:Download.headers", ', "If-Range": self._validator', ""),
            Defect("ninox_api:Download.begin", "if first == 0:", "if first == 1:"),
        ),
    ),
    Promise(
        "docs/reliability.md",
        "given up at 256 MiB unpacked, without a second try",
        test="reliability/test_hostile_answers.py::test_an_endless_answer_is_given_up_at_the_bound",
        defects=(
            Defect(
                "ninox_api:read_body",
                "raise AnswerTooLargeError(max_bytes=bound, record_bytes=weight // records if records else None)",
                "break",
            ),
        ),
    ),
    Promise(
        "SECURITY.md",
        "The API key and database passwords appear in no log, no error, no state and no report.",
        test="unit/test_connection_settings.py::test_a_refused_key_is_not_quoted",
        defects=(
            Defect("ninox_api:_describe_token", '"auth_token: give the key', 'f"auth_token: {token}: give the key'),
        ),
    ),
    Promise(
        "docs/adr/0014-files-from-other-hosts.md",
        "It asks only hosts that `file_sources` names, none by default",
        test="client/test_fetching.py::test_a_host_that_the_settings_do_not_name_is_not_asked",
        defects=(
            Defect("ninox_api:FileFetcher._check_address", "host not in self._trusted_hosts", "False"),
            Defect(
                "ninox_api:FileFetcher._check_address",
                "host not in self._trusted_hosts",
                "not any(known.startswith(host) for known in self._trusted_hosts)",
            ),
        ),
    ),
    Promise(
        "docs/adr/0014-files-from-other-hosts.md",
        "follows at most five redirects, and none to a host that is not named.",
        test="client/test_fetching.py::test_a_redirect_does_not_lead_where_we_would_not_go",
        defects=(
            Defect(
                "ninox_api:FileFetcher.open",
                "self._check_address(url)",
                "urlsplit(url) if url else self._check_address(url)",
            ),
        ),
    ),
    Promise(
        "docs/reliability.md",
        "a login page with status 200 in place of the work",
        test="target/test_deletions.py::test_a_page_in_place_of_the_answer_to_a_deletion_is_no_success",
        defects=(Defect("ninox_api:_AnyAnswer.decode", 'answer.lstrip()[:1] == b"<"', "False"),),
    ),
    Promise(
        "docs/reference/settings.md",
        "an empty variable counts as not given, except for",
        test="unit/test_environment.py::test_an_empty_variable_is_an_error_where_more_would_be_done_than_was_asked_for",
        defects=(Defect("ninox_singer:read_variables", "or name in _NEVER_EMPTY", ""),),
    ),
    Promise(
        "docs/reference/settings.md",
        "A variable that looks like a setting but is none is named in a warning",
        test="unit/test_environment.py::test_what_only_looks_like_a_setting_is_told",
        defects=(
            Defect("ninox_singer:find_unknown_variables", "may_inherit and any", "any"),
            Defect(
                "ninox_singer:find_unknown_variables",
                'and name != f"{other}_" for other in objects',
                "for other in known",
            ),
        ),
    ),
    Promise(
        "docs/reference/settings.md",
        "keys with dots are put together again where Meltano takes them apart",
        test="unit/test_environment.py::test_what_meltano_took_apart_or_lost_is_whole_again",
        defects=(
            Defect("ninox_singer:_join", '".".join(path)', "path[-1]"),
            Defect("ninox_singer:_restore_object", "value if written is None else written", "value"),
        ),
    ),
    Promise(
        "docs/reference/settings.md",
        "An address that is lost because its variable is undefined is an error",
        test="unit/test_environment.py::test_an_address_that_meltano_lost_is_an_error",
        defects=(Defect("ninox_singer:ConfiguredPlugin._validate_config", "raise NinoxConfigError(lost)", "pass"),),
    ),
    Promise(
        "docs/reference/settings.md",
        "A variable that looks like a setting but is none is named in a warning, with the nearest setting.",
        test="unit/test_environment.py::test_a_variable_that_is_no_setting_is_a_warning_that_names_the_nearest",
        defects=(Defect("ninox_singer:find_unknown_variables", "likeness=_LIKENESS", "likeness=1.0"),),
    ),
    Promise(
        "docs/reference/settings.md",
        "upper and lower case and surrounding blanks make no difference",
        test="unit/test_names.py::test_a_name_is_an_id_or_a_name_before_it_is_a_glob",
        defects=(
            Defect("ninox_singer.names:fold", ".casefold()", ""),
            Defect("ninox_singer.names:fold", ".strip()", ""),
            Defect("ninox_singer:Names.find", "self._names.get(wanted)", "None"),
        ),
    ),
    Promise(
        "docs/reference/settings.md",
        "upper and lower case and surrounding blanks make no difference",
        test="settings/test_names_in_settings.py::test_the_tap_finds_what_is_named",
        defects=(
            Defect(
                "tap_ninox:TapSettings.refreshes",
                "is_wanted(self.refresh, ids=(), names=(stream,))",
                "stream in self.refresh",
            ),
            Defect("ninox_singer:assign_passwords", "found = names.find(name)", "found = []"),
        ),
    ),
    Promise(
        "docs/reference/settings.md",
        "upper and lower case and surrounding blanks make no difference",
        test="settings/test_names_in_settings.py::test_the_target_finds_what_is_named",
        defects=(
            Defect("target_ninox:plan_stream", "settings = settings.naming(properties)", "pass"),
            Defect(
                "target_ninox:TargetSettings.own_key", "return keys[0] if keys", "return name if name in self.streams"
            ),
            Defect("ninox_singer:assign_passwords", "found = names.find(name)", "found = []"),
        ),
    ),
    Promise(
        "docs/reference/settings.md",
        "A text is a glob only if nothing has it as its name",
        test="unit/test_names.py::test_a_name_is_an_id_or_a_name_before_it_is_a_glob",
        defects=(
            Defect("ninox_singer:Names.find_all", "if found or not is_glob(pattern):", "if not is_glob(pattern):"),
            Defect("ninox_singer.names:_compile", '.replace("[", "[[]")', ""),
        ),
    ),
    Promise(
        "docs/reference/settings.md",
        "What a name leaves out with `!` must exist",
        test="unit/test_names.py::test_what_cannot_be_chosen",
        defects=(Defect("ninox_singer.names:choose", "if absent:", "if False:"),),
    ),
    Promise(
        "docs/reference/settings.md",
        "A name that matches nothing is an error that suggests the nearest one",
        test="settings/test_names_in_settings.py::test_the_tap_refuses_what_is_not_there_and_says_what_is_near",
        defects=(
            Defect("tap_ninox:entries_to_read", "in unknown.items() if name", "in () if name"),
            Defect("tap_ninox:TapNinox._note_problems", "self._problems.append(problem)", "pass"),
            Defect("ninox_singer.names:did_you_mean", "if near is not None", "if False"),
        ),
    ),
    Promise(
        "docs/reference/settings.md",
        "A name that matches nothing is an error that suggests the nearest one",
        test="settings/test_names_in_settings.py::test_the_target_refuses_what_is_not_there_and_says_what_is_near",
        defects=(
            Defect("target_ninox.records.destination:_find_database", "if problems:", "if False:"),
            Defect("target_ninox:map_properties", "if name not in properties:", "if False:"),
        ),
    ),
    Promise(
        "docs/reference/settings.md",
        "what looks like a slip is an error, too",
        test="target/test_upsert.py::test_settings_of_a_stream_that_is_mistyped_end_the_run",
        defects=(Defect("target_ninox:check_unused", "if problems:", "if False:"),),
    ),
    Promise(
        "docs/reference/messages.md",
        "A table was renamed, or the map mistyped: its rules, which may hide something, would not be applied.",
        test="tap/test_idle_maps.py::test_a_map_for_a_stream_that_does_not_exist_is_refused_with_the_one_that_is_meant",
        defects=(Defect("tap_ninox:check_maps", "if problems:", "if False:"),),
    ),
    Promise(
        "docs/reference/settings.md",
        "A name takes precedence over a glob, and of several globs the first one counts.",
        test="tap/test_formulas.py::test_a_name_counts_more_than_a_glob_and_of_globs_the_first",
        defects=(
            Defect("tap_ninox:offer_formulas", "sorted(patterns, key=is_glob)", "patterns"),
            Defect(
                "tap_ninox:offer_formulas", "sorted(patterns, key=is_glob)", "reversed(sorted(patterns, key=is_glob))"
            ),
        ),
    ),
    Promise(
        "docs/reference/settings.md",
        "A name takes precedence over a glob, and of several globs the first one counts.",
        test="target/test_settings.py::test_streams_are_settled_by_their_name_and_then_by_globs_of_which_the_first_counts_more",
        defects=(Defect("target_ninox:TargetSettings.stream", "*reversed(globs)", "*globs"),),
    ),
    Promise(
        "docs/upgrading.md",
        "A setting that no longer exists is refused with the sentence in the table, before anything",
        test="unit/test_setting_errors.py::test_a_setting_that_is_gone_is_refused_with_what_to_do",
        defects=(
            Defect("ninox_singer:_describe_removed", "removed.get(exact) or removed.get(wild)", "None"),
            Defect("ninox_singer.settings:_describe_removed", "yield from _describe_removed(", "_describe_removed("),
        ),
    ),
    Promise(
        "docs/reference/settings.md",
        "a setting that has no value there is an error if they would then read or write more than was asked for, or "
        "elsewhere",
        test="unit/test_environment.py::test_what_stands_in_meltanos_file_without_a_value_is_an_error_that_names_it",
        defects=(
            Defect("ninox_singer:_describe_lost", '"null" not in list_types(part) and', "name in LOST and"),
            Defect("ninox_singer:_describe_lost", "None in written.get(name, ())", "False"),
            Defect("ninox_singer:_iter_plugins", 'if environment.get("name") == active:', "if False:"),
            Defect("ninox_singer:read_meltano_file", 'if item.get("inherit_from")', 'if item.get("nothing")'),
            Defect("ninox_singer:_iter_project_files", "for pattern in document", "for pattern in () and document"),
        ),
    ),
    Promise(
        "docs/reference/settings.md",
        "always if the setting it resembles would keep something from being written",
        test="unit/test_environment.py::test_what_keeps_rows_from_being_written_may_not_be_misspelt",
        defects=(Defect("ninox_singer:ConfiguredPlugin._check_variables", "if meant in bounds:", "if False:"),),
    ),
    Promise(
        "docs/reference/settings.md",
        "under Meltano also if more would be read without it, or elsewhere",
        test="unit/test_environment.py::test_what_narrows_a_run_may_not_be_misspelt_under_meltano",
        defects=(
            Defect(
                "ninox_singer:ConfiguredPlugin._check_variables",
                "if passes_variables else HOLDS_BACK",
                "if False else HOLDS_BACK",
            ),
        ),
    ),
    Promise(
        "docs/reference/settings.md",
        "The same goes for one of an earlier version that is gone",
        test="unit/test_environment.py::test_a_setting_that_is_gone_and_would_have_kept_a_run_small_is_an_error_under_meltano",
        defects=(Defect("ninox_singer:ConfiguredPlugin._check_variables", "if name in bounds:", "if False:"),),
    ),
    Promise(
        "CONTRIBUTING.md",
        "`make docs` writes the tables of settings, and tests compare them with the code.",
        test="docs/test_made_files.py::test_a_file_is_the_one_that_the_description_makes",
        defects=(
            Defect("devtools:_in_one_line", 'short["value"] = setting["value"]', "pass"),
            Defect("devtools:table", 'item.secret else ""', 'item.secret else "?"'),
        ),
    ),
    Promise(
        "docs/reference/settings.md",
        "An address that is lost because its variable is undefined is an error: no key goes to a public default "
        "instead. The same goes for `dry_run`.",
        test="unit/test_environment.py::test_a_dry_run_that_meltano_lost_is_an_error",
        defects=(
            Defect(
                "ninox_singer:_describe_lost",
                "name in LOST and name not in given",
                "name == 'api_url' and name not in given",
            ),
        ),
    ),
    Promise(
        "docs/reference/settings.md",
        "What you write is what arrives, through Meltano, too",
        test="unit/test_setting_errors.py::test_what_is_no_number_is_none",
        defects=(Defect("ninox_singer.settings:_convert", "not math.isfinite(value)", "False"),),
    ),
    Promise(
        "docs/reference/settings.md",
        "What you write is what arrives, through Meltano, too",
        test="unit/test_setting_errors.py::test_a_fraction_of_a_file_is_a_number_that_can_be_reckoned_with",
        defects=(Defect("ninox_singer.settings:_convert", "isinstance(value, Decimal)", "False"),),
    ),
    Promise(
        "docs/reference/settings.md",
        "What you write is what arrives, through Meltano, too",
        test="e2e/test_every_door.py::test_an_object_that_came_empty_is_noticed",
        defects=(Defect("ninox_singer:_restore_object", "value == {} and not written", "False"),),
    ),
    Promise(
        "docs/reference/messages.md",
        "The name is mistyped, in a file or a variable.",
        test="unit/test_setting_errors.py::test_a_problem_of_the_settings_is_told_by_name_with_what_was_meant",
        defects=(Defect("ninox_singer.settings:_describe", "_DESCRIPTIONS.get(str(error.validator))", "None"),),
    ),
    Promise(
        "docs/changes.md",
        "`auth_token_file` names a file that holds the API key.",
        test="settings/test_connection_settings.py::test_the_key_may_be_in_a_file",
        defects=(Defect("ninox_singer:read_connection", "_read_key(path)", "path"),),
    ),
    Promise(
        "SECURITY.md",
        "Captions, options, messages of servers and lines of input can neither forge a line of the log nor steer",
        test="unit/test_escape.py::test_nothing_that_is_shown_steers_a_terminal_or_begins_a_line",
        defects=(Defect("ninox_singer.logs:escape", "return _UNSAFE.sub(", "return text.replace("),),
    ),
    Promise(
        "docs/changes.md",
        "Of an answer's content type, only common ones are named.",
        test="reliability/test_hostile_answers.py::test_no_word_of_an_answer_is_told",
        defects=(Defect("ninox_api:_make_not_json_error", "kind in _TOLD_KINDS", "True"),),
    ),
]
