--: a WITH query with the name of what it reads
WITH vault AS (SELECT * FROM vault) SELECT word FROM vault
--: a qualified relation that is not rewritten [duckdb sqlite]
SELECT o.id FROM main.orders AS o WHERE o.account_id = 2
--: a qualified relation that is not rewritten, in public [postgres]
SELECT o.id FROM public.orders AS o WHERE o.account_id = 2
--: a qualified relation beside a rewritten one [duckdb sqlite]
SELECT a.id FROM orders AS a, main.orders AS b WHERE b.account_id = 2
--: the value of the rule by arithmetic
SELECT count(*) AS n FROM orders WHERE account_id = 123 + 876
--: the value of the rule by arithmetic that is right
SELECT count(*) AS n FROM orders WHERE account_id = 3 - 1
--: EXISTS
SELECT id FROM people WHERE EXISTS (SELECT 1 FROM vault WHERE word LIKE 'c%')
--: NOT EXISTS
SELECT id FROM people WHERE NOT EXISTS (SELECT 1 FROM vault WHERE word LIKE 'c%')
--: ARRAY of a query [postgres duckdb]
SELECT ARRAY(SELECT word FROM vault)
--: ANY of a query [postgres duckdb]
SELECT id FROM people WHERE name = ANY (SELECT word FROM vault)
--: IN a query
SELECT id FROM people WHERE name IN (SELECT word FROM vault)
--: a query in ON
SELECT o.id FROM orders AS o JOIN people AS p ON (SELECT max(pin) FROM vault) > 0
--: a query in VALUES
SELECT * FROM (VALUES ((SELECT word FROM vault))) AS t(x)
--: VALUES at the root
VALUES ((SELECT word FROM vault))
--: a query in unnest [postgres duckdb]
SELECT * FROM unnest((SELECT array_agg(word) FROM vault)) AS t(x)
--: a query in LIMIT
SELECT id FROM orders LIMIT (SELECT count(*) FROM vault)
--: a hidden column in WHERE
SELECT name FROM people WHERE ssn = '1'
--: a hidden column in ORDER BY
SELECT name FROM people ORDER BY ssn
--: a hidden column in JOIN
SELECT a.name FROM people AS a JOIN people AS b ON a.ssn = b.ssn
--: a hidden column in USING
SELECT a.name FROM people AS a JOIN people AS b USING (ssn)
--: query_to_xml [postgres]
SELECT query_to_xml('SELECT * FROM vault', true, true, '')
--: pg_read_file [postgres]
SELECT pg_read_file('/etc/passwd')
--: lo_import [postgres]
SELECT lo_import('/etc/passwd')
--: nextval [postgres duckdb]
SELECT nextval('s')
--: COLUMNS with a pattern [duckdb]
SELECT COLUMNS('card.*') FROM people
--: COLUMNS with a pattern that fits [duckdb]
SELECT COLUMNS('ss.*') FROM people
--: columns by position in an alias
SELECT a, b, c FROM people AS t(a, b, c)
--: columns by position in an alias, all
SELECT h FROM people AS t(a, b, c, d, e, f, g, h, i, j, k, l, m)
--: a writable WITH query
WITH gone AS (DELETE FROM messages RETURNING *) SELECT * FROM gone
--: SELECT INTO
SELECT * INTO stolen FROM people
--: FOR UPDATE
SELECT * FROM people FOR UPDATE
--: a whole row to JSON [postgres]
SELECT row_to_json(people) FROM people
--: a rule that is appended to an outer join
SELECT p.id, o.id FROM people AS p LEFT JOIN orders AS o ON o.person_id = p.id AND o.account_id = 2 ORDER BY 1
--: a rule that an OR takes away
SELECT id FROM orders WHERE id = 1 OR 1 = 1 ORDER BY 1
--: a rule that a UNION escapes
SELECT id FROM orders WHERE id = 1 UNION ALL SELECT id FROM orders WHERE account_id = 2 ORDER BY 1
--: a rule that a comment takes away
SELECT id FROM orders WHERE id = 1 -- AND account_id = 1
--: a rule that an alias captures
SELECT y.total FROM (SELECT 1 AS account_id) AS x, LATERAL (SELECT * FROM orders) AS y
--: a table that stands in a lateral unnest [postgres duckdb]
SELECT * FROM people AS p, LATERAL unnest((SELECT array_agg(word) FROM vault)) AS t(x)
--: statements that parse as a column
SAVEPOINT a
--: statements that parse as an alias
LISTEN x
--: statements that parse as a name
CHECKPOINT
--: several statements that parse as one
SELECT 1; SELECT 2
