--: a file in quotes [duckdb]
SELECT * FROM '<FILE>'
--: a file in double quotes [duckdb]
SELECT * FROM "<FILE>"
--: read_csv [duckdb]
SELECT * FROM read_csv('<FILE>')
--: read_csv_auto [duckdb]
SELECT * FROM read_csv_auto('<FILE>')
--: read_text [duckdb]
SELECT content FROM read_text('<FILE>')
--: read_blob of the database itself [duckdb]
SELECT content FROM read_blob('<DATABASE>')
--: read_json [duckdb]
SELECT * FROM read_json('<FILE>')
--: read_parquet [duckdb]
SELECT * FROM read_parquet('<FILE>')
--: parquet_metadata [duckdb]
SELECT * FROM parquet_metadata('<FILE>')
--: sniff_csv [duckdb]
SELECT * FROM sniff_csv('<FILE>')
--: glob of the directory [duckdb]
SELECT file FROM glob('/*')
--: a file over the network [duckdb]
SELECT * FROM 'https://example.org/x.csv'
--: a file over the network by a function [duckdb]
SELECT * FROM read_csv('https://example.org/x.csv')
--: S3 [duckdb]
SELECT * FROM 's3://bucket/x.parquet'
--: getenv [duckdb]
SELECT getenv('HOME')
--: ATTACH [duckdb sqlite]
ATTACH '<FILE>' AS stolen
--: ATTACH of Postgres [duckdb]
ATTACH 'dbname=postgres' AS p (TYPE postgres)
--: DETACH [duckdb sqlite]
DETACH world
--: USE [duckdb]
USE ops
--: INSTALL [duckdb]
INSTALL httpfs
--: LOAD [duckdb postgres]
LOAD 'httpfs'
--: FORCE INSTALL [duckdb]
FORCE INSTALL spatial FROM community
--: COPY TO a file [duckdb postgres]
COPY orders TO '/tmp/stolen.csv'
--: COPY a query TO a file [duckdb postgres]
COPY (SELECT * FROM vault) TO '/tmp/stolen.csv'
--: COPY FROM a file [duckdb postgres]
COPY vault FROM '<FILE>'
--: COPY TO PROGRAM [postgres]
COPY (SELECT 1) TO PROGRAM 'id'
--: COPY TO STDOUT [postgres]
COPY vault TO STDOUT
--: EXPORT DATABASE [duckdb]
EXPORT DATABASE '/tmp/stolen'
--: IMPORT DATABASE [duckdb]
IMPORT DATABASE '/tmp/stolen'
--: COPY FROM DATABASE [duckdb]
COPY FROM DATABASE world TO stolen
--: write_log [duckdb]
SELECT write_log('x')
--: CREATE SECRET [duckdb]
CREATE SECRET s (TYPE s3, KEY_ID 'x', SECRET 'y')
--: which_secret [duckdb]
SELECT * FROM which_secret('s3://x', 's3')
--: SET of the lock [duckdb]
SET lock_configuration = false
--: SET of external access [duckdb]
SET enable_external_access = true
--: SET of the search path [duckdb postgres]
SET search_path = 'ops'
--: RESET [duckdb postgres]
RESET ALL
--: PRAGMA [duckdb sqlite]
PRAGMA enable_profiling
--: pg_read_file [postgres]
SELECT pg_read_file('/etc/passwd')
--: pg_read_binary_file [postgres]
SELECT pg_read_binary_file('<FILE>')
--: pg_ls_dir [postgres]
SELECT pg_ls_dir('.')
--: pg_stat_file [postgres]
SELECT pg_stat_file('<FILE>')
--: pg_ls_logdir [postgres]
SELECT * FROM pg_ls_logdir()
--: pg_current_logfile [postgres]
SELECT pg_current_logfile()
--: lo_import [postgres]
SELECT lo_import('<FILE>')
--: lo_export [postgres]
SELECT lo_export(16384, '/tmp/stolen')
--: lo_get [postgres]
SELECT lo_get(16384)
--: loread [postgres]
SELECT loread(lo_open(16384, 262144), 100)
--: pg_file_write [postgres]
SELECT pg_file_write('/tmp/x', 'y', false)
--: pg_logical_slot_get_changes [postgres]
SELECT * FROM pg_logical_slot_get_changes('s', NULL, NULL)
--: pg_create_restore_point [postgres]
SELECT pg_create_restore_point('x')
--: pg_switch_wal [postgres]
SELECT pg_switch_wal()
--: pg_walinspect [postgres]
SELECT * FROM pg_get_wal_records_info('0/0', '0/1')
--: get_raw_page [postgres]
SELECT get_raw_page('vault', 0)
--: heap_page_items [postgres]
SELECT * FROM heap_page_items(get_raw_page('vault', 0))
--: CREATE EXTENSION [postgres]
CREATE EXTENSION dblink
--: CREATE SERVER [postgres]
CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw
--: IMPORT FOREIGN SCHEMA [postgres]
IMPORT FOREIGN SCHEMA public FROM SERVER s INTO public
--: pg_terminate_backend [postgres]
SELECT pg_terminate_backend(pg_backend_pid())
--: pg_cancel_backend [postgres]
SELECT pg_cancel_backend(1)
--: pg_reload_conf [postgres]
SELECT pg_reload_conf()
--: pg_sleep [postgres]
SELECT pg_sleep(5)
--: pg_advisory_lock [postgres]
SELECT pg_advisory_lock(1)
--: pg_notify [postgres]
SELECT pg_notify('c', 'x')
--: LISTEN [postgres]
LISTEN c
--: NOTIFY [postgres]
NOTIFY c, 'x'
--: load_extension [sqlite]
SELECT load_extension('x')
--: readfile [sqlite]
SELECT readfile('<FILE>')
--: writefile [sqlite]
SELECT writefile('/tmp/x', 'y')
--: fileio's lsdir [sqlite]
SELECT * FROM fsdir('.')
--: edit [sqlite]
SELECT edit('x', 'vi')
--: fts3_tokenizer [sqlite]
SELECT fts3_tokenizer('x')
--: VACUUM INTO [sqlite]
VACUUM INTO '/tmp/stolen.sqlite'
--: PRAGMA writable_schema [sqlite]
PRAGMA writable_schema = 1
--: an extension's virtual table [sqlite]
SELECT * FROM csv('<FILE>')
--: zipfile [sqlite]
SELECT * FROM zipfile('<FILE>')
