"""What Postgres itself says of views and policies, and the functions that a query must not call."""

from __future__ import annotations

DEFINITIONS = """
    SELECT 'view' AS kind, c.oid, n.nspname || '.' || c.relname AS subject, n.nspname AS schema,
           c.relname AS relation, NULL AS policy, obj_description(c.oid, 'pg_class') AS noted,
           md5(concat_ws('|', pg_get_userbyid(c.relowner), array_to_string(c.reloptions, ','),
                         pg_get_viewdef(c.oid))) AS digest
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind = 'v' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL
    SELECT 'policy', p.oid, p.polname || ' on ' || n.nspname || '.' || c.relname, n.nspname, c.relname,
           p.polname,
           obj_description(p.oid, 'pg_policy'),
           md5(concat_ws('|', p.polcmd, p.polpermissive,
                         (SELECT string_agg(CASE r WHEN 0 THEN 'public' ELSE pg_get_userbyid(r) END, ',')
                          FROM unnest(p.polroles) AS r),
                         coalesce(pg_get_expr(p.polqual, p.polrelid), ''),
                         coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '')))
    FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
"""
"""A row for each view and policy; `digest` changes whenever what it means does.

The text depends on the search path: it must be `pg_catalog, pg_temp`.
"""

FORBIDDEN = (
    "set_config",
    "query_to_xml", "query_to_xmlschema", "query_to_xml_and_xmlschema",
    "cursor_to_xml", "cursor_to_xmlschema",
    "table_to_xml", "table_to_xmlschema", "table_to_xml_and_xmlschema",
    "schema_to_xml", "schema_to_xmlschema", "schema_to_xml_and_xmlschema",
    "database_to_xml", "database_to_xmlschema", "database_to_xml_and_xmlschema",
    "ts_stat", "ts_rewrite",
    "pg_notify", "pg_sleep", "pg_sleep_for", "pg_sleep_until",
    "pg_advisory_lock", "pg_advisory_lock_shared", "pg_try_advisory_lock", "pg_try_advisory_lock_shared",
    "pg_advisory_xact_lock", "pg_advisory_xact_lock_shared",
    "pg_try_advisory_xact_lock", "pg_try_advisory_xact_lock_shared",
    "pg_cancel_backend", "pg_terminate_backend", "pg_export_snapshot",
    "lo_create", "lo_creat", "lo_open", "lo_unlink", "lo_put", "lo_get", "lo_from_bytea",
    "loread", "lowrite", "lo_import", "lo_export",
    "pg_read_file", "pg_read_binary_file", "pg_ls_dir", "pg_stat_file",
)  # fmt: skip
"""Functions of Postgres that everyone may call, or might be allowed to, and no query needs."""
