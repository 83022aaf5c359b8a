"""`singer-ninox probe`: asks a live Ninox what nobody outside knows, and tells nothing of the data.

To see what it sends before you run it, read in this order:

| file | what it has |
|---|---|
| `questions.md` | all questions, and every word that a report can hold |
| `wire.py` | the one place that sends a request, counts it, and keeps of an error its status and form alone |
| `access.py`, `records.py`, `feed.py`, `queries.py`, `values.py` | what is asked; each function says what it sends |
| `scratch.py`, `writes.py` | only with `--scratch TABLE`: what is written into it, and how it is emptied again |

That is all that sends or writes anything. A request is sent by a line that has `sight.get`, `sight.page`,
`sight.query`, `sight.run` or `wire.`, with a scratch table also `save`, `delete`, `delete_many` or `look`: some fifty
lines; those around them look at answers. The other files send nothing: `question.py` and `sight.py` refuse an answer
that `questions.md` does not have, `report.py` prints, `run.py` has the order of the questions and Ctrl-C, `command.py`
the options.
"""
