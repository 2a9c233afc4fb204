--: a text in double quotes named as a hidden column [sqlite]
SELECT count(*) AS n FROM people WHERE name = "ssn" OR name LIKE "%ssn%" OR name IN ("ssn", "margin")
--: a hidden column on the left of a text in double quotes ! [sqlite]
SELECT count(*) AS n FROM people WHERE "ssn" = "x"
--: a text in double quotes named as a hidden column of an outer query [sqlite]
SELECT id FROM people p WHERE EXISTS (SELECT 1 FROM orders o WHERE o.status = "ssn" AND o.person_id = p.id)
--: a text in double quotes on both sides [sqlite]
SELECT count(*) AS n FROM orders WHERE "margin" > "margin"
--: the left star of an outer join that merges
SELECT p.* FROM people p FULL JOIN orders o USING (account_id)
--: the star of a natural join of everything
SELECT * FROM people NATURAL JOIN orders
--: NATURAL finds a hidden column common to both
SELECT count(*) AS n FROM products NATURAL JOIN (SELECT 1 AS unit_cost, 2 AS margin) t
--: USING a hidden column !
SELECT count(*) AS n FROM products JOIN (SELECT 1 AS unit_cost) t USING (unit_cost)
--: NATURAL with the names of policies
SELECT count(*) AS n FROM people NATURAL JOIN (SELECT 1 AS account_id UNION ALL SELECT 2) t
--: a comma and then USING the column of the rule
SELECT * FROM accounts a, people p JOIN orders o USING (account_id)
--: a comma and then NATURAL
SELECT count(*) AS n FROM orders a, orders b NATURAL JOIN people
--: a window frame that reaches past what may be seen
SELECT id, count(*) OVER (ORDER BY id RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS n FROM orders
--: the gaps in a numbering
SELECT id, row_number() OVER (ORDER BY id) - id AS gap FROM orders
--: ntile over the whole
SELECT id, ntile(100) OVER (ORDER BY total) AS t FROM orders
--: percent_rank over the whole
SELECT id, percent_rank() OVER (ORDER BY total) AS t, cume_dist() OVER (ORDER BY total) AS c FROM orders
--: a grouping set of nothing
SELECT count(*) AS n FROM orders GROUP BY ()
--: grouping sets and a hidden group [duckdb postgres]
SELECT account_id, grouping(account_id) AS g, count(*) AS n FROM orders GROUP BY GROUPING SETS ((account_id), ())
--: a cube over the column of the rule [duckdb postgres]
SELECT account_id, status, count(*) AS n FROM orders GROUP BY CUBE (account_id, status)
--: GROUP BY ALL [duckdb]
SELECT account_id, count(*) AS n FROM orders GROUP BY ALL
--: a column by number that does not exist
SELECT id FROM orders ORDER BY 12
--: ORDER BY a hidden column of the same relation !
SELECT id FROM products ORDER BY unit_cost
--: ORDER BY a hidden column behind DISTINCT ON ! [postgres duckdb]
SELECT DISTINCT ON (category) category, id FROM products ORDER BY category, unit_cost
--: an alias named as a hidden column
SELECT price AS unit_cost FROM products ORDER BY unit_cost
--: an alias named as a hidden column in HAVING
SELECT category, sum(price) AS margin FROM products GROUP BY category HAVING sum(price) > 0 ORDER BY margin
--: an outer alias named as a hidden column, correlated
SELECT (SELECT count(*) FROM products p WHERE p.price > t.unit_cost) AS n FROM (SELECT 1 AS unit_cost) t
--: a hidden column through the alias of another that has it as an output
SELECT t.margin FROM (SELECT id AS margin FROM orders) t JOIN orders o ON o.id = t.margin
--: IS DISTINCT FROM a hidden column !
SELECT count(*) AS n FROM products WHERE unit_cost IS NOT DISTINCT FROM price
--: NULL-safe membership [duckdb postgres]
SELECT id FROM orders WHERE (note IS NOT DISTINCT FROM (SELECT note FROM orders WHERE id > 1000 LIMIT 1))
--: string_agg in the order of a hidden column ! [duckdb postgres]
SELECT string_agg(name, ',' ORDER BY unit_cost) AS s FROM products
--: a filter by a hidden column !
SELECT count(*) FILTER (WHERE margin > 0) AS n FROM orders
--: a percentile within the order of a hidden column ! [duckdb postgres]
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY margin) AS m FROM orders
--: the hash of a mask that is equal
SELECT a.badge, count(*) AS n FROM people a JOIN people b ON a.badge = b.badge GROUP BY a.badge
--: the length of what is masked
SELECT max(length(email)) AS n, min(length(email)) AS m FROM people
--: the mask compared with a guess
SELECT count(*) AS n FROM people WHERE email = 'person2@canary.example'
--: the mask of a date narrowed by a range
SELECT count(*) AS n FROM people WHERE born > DATE '1980-01-01' AND born < DATE '1980-12-31'
--: a column that may only be shown, through a WITH query !
WITH t AS (SELECT phone AS x FROM people) SELECT count(*) AS n FROM t WHERE x LIKE '1%'
--: a column that may only be shown, through UNION !
SELECT phone AS x FROM people UNION SELECT '1'
--: a column that may only be shown, in CASE !
SELECT CASE phone WHEN '1' THEN 1 END AS x FROM people
--: a column that may only be shown, sorted by its number !
SELECT phone FROM people ORDER BY 1
--: a column that may only be shown, made distinct !
SELECT DISTINCT phone FROM people
--: a column that may only be shown, in a window !
SELECT id, rank() OVER (ORDER BY phone) AS r FROM people
--: a recursive query that walks to the rows of others
WITH RECURSIVE t AS (SELECT id, manager_id FROM people WHERE id = 1 UNION SELECT p.id, p.manager_id FROM people p JOIN t ON p.manager_id = t.id OR p.id = t.manager_id) SELECT count(*) AS n FROM t
--: a recursive query with the alias of policies !
WITH RECURSIVE __pol AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM __pol WHERE id < 5) SELECT * FROM __pol
--: a query that offers the columns of a rule's own query [duckdb postgres]
SELECT l.* FROM (SELECT 1 AS account_id, 1 AS order_id, 1 AS id) orders, LATERAL (SELECT * FROM order_lines) l
--: a correlated query around a rule that has one
SELECT (SELECT count(*) FROM order_lines l WHERE l.order_id = o.id) AS n FROM orders o
--: a star of a WITH query that is named as a column
WITH id AS (SELECT 5 AS x) SELECT id.*, o.id FROM id JOIN orders o ON o.id = id.x
--: a relation named as a column [duckdb]
SELECT total.total FROM orders total
--: a struct field by the alias of a relation !
SELECT (o).margin FROM orders o
--: a dotted field of a column ! [duckdb postgres]
SELECT (o.total).margin FROM orders o
--: a field of a schema of an alias
SELECT main.o.total FROM orders o
--: Unicode that folds to a hidden name !
SELECT ﬆatus, ｍargin FROM orders
--: a dotless i in a name !
SELECT un&"marg\0131n" FROM orders
--: U& in quotes ! [postgres]
SELECT U&"\006Dargin" FROM orders
--: the Kelvin sign in a name
SELECT * FROM "toKens"
--: a name with a trailing space !
SELECT "margin " FROM orders
--: a name in other case, quoted ! [postgres]
SELECT "MARGIN" FROM orders
--: a name in other case, quoted, elsewhere ! [duckdb sqlite]
SELECT "MARGIN" FROM orders
--: a name quoted with brackets ! [sqlite]
SELECT [margin] FROM orders
--: a file as a relation ! [duckdb]
FROM '<FILE>'
--: a file as a quoted relation ! [duckdb]
SELECT * FROM "<FILE>"
--: a file with a schema ! [duckdb]
SELECT * FROM main."<FILE>"
--: a URL as a relation ! [duckdb]
SELECT * FROM 'https://example.com/x.parquet'
--: a glob as a relation ! [duckdb]
SELECT * FROM '*.csv'
--: a file in a subquery of LIMIT ! [duckdb]
SELECT 1 LIMIT (SELECT count(*) FROM '<FILE>')
--: a file in ORDER BY ! [duckdb]
SELECT 1 ORDER BY (SELECT id FROM '<FILE>')
--: COLUMNS of everything ! [duckdb]
SELECT COLUMNS(*) FROM orders
--: COLUMNS of a function ! [duckdb]
SELECT COLUMNS(c -> c LIKE 'mar%') FROM orders
--: a star with LIKE ! [duckdb]
SELECT * LIKE 'mar%' FROM orders
--: a star with EXCLUDE of a hidden column !
SELECT * EXCLUDE (margin) FROM orders
--: a star with RENAME ! [duckdb]
SELECT * RENAME (id AS margin) FROM orders
--: a lambda ! [duckdb]
SELECT list_transform([1], x -> (SELECT max(margin) FROM orders)) AS l
--: a lambda in the new words ! [duckdb]
SELECT list_transform([1], lambda x: x) AS l
--: a query in a list ! [duckdb]
SELECT [(SELECT margin FROM orders LIMIT 1)] AS l
--: SUMMARIZE ! [duckdb]
SUMMARIZE orders
--: SHOW in FROM ! [duckdb]
SELECT * FROM (SHOW TABLES)
--: DESCRIBE in FROM ! [duckdb]
SELECT * FROM (DESCRIBE vault)
--: a PRAGMA as a function ! [duckdb sqlite]
SELECT * FROM pragma_table_info('vault')
--: EXPLAIN ANALYZE !
EXPLAIN ANALYZE SELECT * FROM vault
--: PIVOT of a hidden column ! [duckdb]
PIVOT orders ON status USING sum(margin)
--: UNPIVOT ! [duckdb]
FROM (UNPIVOT orders ON COLUMNS(* EXCLUDE (id)) INTO NAME n VALUE v)
--: a positional join ! [duckdb]
SELECT * FROM orders POSITIONAL JOIN products
--: an ASOF join that passes by hidden rows [duckdb]
SELECT o.id, m.id AS other FROM orders o ASOF LEFT JOIN orders m ON o.placed_at > m.placed_at
--: a table in the syntax of AT ! [duckdb]
SELECT * FROM orders AT (VERSION => 1)
--: getvariable ! [duckdb]
SELECT getvariable('x')
--: current_setting ! [duckdb postgres]
SELECT current_setting('nlq.claims')
--: set_config in LATERAL ! [postgres]
SELECT x.* FROM orders, LATERAL (SELECT set_config('nlq.claims', '{}', true)) x
--: pg_sleep in LATERAL ! [postgres]
SELECT count(*) FROM orders o, LATERAL (SELECT pg_sleep(o.id)) x
--: an advisory lock ! [postgres]
SELECT pg_advisory_lock(1), pg_try_advisory_xact_lock(2)
--: nextval ! [postgres]
SELECT nextval('x'), currval('x'), lastval()
--: query_to_xml ! [postgres]
SELECT query_to_xml('select * from vault', true, false, '')
--: table_to_xml ! [postgres]
SELECT table_to_xml('vault', true, false, '')
--: lo_get ! [postgres]
SELECT lo_get(1), lo_from_bytea(0, '\x00')
--: the size of a relation ! [postgres]
SELECT pg_relation_size('vault'), pg_total_relation_size('people')
--: a regclass ! [postgres]
SELECT 'vault'::regclass::oid
--: a regclass of a text ! [postgres]
SELECT CAST(name AS regclass) FROM products
--: has_table_privilege ! [postgres]
SELECT has_table_privilege('vault', 'select')
--: to_regclass ! [postgres]
SELECT to_regclass('vault')
--: obj_description ! [postgres]
SELECT obj_description('vault'::regclass)
--: currtid ! [postgres]
SELECT currtid2('vault', '(0,1)')
--: inet and others by cast ! [postgres]
SELECT 'x'::tsquery, '1'::money
--: a cast to the row type of a hidden relation ! [postgres]
SELECT CAST(NULL AS vault)
--: a cast to the row type of a visible relation ! [postgres]
SELECT (NULL::orders).margin
--: a cast to an array of a row type ! [postgres]
SELECT '{}'::vault[]
--: a domain by its schema ! [postgres]
SELECT 'x'::information_schema.sql_identifier
--: a whole row by cast ! [postgres duckdb]
SELECT o::text FROM orders o
--: a whole row to jsonb ! [postgres]
SELECT to_jsonb(o) - 'id' FROM orders o
--: a whole row in a function of strings ! [postgres]
SELECT upper(o::text) FROM orders o
--: a whole row by concat ! [postgres]
SELECT concat(o, '') FROM orders o
--: a whole row by format ! [postgres]
SELECT format('%s', o) FROM orders o
--: a function called as a column ! [postgres]
SELECT o.row_to_json FROM orders o
--: a function called as a column of text ! [postgres]
SELECT o.name FROM orders o
--: a function called with a dot and a schema ! [postgres]
SELECT pg_catalog.pg_read_file('/etc/passwd')
--: an operator with its schema ! [postgres]
SELECT 1 OPERATOR(pg_catalog.+) 2
--: a collation with its schema ! [postgres]
SELECT name COLLATE pg_catalog."C" FROM products
--: a parameter by number !
SELECT $1, $2
--: a parameter by number in SQLite's words ! [sqlite]
SELECT ?1, ?2
--: a parameter by name in SQLite's words ! [sqlite]
SELECT @a, $b
--: the hash key of masks as a parameter !
SELECT :__hash_key AS k
--: a claim as a parameter !
SELECT :me.account_id AS k
--: a claim quoted as a parameter !
SELECT :"me.account_id" AS k
--: psql variables ! [postgres]
SELECT :'x', :{?x}
--: dollar quotes [postgres]
SELECT $$ margin $$ AS x
--: dollar quotes with a tag that hides a statement [postgres]
SELECT $a$ ' ; SELECT * FROM vault -- $a$ AS x
--: an escaped text that ends elsewhere [postgres]
SELECT E'\' UNION SELECT word FROM vault --' AS x
--: a backslash before the quote
SELECT '\' AS x, ' UNION SELECT word FROM vault -- ' AS y
--: adjacent texts joined by a line break
SELECT 'a'
'b' AS x
--: a comment between the parts of an operator !
SELECT 1 |/**/| 2
--: a comment that nests
SELECT 1 /* /* */ UNION SELECT word FROM vault -- */ AS x
--: a comment with a semicolon
SELECT 1 AS x -- ; SELECT * FROM vault
--: a statement behind a semicolon in a comment !
SELECT 1 AS x /* ; */ ; SELECT * FROM vault
--: a bomb of patterns
SELECT count(*) AS n FROM products WHERE '{{"a" * 5000}}' LIKE '{{"%a" * 100}}%b'
--: a bomb of GLOB patterns [sqlite duckdb]
SELECT count(*) AS n FROM products WHERE '{{"a" * 5000}}' GLOB '{{"*a" * 100}}*b'
--: a bomb of nested repetitions [postgres duckdb]
SELECT regexp_replace('{{"a" * 3000}}', '(((((a{1,30}){1,30}){1,30}){1,30}){1,30})b', 'x') AS x
--: a bomb of alternatives with references back [postgres]
SELECT regexp_replace('{{"ab" * 1500}}', '(a*)(b*)*\1\2(a|b|ab)*\3c', 'x') AS x
--: a bomb of powers [postgres]
SELECT count(*) AS n FROM orders WHERE power(9.99::numeric, 130000) > 1
--: a bomb of joined texts
SELECT length(string_agg(a.name, b.name)) AS n FROM products a, products b, products c, products d, products e, products f
--: a bomb of windows
SELECT sum(count(*)) OVER (ORDER BY a.id, b.id, c.id, d.id) AS n FROM products a, products b, products c, products d, products e GROUP BY a.id, b.id, c.id, d.id
--: a bomb of recursion
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT a.n + b.n FROM t a, (SELECT 1 AS n UNION ALL SELECT 2) b) SELECT count(*) AS n FROM t
--: a bomb of generate_series ! [postgres duckdb]
SELECT count(*) FROM generate_series(1, 1000000000000)
--: a bomb of generate_series in SELECT ! [postgres]
SELECT generate_series(1, 1000000000000)
--: a bomb of range ! [duckdb]
SELECT range(1000000000)
--: a bomb of unnest ! [duckdb]
SELECT unnest(range(1000000000))
--: a bomb of intervals
SELECT count(*) AS n FROM orders WHERE placed_at + INTERVAL '99999999' YEAR > placed_at
--: a bomb of decimals
SELECT CAST(total AS DECIMAL(38, 30)) * CAST(total AS DECIMAL(38, 30)) AS x FROM orders
--: what is given in groups, in a list ! [duckdb postgres]
SELECT array_agg(salary) AS s FROM people
--: what is given in groups, in a list sorted by it ! [duckdb postgres]
SELECT array_agg(id ORDER BY salary) AS s FROM people
--: what may only be shown, in a list ! [duckdb postgres]
SELECT array_agg(phone) AS s FROM people
--: a hidden column in a list ! [duckdb postgres]
SELECT array_agg(DISTINCT ssn) AS s FROM people
--: what is masked, in a list [duckdb postgres]
SELECT array_agg(email) AS s, array_agg(badge) AS b FROM people
--: a list compared with a list [duckdb postgres]
SELECT (SELECT array_agg(id ORDER BY id) FROM people) = (SELECT array_agg(id ORDER BY id) FROM people) AS same
--: every element of a list of all [duckdb postgres]
SELECT id FROM orders WHERE id = ANY (SELECT max(id) FROM people)
--: what is given in groups, in a format ! [duckdb sqlite]
SELECT printf('%s', salary) AS s FROM people
--: a hidden column in a format !
SELECT format('%s', margin) AS s FROM orders
--: a format that fails on hidden rows [duckdb sqlite]
SELECT count(*) AS n FROM documents WHERE printf('%d', body) = '1'
--: a format whose type is wrong [postgres]
SELECT count(*) AS n FROM documents WHERE format('%I %L', title, body) = '1'
--: bits of what is given in groups !
SELECT salary & 1 AS s FROM people
--: bits of a hidden column !
SELECT count(*) AS n FROM products WHERE unit_cost & 1 = 1
--: VALUES that capture the column of the rule [duckdb postgres]
SELECT t.account_id, p.id FROM (VALUES (2), (3)) AS t(account_id), LATERAL (SELECT * FROM people) p
--: VALUES with the name of a hidden relation
SELECT * FROM (VALUES (1)) AS vault
--: VALUES with the alias of policies !
SELECT * FROM (VALUES (1)) AS __pol
--: VALUES with a column of policies ! [duckdb postgres]
SELECT * FROM (VALUES (1)) AS t(__x)
--: VALUES that read a hidden relation !
SELECT * FROM (VALUES ((SELECT word FROM vault LIMIT 1))) AS t
--: VALUES that read a hidden column !
SELECT * FROM (VALUES ((SELECT max(margin) FROM orders))) AS t
--: VALUES that read what is given in groups !
SELECT * FROM (VALUES ((SELECT max(salary) FROM people))) AS t
--: VALUES that read the rows of others
SELECT * FROM (VALUES ((SELECT count(*) FROM orders))) AS t
--: VALUES in IN !
SELECT id FROM orders WHERE id IN (VALUES ((SELECT pin FROM vault LIMIT 1)))
--: VALUES of hidden guesses joined to what is given in groups !
SELECT g.x FROM people p JOIN (VALUES (1), (2)) AS g(x) ON p.salary = g.x
--: a series that multiplies what is given in groups ! [duckdb postgres]
SELECT p.id, sum(p.salary) AS s FROM people p, generate_series(1, 5) AS t(n) GROUP BY p.id
--: VALUES that multiply what is given in groups ! [duckdb postgres]
SELECT p.id, sum(p.salary) AS s FROM people p, (VALUES (1), (2), (3), (4), (5)) AS t(n) GROUP BY p.id
--: a series named as a relation [duckdb postgres]
SELECT orders.n FROM generate_series(1, 3) AS orders(n)
--: a series with the alias of policies ! [duckdb postgres]
SELECT * FROM generate_series(1, 3) AS __pol(n)
--: a series with a schema ! [duckdb postgres]
SELECT * FROM main.generate_series(1, 3) AS t(n)
--: a series as far as a hidden number ! [duckdb postgres]
SELECT * FROM generate_series(1, (SELECT pin FROM vault LIMIT 1)) AS t(n)
--: a series as far as a visible number ! [duckdb postgres]
SELECT * FROM orders o, generate_series(1, o.id) AS t(n)
--: series upon series [duckdb postgres]
SELECT count(*) AS n FROM generate_series(1, 100000) AS a(n), generate_series(1, 100000) AS b(n), generate_series(1, 100000) AS c(n)
--: another function in FROM ! [duckdb postgres]
SELECT * FROM unnest(ARRAY[1, 2]) AS t(n)
--: a catalog's function in FROM ! [duckdb]
SELECT * FROM duckdb_tables() AS t(n)
