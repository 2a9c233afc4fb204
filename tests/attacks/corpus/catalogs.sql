--: information_schema.tables
SELECT table_name FROM information_schema.tables
--: information_schema.columns
SELECT column_name FROM information_schema.columns WHERE table_name = 'people'
--: information_schema in quotes
SELECT * FROM "information_schema"."columns"
--: information_schema in other case
SELECT * FROM INFORMATION_SCHEMA.TABLES
--: information_schema in a subquery
SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM information_schema.tables WHERE table_name = 'vault')
--: information_schema in ON
SELECT o.id FROM orders AS o JOIN people AS p ON EXISTS (SELECT 1 FROM information_schema.tables)
--: key_column_usage
SELECT * FROM information_schema.key_column_usage
--: character_sets and what else is there
SELECT * FROM information_schema.schemata
--: pg_class
SELECT relname, reltuples FROM pg_class
--: pg_class by its schema
SELECT relname FROM pg_catalog.pg_class
--: pg_attribute
SELECT attname FROM pg_attribute
--: pg_tables
SELECT * FROM pg_tables
--: pg_views
SELECT definition FROM pg_views
--: pg_type
SELECT * FROM pg_type
--: pg_stats holds the most common values [postgres]
SELECT most_common_vals, histogram_bounds FROM pg_stats WHERE tablename = 'people'
--: pg_statistic [postgres]
SELECT * FROM pg_statistic
--: pg_stat_activity [postgres]
SELECT query FROM pg_stat_activity
--: pg_stat_statements [postgres]
SELECT query FROM pg_stat_statements
--: pg_stat_user_tables [postgres]
SELECT n_live_tup FROM pg_stat_user_tables
--: pg_shadow [postgres]
SELECT passwd FROM pg_shadow
--: pg_authid [postgres]
SELECT rolpassword FROM pg_authid
--: pg_roles [postgres]
SELECT * FROM pg_roles
--: pg_settings
SELECT * FROM pg_settings
--: pg_policies [postgres]
SELECT * FROM pg_policies
--: pg_proc [postgres]
SELECT prosrc FROM pg_proc
--: pg_largeobject [postgres]
SELECT data FROM pg_largeobject
--: pg_user_mappings [postgres]
SELECT * FROM pg_user_mappings
--: pg_hba_file_rules [postgres]
SELECT * FROM pg_hba_file_rules
--: pg_locks [postgres]
SELECT relation FROM pg_locks
--: pg_cursors and prepared statements [postgres]
SELECT statement FROM pg_prepared_statements
--: pg_toast [postgres]
SELECT * FROM pg_toast.pg_toast_1255
--: the size of a relation [postgres]
SELECT pg_relation_size('vault')
--: the definition of a view [postgres]
SELECT pg_get_viewdef('vault'::regclass)
--: the expression of a default [postgres]
SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef
--: the comment of a column [postgres]
SELECT col_description('people'::regclass, 8)
--: has_table_privilege tells what exists [postgres]
SELECT has_table_privilege('vault', 'SELECT')
--: the version [postgres duckdb]
SELECT version()
--: sqlite_version [sqlite]
SELECT sqlite_version(), sqlite_source_id()
--: current_user
SELECT current_user
--: session_user [postgres duckdb]
SELECT session_user
--: current_database
SELECT current_database()
--: current_schema [duckdb postgres]
SELECT current_schema(), current_schemas(true)
--: inet_server_addr [postgres]
SELECT inet_server_addr(), inet_server_port()
--: pg_backend_pid [postgres]
SELECT pg_backend_pid()
--: pg_postmaster_start_time [postgres]
SELECT pg_postmaster_start_time()
--: txid_current [postgres duckdb]
SELECT txid_current()
--: the last value of a sequence [postgres]
SELECT last_value FROM vault_id_seq
--: duckdb_tables [duckdb]
SELECT table_name, estimated_size FROM duckdb_tables()
--: duckdb_tables without brackets [duckdb]
SELECT * FROM duckdb_tables
--: duckdb_columns [duckdb]
SELECT * FROM duckdb_columns()
--: duckdb_views [duckdb]
SELECT sql FROM duckdb_views()
--: duckdb_settings [duckdb]
SELECT * FROM duckdb_settings()
--: duckdb_secrets [duckdb]
SELECT * FROM duckdb_secrets()
--: duckdb_functions [duckdb]
SELECT * FROM duckdb_functions()
--: duckdb_logs [duckdb]
SELECT * FROM duckdb_logs
--: duckdb_temporary_files [duckdb]
SELECT * FROM duckdb_temporary_files()
--: duckdb_databases [duckdb]
SELECT path FROM duckdb_databases()
--: duckdb_constraints [duckdb]
SELECT * FROM duckdb_constraints()
--: pragma_storage_info [duckdb]
SELECT * FROM pragma_storage_info('vault')
--: pragma_show [duckdb]
SELECT * FROM pragma_show('vault')
--: pragma_metadata_info [duckdb]
SELECT * FROM pragma_metadata_info()
--: sqlite_master in DuckDB and SQLite
SELECT sql FROM sqlite_master
--: sqlite_schema [sqlite]
SELECT sql FROM sqlite_schema
--: sqlite_schema by its schema [sqlite duckdb]
SELECT name FROM main.sqlite_master
--: sqlite_temp_master [sqlite]
SELECT * FROM sqlite_temp_master
--: sqlite_sequence [sqlite]
SELECT * FROM sqlite_sequence
--: sqlite_stat1 [sqlite]
SELECT * FROM sqlite_stat1
--: SHOW TABLES
SHOW TABLES
--: SHOW a setting [postgres duckdb]
SHOW server_version
--: PRAGMA table_info
PRAGMA table_info('vault')
--: PRAGMA database_list
PRAGMA database_list
--: EXPLAIN
EXPLAIN SELECT * FROM vault
--: EXPLAIN ANALYZE
EXPLAIN ANALYZE SELECT * FROM orders
--: EXPLAIN of what she may read
EXPLAIN SELECT * FROM orders WHERE note = 'x'
--: EXPLAIN QUERY PLAN [sqlite]
EXPLAIN QUERY PLAN SELECT * FROM orders
--: DESCRIBE
DESCRIBE people
--: a hidden relation and a missing one alike
SELECT * FROM vaults
--: a suggestion for a near miss of a hidden relation
SELECT * FROM vaul
--: a suggestion for a near miss of a hidden column
SELECT ssm FROM people
--: a suggestion for a near miss of a hidden column of an alias
SELECT p.unit_cos FROM products AS p
--: a near miss of another schema [duckdb postgres]
SELECT * FROM op.tokens
--: a suggestion for the hidden columns of USING
SELECT * FROM products AS a JOIN products AS b USING (unit_cot)
--: a relation that two schemas could have
SELECT * FROM ops.vault
--: the schema alone
SELECT * FROM ops
