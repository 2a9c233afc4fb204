"""The part of the migration that is for changes: the journal, and what the roles that write may do."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from nlq.catalog import RelationName
from nlq.defence.names import Names, literal, quote
from nlq.defence.writing import Writable
from nlq.own_tables import COLUMNS, SCHEMA, TABLES

_OF_TABLES = ("SELECT", "INSERT", "UPDATE", "DELETE")


def grant_writing(writable: Writable, names: Names) -> Iterator[str]:
    """Statements that let the roles change rows of the table, under its policies."""
    table = quote(writable.relation.name)
    yield f"GRANT USAGE ON SCHEMA {quote(writable.relation.name.schema)} TO {_both(names)};"
    for (role, privilege), some in groupby(writable.granted(names), lambda g: g[:2]):
        columns = ", ".join(quote(column) for _, _, column in some if column)
        what = f"{privilege} ({columns})" if columns else privilege
        yield f"GRANT {what} ON {table} TO {quote(role)};"
    if writable.created:
        yield f"""\
DO $nlq$
DECLARE made record;
BEGIN
    FOR made IN SELECT DISTINCT d.refobjid::regclass::text AS name FROM pg_attrdef AS a
                JOIN pg_depend AS d ON d.classid = 'pg_attrdef'::regclass AND d.objid = a.oid
                JOIN pg_class AS s ON d.refclassid = 'pg_class'::regclass AND s.oid = d.refobjid
                WHERE s.relkind = 'S' AND a.adrelid = {literal(table)}::regclass LOOP
        EXECUTE format('GRANT USAGE ON SEQUENCE %s TO %I', made.name, {literal(names.writer)});
    END LOOP;
END
$nlq$;"""
    for made in writable.policies:
        yield f"{made.sql};"


def make_journal(names: Names) -> str:
    """The tables of the journal, and who may use them: no text of a draft runs as one of these roles."""
    tables = ", ".join(f"{SCHEMA}.{name}" for name in COLUMNS)
    return "\n".join(
        [
            f"-- The journal of changes: for {names.writer} and {names.undo} alone.",
            *(f"{statement};" for statement in TABLES),
            f"REVOKE ALL ON SCHEMA {SCHEMA} FROM PUBLIC;",
            f"REVOKE ALL ON {tables} FROM PUBLIC;",
            f"GRANT USAGE ON SCHEMA {SCHEMA} TO {_both(names)};",
            f"GRANT {', '.join(_OF_TABLES)} ON {tables} TO {_both(names)};",
            f"GRANT USAGE ON SCHEMA {quote(names.home)} TO {_both(names)};",
        ]
    )


def granted_journal(names: Names) -> Iterator[tuple[str, str, str]]:
    """Role, object and privilege of what `make_journal` grants."""
    for role in names.writing:
        yield role, f"schema {SCHEMA}", "USAGE"
        yield role, f"schema {names.home}", "USAGE"
        for name in COLUMNS:
            yield from ((role, str(RelationName(SCHEMA, name)), privilege) for privilege in _OF_TABLES)


def _both(names: Names) -> str:
    return ", ".join(map(quote, names.writing))
