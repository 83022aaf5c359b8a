"""`singer-ninox probe`: asks a live Ninox what nobody outside knows, and tells nothing of the data.

To see what it sends before you run it, read in this order; each file is short:

| file | what it has |
|---|---|
| `wire.py` | the one place that sends a request, counts it, and keeps of an error its status and form alone |
| `access.py`, `records.py`, `feed.py`, `queries.py` | questions that only read, and what each changes |
| `values.py` | questions that look at the records that the others read |
| `scratch.py`, `writes.py` | only with `--scratch TABLE`: what is written into it, and how it is emptied again |
| `report.py` | what the report holds: words of the tables of questions, statuses and times |
| `run.py`, `command.py` | the order of the questions, Ctrl-C, the command line |
"""
