"""From a violation to lines and patches of the page: blame, edits, and the proof of a patch."""
