"""The audit log: one record for each request that reached the service, chained so that tampering shows.

`account.py` is what the service fills in, `record.py` and `redact.py` make of it what is written,
`log.py` writes it, `verify.py` and `read.py` look at what was written. How far to trust it is in
`docs/audit.md`.
"""

from nlq.audit.account import NO_AUDIT, Account, Audit, Kind, keep_account

__all__ = ["NO_AUDIT", "Account", "Audit", "Kind", "keep_account"]
