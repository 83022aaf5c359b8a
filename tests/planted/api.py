"""Promises that the client of the API keeps."""

from __future__ import annotations

from tests.planted.plant import Defect
from tests.planted.promise import Promise

PROMISES = [
    Promise(
        "docs/adr/0018-no-record-twice.md",
        "`save_records` sends once (but for 429, which says that nothing was done)",
        test="client/test_writing.py::test_saving_is_sent_once",
        defects=(
            Defect("ninox_api:DatabaseWriter.save_records", "body=elements, repeatable=False", "body=elements"),
            Defect("ninox_api:tries_allowed", "if not repeatable and not", "if repeatable and not"),
        ),
    ),
    Promise(
        "docs/adr/0018-no-record-twice.md",
        "`save_records` sends once (but for 429, which says that nothing was done)",
        test="client/test_writing.py::test_a_refused_create_is_repeated_because_nothing_was_done",
        defects=(Defect("ninox_api:tries_allowed", "and not isinstance(error, NinoxRateLimitError)", ""),),
    ),
    Promise(
        "docs/reliability.md",
        "what may be repeated is tried eight times",
        test="client/test_transport.py::test_a_lasting_fault_ends_after_as_many_tries_as_can_help",
        defects=(
            Defect("ninox_api:Transport._repeated", "self._config.max_retries + 1", "12"),
            Defect("ninox_api:Transport._repeated", "tries >= allowed", "tries > allowed"),
        ),
    ),
    Promise(
        "README.md",
        "A [budget of calls](docs/how-to/budget.md) (`max_api_calls`) ends a run where the next one goes on",
        test="scenarios/test_a13_a_budget.py::test_runs_within_a_budget_add_up_to_a_whole_load",
        defects=(Defect("ninox_api:Transport._attempt", "self.budget.spend()", "pass"),),
    ),
    Promise(
        "README.md",
        "ends a run where the next one goes on; `requests_per_second`",
        test="unit/test_limits.py::test_a_rate_spaces_requests_evenly",
        defects=(
            Defect("ninox_api:RateLimiter.wait", "self._next_at = start + self._interval_s", "self._next_at = start"),
        ),
    ),
    Promise(
        "CHANGELOG.md",
        "`requests_per_second` holds also for requests that waited for another one to end",
        test="reliability/test_hostile_answers.py::test_the_permitted_rate_holds_at_the_wire_however_many_wait_for_their_turn",
        defects=(
            Defect(
                "ninox_api:Transport._attempt",
                "with self._in_flight.slot(): self._limiter.wait()",
                "self._limiter.wait()\n        with self._in_flight.slot():",
            ),
        ),
    ),
    Promise(
        "SECURITY.md",
        "No answer makes a run wait without end: every phase of a request is bounded in time and size.",
        test="reliability/test_hostile_answers.py::test_no_phase_of_an_answer_may_drip_for_ever",
        defects=(Defect("ninox_api:_BoundedReader.readinto", "self.deadline - time", "self.deadline + 6 - time"),),
    ),
    Promise(
        "SECURITY.md",
        "No answer makes a run wait without end: every phase of a request is bounded in time and size.",
        test="reliability/test_hostile_answers.py::test_no_retry_after_stops_the_run_for_longer_than_permitted",
        defects=(Defect("ninox_api:tries_allowed", "_asks_for_too_long(error) or", ""),),
    ),
    Promise(
        "docs/how-to/files.md",
        "A download that broke off goes on where it stopped",
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
        "README.md",
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
        "plain `http` beyond this machine needs `allow_http`.",
        test="scenarios/test_connection_settings.py::test_plain_http_to_another_machine_has_to_be_allowed",
        defects=(Defect("ninox_api:ConnectionConfig.__post_init__", "allow_http=self.allow_http", "allow_http=True"),),
    ),
    Promise(
        "SECURITY.md",
        "Values of records appear in no log and no error.",
        test="client/test_transport.py::test_messages_hold_neither_query_nor_key",
        defects=(
            Defect("ninox_api:_raise_for_status", "path=request.label", "path=f'{request.label} {request.query}'"),
        ),
    ),
    Promise(
        "docs/how-to/files.md",
        "A download that broke off goes on where it stopped",
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
        defects=(Defect("ninox_api:read_body", "raise AnswerTooLargeError", "break"),),
    ),
    Promise(
        "SECURITY.md",
        "The API key and database passwords appear in no log, no error, no state and no report.",
        test="unit/test_connection_settings.py::test_a_refused_key_is_not_quoted",
        defects=(
            Defect("ninox_api:_token_problems", '["auth_token: give the key', '[f"auth_token: {token}: give the key'),
        ),
    ),
    Promise(
        "docs/adr/0014-files-from-other-hosts.md",
        "It asks only hosts that `trusted_file_hosts` names, none by default",
        test="client/test_fetching.py::test_a_host_that_the_settings_do_not_name_is_not_asked",
        defects=(
            Defect("ninox_api:FileFetcher._checked", "host not in self._trusted_hosts", "False"),
            Defect(
                "ninox_api:FileFetcher._checked",
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
            Defect("ninox_api:FileFetcher.open", "self._checked(url)", "urlsplit(url) if url else self._checked(url)"),
        ),
    ),
    Promise(
        "docs/reliability.md",
        "a login page with status 200 in place of the work",
        test="target/test_deletions.py::test_a_page_in_place_of_the_answer_to_a_deletion_is_no_success",
        defects=(Defect("ninox_api:_Taken.decode", 'answer.lstrip()[:1] == b"<"', "False"),),
    ),
    Promise(
        "docs/reference/settings.md",
        "keys with dots are put together again where Meltano takes them apart",
        test="unit/test_environment.py::test_what_meltano_took_apart_or_lost_is_whole_again",
        defects=(
            Defect("ninox_singer:_joined", '".".join(path)', "path[-1]"),
            Defect("ninox_singer:_as_written", "value if written is None else written", "value"),
        ),
    ),
    Promise(
        "docs/reference/settings.md",
        "An address that is lost because its variable is not defined is an error",
        test="unit/test_environment.py::test_an_address_that_meltano_lost_is_an_error",
        defects=(
            Defect("ninox_singer:ConfiguredPlugin._validate_config", "raise NinoxConfigError(_NO_ADDRESS)", "pass"),
        ),
    ),
    Promise(
        "docs/reference/settings.md",
        "A variable that looks like a setting and is none is named in a warning, with the nearest setting.",
        test="unit/test_environment.py::test_a_variable_that_is_no_setting_is_a_warning_that_names_the_nearest",
        defects=(Defect("ninox_singer:unknown_variables", "cutoff=_LIKENESS", "cutoff=1.0"),),
    ),
]
