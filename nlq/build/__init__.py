"""Query files to plans, ahead of use: sources, lockfile, checks. A batch user of the service."""
