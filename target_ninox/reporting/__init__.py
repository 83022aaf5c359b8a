"""What a run did, or would do: counts that add up, rejected rows, the plan of a dry run."""
