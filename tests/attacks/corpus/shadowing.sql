--: a WITH query named as the relation it reads
WITH vault AS (SELECT * FROM vault) SELECT word FROM vault
--: the same of a relation that she may read
WITH orders AS (SELECT * FROM orders) SELECT count(*) FROM orders
--: in other case
WITH Vault AS (SELECT * FROM vault) SELECT word FROM VAULT
--: in other case, of a visible relation
WITH ORDERS AS (SELECT 1 AS id) SELECT * FROM orders
--: quoted
WITH "vault" AS (SELECT * FROM "vault") SELECT word FROM "vault"
--: recursive
WITH RECURSIVE vault AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM vault WHERE n < 3) SELECT * FROM vault
--: recursive over the real one
WITH RECURSIVE v AS (SELECT id, word FROM vault UNION ALL SELECT id + 1, word FROM v WHERE id < 3) SELECT * FROM v
--: nested WITH that hides an outer one
WITH a AS (WITH vault AS (SELECT 1 AS word) SELECT word FROM vault) SELECT * FROM a
--: a WITH query inside a subquery
SELECT * FROM (WITH orders AS (SELECT * FROM orders) SELECT * FROM orders) AS x
--: a WITH query inside IN
SELECT id FROM orders WHERE id IN (WITH orders AS (SELECT * FROM order_lines) SELECT id FROM orders)
--: a forward reference
WITH a AS (SELECT * FROM b), b AS (SELECT * FROM vault) SELECT * FROM a
--: two WITH queries of one name
WITH a AS (SELECT 1 AS x), a AS (SELECT word AS x FROM vault) SELECT * FROM a
--: a chain of WITH queries
WITH a AS (SELECT * FROM orders), b AS (SELECT * FROM a), c AS (SELECT * FROM b) SELECT count(*) AS n FROM c
--: an alias that is the name of a hidden relation
SELECT vault.total FROM orders AS vault ORDER BY 1
--: an alias that is the name of another visible relation
SELECT orders.name FROM people AS orders ORDER BY 1
--: two relations swap their names
SELECT orders.name, people.total FROM people AS orders JOIN orders AS people ON people.person_id = orders.id ORDER BY 1, 2
--: an alias that captures the column of the rule
SELECT x.account_id, o.total FROM (SELECT 2 AS account_id) AS x, orders AS o ORDER BY 2
--: a lateral that offers the column of the rule
SELECT * FROM (SELECT 2 AS account_id) AS x, LATERAL (SELECT * FROM orders) AS y
--: a lateral that offers it under the name of the relation
SELECT * FROM (SELECT 2 AS account_id) AS orders, LATERAL (SELECT * FROM orders) AS y
--: the reserved alias of policies !
SELECT __pol.total FROM orders AS __pol
--: the reserved alias as a WITH query !
WITH __pol AS (SELECT 2 AS account_id) SELECT * FROM __pol
--: the reserved alias as a column !
SELECT 2 AS __pol FROM orders
--: the reserved alias as a column of a derived table !
SELECT * FROM (SELECT 2 AS account_id) AS t(__pol)
--: the reserved alias beside the rule
SELECT * FROM (SELECT 2 AS account_id) AS __pol, LATERAL (SELECT * FROM orders) AS y
--: the column of the rule renamed in the query
SELECT account_id AS id, id AS account_id FROM orders ORDER BY account_id
--: a WITH query named as a system relation !
WITH pg_class AS (SELECT 1 AS oid) SELECT * FROM pg_class
--: a WITH query named sqlite_master !
WITH sqlite_master AS (SELECT 1 AS x) SELECT * FROM sqlite_master
--: a WITH query named information_schema !
WITH information_schema AS (SELECT 1 AS x) SELECT * FROM information_schema
--: a WITH query named duckdb_tables !
WITH duckdb_tables AS (SELECT 1 AS x) SELECT * FROM duckdb_tables
--: a schema that is an alias
SELECT main.total FROM orders AS main ORDER BY 1
--: a schema-qualified hidden relation [duckdb sqlite]
SELECT * FROM main.vault
--: a schema-qualified hidden relation in public [postgres]
SELECT * FROM public.vault
--: a schema-qualified visible relation [duckdb sqlite]
SELECT count(*) AS n FROM main.orders
--: a schema-qualified visible relation in public [postgres]
SELECT count(*) AS n FROM public.orders
--: one name with and without its schema [duckdb sqlite]
SELECT count(*) AS n FROM main.orders AS a JOIN orders AS b ON a.id = b.id
--: one name with and without its schema in public [postgres]
SELECT count(*) AS n FROM public.orders AS a JOIN orders AS b ON a.id = b.id
--: a WITH query beside the qualified relation [duckdb sqlite]
WITH v AS (SELECT 1 AS id) SELECT * FROM main.vault, v
--: the database's own name before it [duckdb]
SELECT * FROM world.main.orders
--: the database's own name before a hidden relation [duckdb]
SELECT * FROM world.main.vault
--: another schema [duckdb postgres]
SELECT * FROM ops.tokens
--: another schema, quoted [duckdb postgres]
SELECT token FROM "ops"."tokens"
--: another schema in EXISTS [duckdb postgres]
SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM ops.tokens WHERE length(token) > 3)
--: the temporary schema [duckdb sqlite]
SELECT * FROM temp.orders
--: pg_temp [postgres]
SELECT * FROM pg_temp.orders
--: an alias with the name of a schema and a star [duckdb sqlite]
SELECT main.* FROM people AS main ORDER BY 1
--: a correlated alias captures the rule of a subquery
SELECT p.id, (SELECT count(*) FROM order_lines AS orders WHERE orders.order_id = p.id) AS n FROM people AS p ORDER BY 1
--: an outer alias named as the relation of the rule's own query
SELECT count(*) AS n FROM (SELECT 41 AS id, 1 AS account_id) AS orders, order_lines
--: a WITH query with the columns of the rule's own query
WITH orders_ AS (SELECT 41 AS id, 1 AS account_id) SELECT count(*) AS n FROM order_lines JOIN orders_ ON true
--: a WITH query renames the columns of the rule
WITH x(account_id, id) AS (SELECT id, account_id FROM orders) SELECT * FROM x WHERE account_id > 40
--: an alias for a WITH query hides another
WITH a AS (SELECT id FROM orders), b AS (SELECT id FROM people) SELECT a.id FROM b AS a ORDER BY 1
--: a table function with the name of the relation
SELECT * FROM vault()
--: the alias of a join
SELECT j.total FROM (orders AS o JOIN people AS p ON o.person_id = p.id) AS j
--: VALUES with the name of a relation
SELECT * FROM (VALUES (1, 'x')) AS vault(id, word)
--: TABLE instead of SELECT
TABLE vault
--: FROM first [duckdb]
FROM vault
--: FROM first, visible [duckdb]
FROM orders SELECT count(*)
--: FROM first in a subquery [duckdb]
SELECT * FROM (FROM vault) AS x
