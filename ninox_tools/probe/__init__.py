"""`singer-ninox probe`: asks a live Ninox what nobody outside knows, and tells nothing of the data.

To see that it keeps its promises before you run it, read two files, which takes ten minutes:

1. `wire.py`: all that it can send, and that it stops at 60 calls. Without `--scratch` there is a `Reader` only, which
   can GET and run four scripts that read.
2. `report.py`: all that it can report. An answer is a word of `questions.md`, whatever the data: `Report.say` refuses
   any other.

With `--scratch`, two more:

3. `scratch.py`: which table is refused, and what is deleted in it. Here alone a `Writer` is made, which can change the
   records of that table and no others.
4. `writes.py`: what is written.

The other files reach Ninox and the report through those alone (a test holds that), so that nothing in them can break a
promise. One for each group of questions, `access.py`, `records.py`, `feed.py`, `queries.py` and `values.py`, where each
function names its questions, what it asks, and what the answer says; `run.py` has their order, and Ctrl-C. The
screen is another matter than the report: `command.py` and `table.py` write there, and the name of your database and the
address of your server are among it.
"""
