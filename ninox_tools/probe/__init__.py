"""`singer-ninox probe`: asks a live Ninox what nobody outside knows, and tells nothing of the data.

To see that it keeps its promises before you run it, read two files, which takes ten minutes:

1. `wire.py`: all that it can send without `--scratch`, and that it stops at 60 calls.
2. `report.py`: all that it can report; `as_json` at its end writes numbers and words of the questions.

With `--scratch`, three more, another ten minutes:

3. `writer.py`: all that it can send then, and that it changes its own records only.
4. `allowed.py`: which table is refused.
5. `scratch.py`: what is its own in that table, and how that is deleted again.

The other files reach Ninox and the report through those alone, so that nothing in them can break a promise. The test
`test_two_files_send_and_a_third_makes_a_writer_so_that_whoever_reads_them_has_read_all` (tests/tools/test_probe.py)
holds that. There is one for each group of questions, where each question stands with all its answers above the
function that asks it (`question.py`): `access.py`, `records.py`, `pages.py`, `feed.py`, `changes.py`, `queries.py`,
`values.py`, and with `--scratch` `writes.py` and `removals.py`, which write what `contents.py` has. `run.py` has their
order, `interrupts.py` Ctrl-C and closed terminals, `sight.py` what is known so far, `reply.py` what arrives. The screen
is another matter than the report: `command.py` and `table.py` write there, and the name of your database and the
address of your server are among it.
"""
