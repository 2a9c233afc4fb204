"""The command line: results on stdout, everything else on stderr. Heavy things are imported by the command
that needs them, so that `nlq --help` is quick.

Exit status: 0 success; 1 a finding, such as a question that was refused; 2 misuse; 130 interrupted; 141
when nobody reads the output any more.
"""

from nlq.cli.app import main

__all__ = ["main"]
