"""How tables are read: the state, the change feed, the plan of a run and its pages."""
