--: LATERAL over a hidden relation
SELECT * FROM orders AS o, LATERAL (SELECT word FROM vault) AS v
--: LATERAL LEFT JOIN over a hidden relation [duckdb postgres]
SELECT * FROM orders AS o LEFT JOIN LATERAL (SELECT word FROM vault WHERE id = o.id) AS v ON true
--: LATERAL over a visible relation, uncorrelated [duckdb postgres]
SELECT count(*) AS n FROM accounts AS a, LATERAL (SELECT id FROM orders) AS o
--: LATERAL that asks for rows of others [duckdb postgres]
SELECT count(*) AS n FROM accounts AS a, LATERAL (SELECT id FROM orders WHERE account_id <> a.id) AS o
--: LATERAL inside LATERAL [duckdb postgres]
SELECT count(*) AS n FROM accounts AS a, LATERAL (SELECT p.id FROM people AS p, LATERAL (SELECT id FROM orders WHERE person_id = p.id) AS x) AS y
--: a derived table that reaches sideways
SELECT * FROM accounts AS a, (SELECT * FROM orders WHERE account_id <> a.id) AS o
--: unnest of a query [duckdb postgres]
SELECT * FROM unnest((SELECT array_agg(word) FROM vault)) AS t
--: unnest of a visible query [duckdb postgres]
SELECT unnest(array(SELECT note FROM orders))
--: LATERAL unnest [duckdb postgres]
SELECT * FROM people AS p, LATERAL unnest(ARRAY[p.ssn]) AS t(x)
--: an array of a query [postgres duckdb]
SELECT ARRAY(SELECT word FROM vault)
--: generate_series as a source
SELECT * FROM generate_series(1, 10)
--: range as a source
SELECT * FROM range(10)
--: a function of a hidden query
SELECT length((SELECT word FROM vault LIMIT 1))
--: query() [duckdb]
SELECT * FROM query('SELECT * FROM vault')
--: query_table() [duckdb]
SELECT * FROM query_table('vault')
--: query_table() of several [duckdb]
SELECT * FROM query_table(['vault', 'orders'])
--: json_execute_serialized_sql [duckdb]
SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT * FROM vault'))
--: json_serialize_sql [duckdb]
SELECT json_serialize_sql('SELECT * FROM vault')
--: json_serialize_plan [duckdb]
SELECT json_serialize_plan('SELECT * FROM vault')
--: PRAGMA json_execute_serialized_sql [duckdb]
PRAGMA json_execute_serialized_sql('{}')
--: sql_auto_complete [duckdb]
SELECT * FROM sql_auto_complete('SELECT * FROM v')
--: summarize [duckdb]
SUMMARIZE vault
--: summarize as a source [duckdb]
SELECT * FROM (SUMMARIZE vault)
--: describe [duckdb]
DESCRIBE vault
--: describe as a source [duckdb]
SELECT * FROM (DESCRIBE vault)
--: show as a source [duckdb]
SELECT * FROM (SHOW ALL TABLES)
--: histogram [duckdb]
SELECT * FROM histogram('vault', 'word')
--: histogram as an aggregate [duckdb]
SELECT histogram(phone) FROM people
--: test_all_types [duckdb]
SELECT * FROM test_all_types()
--: a macro in a lambda [duckdb]
SELECT list_transform([1], x -> (SELECT max(pin) FROM vault))
--: a comprehension [duckdb]
SELECT [x FOR x IN (SELECT word FROM vault)]
--: getvariable [duckdb]
SELECT getvariable('account_id')
--: glob [duckdb]
SELECT * FROM glob('*')
--: repeat_row [duckdb]
SELECT * FROM repeat_row(1, num_rows = 5)
--: seq_scan [duckdb]
SELECT * FROM seq_scan('vault')
--: a replacement scan of a Python name [duckdb]
SELECT * FROM service
--: a table in a string [duckdb]
SELECT * FROM 'vault'
--: a table in a string with its schema [duckdb]
SELECT * FROM 'main.vault'
--: nextval [duckdb postgres]
SELECT nextval('vault_id_seq')
--: currval [duckdb postgres]
SELECT currval('vault_id_seq')
--: query_to_xml [postgres]
SELECT query_to_xml('SELECT * FROM vault', true, false, '')
--: query_to_xml_and_xmlschema [postgres]
SELECT query_to_xml_and_xmlschema('SELECT * FROM vault', true, false, '')
--: table_to_xml [postgres]
SELECT table_to_xml('vault', true, false, '')
--: schema_to_xml [postgres]
SELECT schema_to_xml('public', true, false, '')
--: database_to_xml [postgres]
SELECT database_to_xml(true, false, '')
--: cursor_to_xml [postgres]
SELECT cursor_to_xml('c', 1, true, false, '')
--: ts_stat [postgres]
SELECT * FROM ts_stat('SELECT to_tsvector(word) FROM vault')
--: ts_rewrite with a query [postgres]
SELECT ts_rewrite('a'::tsquery, 'SELECT to_tsquery(word), to_tsquery(word) FROM vault')
--: dblink [postgres]
SELECT * FROM dblink('dbname=postgres', 'SELECT word FROM vault') AS t(word text)
--: dblink_exec [postgres]
SELECT dblink_exec('dbname=postgres', 'DROP TABLE vault')
--: crosstab [postgres]
SELECT * FROM crosstab('SELECT id, word, pin FROM vault') AS t(a int, b text)
--: connectby [postgres]
SELECT * FROM connectby('vault', 'id', 'pin', '1', 0) AS t(a int, b int, c int)
--: xpath_table [postgres]
SELECT * FROM xpath_table('id', 'word', 'vault', '/', 'true') AS t(a int, b text)
--: plpgsql in a DO block [postgres]
DO $$ BEGIN PERFORM word FROM vault; END $$
--: EXECUTE [duckdb postgres]
EXECUTE q
--: PREPARE [duckdb postgres]
PREPARE q AS SELECT * FROM vault
--: CALL [duckdb postgres]
CALL dangerous()
--: ROWS FROM [postgres]
SELECT * FROM ROWS FROM (generate_series(1, 2), unnest(ARRAY[1, 2])) AS t
--: json_each [duckdb postgres sqlite]
SELECT * FROM json_each('{"a": 1}')
--: json_each of a hidden query
SELECT * FROM json_each((SELECT word FROM vault))
--: json_table [postgres]
SELECT * FROM JSON_TABLE('[1]', '$[*]' COLUMNS (a int PATH '$')) AS t
--: json_to_recordset [postgres]
SELECT * FROM json_to_recordset('[{"a": 1}]') AS t(a int)
--: json_tree [sqlite]
SELECT * FROM json_tree('{"a": 1}')
--: regexp_split_to_table [postgres]
SELECT regexp_split_to_table(name, 'e') FROM people
--: a set-returning function in WHERE [postgres]
SELECT id FROM orders WHERE generate_series(1, 2) > 0
--: a set-returning function in CASE [postgres]
SELECT CASE WHEN true THEN generate_series(1, 3) END
--: TABLESAMPLE as a function [duckdb postgres]
SELECT * FROM orders TABLESAMPLE SYSTEM (10)
--: bytecode [sqlite]
SELECT * FROM bytecode('SELECT * FROM vault')
--: tables_used [sqlite]
SELECT * FROM tables_used('SELECT * FROM vault')
--: pragma_table_info [sqlite duckdb]
SELECT * FROM pragma_table_info('vault')
--: pragma_table_xinfo [sqlite]
SELECT * FROM pragma_table_xinfo('vault')
--: pragma_table_list [sqlite]
SELECT * FROM pragma_table_list
--: pragma_index_list [sqlite]
SELECT * FROM pragma_index_list('vault')
--: pragma_database_list [sqlite duckdb]
SELECT * FROM pragma_database_list
--: pragma_function_list [sqlite]
SELECT * FROM pragma_function_list
--: dbstat [sqlite]
SELECT * FROM dbstat
--: sqlite_stmt [sqlite]
SELECT * FROM sqlite_stmt
--: sqlite_dbpage [sqlite]
SELECT * FROM sqlite_dbpage
--: completion [sqlite]
SELECT * FROM completion('SEL')
--: a table-valued function with a schema [sqlite]
SELECT * FROM main.pragma_table_info('vault')
--: an unknown function
SELECT frobnicate(name) FROM people
--: an unknown function with a schema [duckdb postgres]
SELECT ops.frobnicate(name) FROM people
--: a function of pg_catalog by its schema [postgres]
SELECT pg_catalog.pg_read_file('/etc/passwd')
--: a function in quotes [postgres]
SELECT "pg_read_file"('/etc/passwd')
--: a function in other case
SELECT LENGTH(name), Pg_Read_File('/etc/passwd') FROM people
--: a method call [duckdb]
SELECT 'SELECT 1'.query()
--: a method chain [duckdb]
SELECT (word).upper() FROM vault
--: an operator function [postgres]
SELECT 1 OPERATOR(pg_catalog.+) 1
--: a cast to a function type [postgres]
SELECT 'pg_read_file'::regproc
--: a cast to regclass tells what exists [postgres]
SELECT 'vault'::regclass
--: to_regclass [postgres]
SELECT to_regclass('vault')
--: a macro that has the name of a function [duckdb]
SELECT julian(placed_at) AS j FROM orders
--: a macro that has the name of a function, in a condition [duckdb]
SELECT count(*) AS n FROM orders WHERE julian(shipped_on) > 'c'
--: FROM first
FROM orders SELECT margin
--: FROM alone [duckdb]
FROM orders
--: FROM alone of the hidden [duckdb]
FROM vault
--: prefix alias [duckdb]
SELECT x: margin FROM orders
--: prefix alias of table [duckdb]
SELECT x.margin FROM x: orders
--: COLUMNS regex [duckdb]
SELECT COLUMNS('(.*)') FROM orders
--: star columns unpack [duckdb]
SELECT concat(*COLUMNS(*)) FROM orders
--: coalesce star columns [duckdb]
SELECT coalesce(*COLUMNS('m.*')) FROM orders
--: where columns [duckdb]
SELECT id FROM products WHERE COLUMNS(*) IS NOT NULL
--: pivot in from [duckdb]
SELECT * FROM (PIVOT orders ON status USING count(*))
--: pivot standard [duckdb]
SELECT * FROM orders PIVOT (max(margin) FOR status IN ('paid'))
--: unpivot standard [duckdb]
SELECT * FROM products UNPIVOT (v FOR n IN (unit_cost, price))
--: positional join [duckdb]
SELECT a.id, b.id FROM accounts a POSITIONAL JOIN people b
--: asof with using [duckdb]
SELECT o.id FROM orders o ASOF JOIN orders p USING (account_id, placed_at)
--: semi join of the hidden [duckdb]
SELECT count(*) AS n FROM people SEMI JOIN vault USING (id)
--: anti join [duckdb]
SELECT count(*) AS n FROM products ANTI JOIN vault USING (id)
--: semi join of what may be seen [duckdb]
SELECT count(*) AS n FROM people SEMI JOIN orders ON people.id = orders.person_id AND orders.account_id = 2
--: union by name [duckdb]
SELECT id FROM orders UNION ALL BY NAME SELECT margin FROM orders
--: values join values [duckdb postgres]
SELECT v.x, o.id FROM (VALUES (1), (41)) AS v(x) LEFT JOIN orders o ON o.id = v.x ORDER BY 1
--: values with a query
SELECT * FROM (VALUES ((SELECT max(id) FROM orders))) AS v
--: values with a hidden query
SELECT * FROM (VALUES ((SELECT max(pin) FROM vault))) AS v
--: VALUES alone
VALUES ((SELECT word FROM vault LIMIT 1))
--: TABLE
TABLE vault
--: TABLE in IN
SELECT id FROM people WHERE id IN (TABLE vault)
--: TABLE in CTE
WITH x AS (TABLE orders) SELECT * FROM x
--: TABLE in union
SELECT word FROM (TABLE vault) t
--: set variable by query [duckdb]
SET VARIABLE x = (SELECT max(word) FROM vault)
--: macro by query [duckdb]
CREATE TEMP MACRO m() AS (SELECT max(word) FROM vault)
--: apply lambda [duckdb]
SELECT list_reduce([1,2], (a, b) -> a + (SELECT max(pin) FROM vault)) AS l
--: try [duckdb]
SELECT TRY(CAST(body AS INTEGER)) AS t FROM messages
--: error function [duckdb]
SELECT error(word) FROM vault
--: xml [postgres]
SELECT xmlelement(name a, margin) FROM orders
--: IS DOCUMENT [postgres]
SELECT note IS DOCUMENT FROM orders
--: IS JSON [postgres]
SELECT note IS JSON AS j FROM orders
--: merge support [postgres]
SELECT merge_action()
--: cast by function syntax [postgres]
SELECT regclass('vault')
--: cast by typename literal [postgres]
SELECT regclass 'vault'
--: fts [sqlite]
SELECT snippet(messages) FROM messages WHERE messages MATCH 'x'
--: match operator [sqlite]
SELECT id FROM messages WHERE subject MATCH 'x'
--: fts3_tokenizer [sqlite]
SELECT fts3_tokenizer('x')
--: zipfile [sqlite]
SELECT * FROM zipfile('x.zip')
--: readfile [sqlite]
SELECT readfile('<FILE>')
--: edit [sqlite]
SELECT edit('x')
--: generate_series vtab [sqlite]
SELECT value FROM generate_series(1, 10)
--: likelihood [sqlite]
SELECT likelihood(id = 1, 0.5) FROM orders
--: sqlite_offset [sqlite]
SELECT sqlite_offset(id) FROM orders
--: INDEXED BY [sqlite]
SELECT * FROM orders INDEXED BY x
--: NOT INDEXED [sqlite]
SELECT count(*) AS n FROM orders NOT INDEXED
--: string as identifier [sqlite]
SELECT 'margin' FROM 'orders'
--: string as table [sqlite]
SELECT * FROM 'vault'
