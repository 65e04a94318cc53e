"""What a run does to one distinct text: install, start, converse, find the cause of a failure, judge."""
