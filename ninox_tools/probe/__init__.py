"""`singer-ninox probe`: asks a live Ninox what nobody outside knows, and tells nothing of the data.

To see that it keeps its promises before you run it, read the functions that keep them:

* **Without `--scratch` it only reads.** `wire.py`: `Wire.get`, `Wire.query` and `Wire.both_served` (a GET, twice at
  once) are all that sends then. The scripts that `Wire.query` runs are in `queries.py`.
* **At most 60 calls.** `wire.py`: `Wire._check` before each request, and `CallBudget.spend` in `ninox_api/limits.py`
  before each try of one.
* **The report holds nothing of the data.** `sight.py`: `Sight.say` and `Sight.leave` note what became of a question;
  `question.py`: `Question.permits` refuses an answer that `questions.md` does not have; `report.py`: `Report.as_json`
  writes those words, with statuses, counts of calls and times.
* **With `--scratch` it writes into that table alone, and deletes only what it made.** `scratch.py`: `open_scratch`,
  with `_problems` and `_is_harmless`, refuses a table; `Scratch.save`, `delete`, `delete_many`, `upload` and `clean`
  write and delete, all below `Scratch._path`. No other file uses `Wire.write`, `Wire.upload` or `Wire.download_from`;
  what is saved is in `writes.py`.

`access.py`, `records.py`, `feed.py` and `values.py` need not be read: they have the questions, and reach Ninox and the
report through the functions above alone. `run.py` has the order of the questions and Ctrl-C; `command.py` the options,
and what goes to the screen: there, and not in the report, stand the name of your database and the address of your
server.
"""
