"""Known findings: the file a maintainer keeps, what it does to a report, and how it is brought up to date."""
