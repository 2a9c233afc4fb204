"""Searches for garbage that leave out what stays.

Python's whole searches look at everything that lives, and hold up all that a process does meanwhile: 60 ms
for what a server has imported, once a second under load, and 240 ms once it has called a model. What is
left out is never found to be garbage, so it has to be what is there for good.
"""

from __future__ import annotations

import atexit
import gc


def leave_out_what_is_there() -> None:
    """From now on, searches are for what comes later. For a process of our own that has begun to serve."""
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # at the end, libraries complain of what was not found


def leave_out_more() -> None:
    """The same after much was loaded for good, in a process that leaves things out already."""
    if gc.get_freeze_count():
        leave_out_what_is_there()
