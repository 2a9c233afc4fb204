"""The worker: a process that reads one request after the other, and ends when there are no more.

It holds no connection, no key and no variable of the environment, and bounds itself: memory, time of each
request, stack. Whoever kills it loses the request under way and nothing else.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import IO

from nlq.catalog import Catalog, Dialect
from nlq.catalog.ddl import catalog_from_ddl
from nlq.child import READY, bound_memory, forbid_files, open_streams, read, write
from nlq.compiler.untrusted import Untrusted, examine
from nlq.errors import NlqError, PlanError
from nlq.isolation.reply import write_bug, write_ddl, write_error, write_examined

FRAMES = 700
"""Depth of Python's stack: less than a server has, so that it can read whatever passed here."""

STACK = 4 * 2**20
"""Bytes of the stack of compiled code: half of what a server's thread has, for the same reason."""

CATALOGS = 8
"""Catalogs kept; one for each part of the whole that somebody may see."""

TOO_DEEP = ("plan.too_complex", "the SQL is nested too deeply to be checked", "ask for less at once")

DDL_TIMES = 5
"""How many times longer than a query DDL may take: it is a whole schema."""

KNOWN, UNKNOWN, ANSWER, DDL = b"k", b"u", b"a", b"d"


def main(memory_mb: int, seconds: float, hanging_s: float) -> None:
    """Serve until the other side closes."""
    requests, replies = open_streams()
    bound_memory(memory_mb)
    forbid_files()
    sys.setrecursionlimit(FRAMES)
    threading.stack_size(STACK)
    thread = threading.Thread(target=_serve, args=(requests, replies, seconds, hanging_s))
    thread.start()
    thread.join()


def _serve(requests: IO[bytes], replies: IO[bytes], seconds: float, hanging_s: float) -> None:
    catalogs: dict[str, Catalog] = {}
    write(replies, READY, b"")
    while (request := read(requests)) is not None:
        kind, body = request
        times = DDL_TIMES if kind == DDL else 1
        signal.setitimer(signal.ITIMER_PROF, seconds * times)  # of a processor; SIGPROF ends us
        # Where the parent is gone, or too late to notice, the kernel ends us.
        signal.setitimer(signal.ITIMER_REAL, hanging_s * times + 1)
        if kind == DDL:
            write(replies, ANSWER, _tell(partial(_read_ddl, *pickle.loads(body))))
        elif kind == KNOWN:
            # INVARIANT: pickles go one way, from the trusted side to this one.
            key, catalog = pickle.loads(body)
            while len(catalogs) >= CATALOGS:
                del catalogs[next(iter(catalogs))]
            catalogs[key] = catalog
        else:
            key, untrusted = pickle.loads(body)
            known = catalogs.get(key)
            if known is None:
                write(replies, UNKNOWN, b"")
            else:
                write(replies, ANSWER, _tell(partial(_examine, untrusted, known)))
        for timer in (signal.ITIMER_PROF, signal.ITIMER_REAL):
            signal.setitimer(timer, 0)


def _read_ddl(text: str, dialect: Dialect) -> bytes:
    return write_ddl(catalog_from_ddl(text, dialect))


def _examine(untrusted: Untrusted, catalog: Catalog) -> bytes:
    return write_examined(examine(untrusted, catalog))


def _tell(work: Callable[[], bytes]) -> bytes:
    try:
        return work()
    except NlqError as error:
        return write_error(error)
    except RecursionError:
        return write_error(PlanError(*TOO_DEEP))
    except MemoryError:
        os._exit(1)  # who has no memory left once may have none for the next
    except Exception as error:  # noqa: BLE001  # a bug, which is told where bugs are told
        return write_bug(error)
