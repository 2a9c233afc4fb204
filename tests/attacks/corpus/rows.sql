--: a tautology
SELECT id FROM orders WHERE 1 = 1 ORDER BY id
--: a tautology after OR
SELECT id FROM orders WHERE account_id = 2 OR true ORDER BY id
--: an OR that wants to end the rule
SELECT id FROM orders WHERE id = 1 OR account_id = 2 OR 1 = 1 ORDER BY id
--: another account
SELECT * FROM orders WHERE account_id = 2
--: another account by arithmetic
SELECT * FROM orders WHERE account_id = 1 + 1
--: not mine
SELECT * FROM orders WHERE account_id <> 1
--: not mine, by NOT
SELECT * FROM orders WHERE NOT (account_id = 1)
--: the account as NULL
SELECT * FROM orders WHERE account_id IS NULL
--: a LEFT JOIN to those of others
SELECT p.id, o.id FROM people AS p LEFT JOIN orders AS o ON o.account_id <> p.account_id ORDER BY 1, 2
--: a RIGHT JOIN
SELECT p.id, o.id FROM people AS p RIGHT JOIN orders AS o ON o.person_id = p.id ORDER BY 1, 2
--: a FULL JOIN
SELECT count(*) AS n FROM people AS p FULL JOIN orders AS o ON false
--: a FULL JOIN on true
SELECT count(*) AS n FROM people AS p FULL JOIN orders AS o ON p.id = o.person_id
--: a CROSS JOIN
SELECT count(*) AS n FROM people AS p CROSS JOIN orders AS o
--: a comma join
SELECT count(*) AS n FROM people, orders
--: a NATURAL JOIN of two filtered relations
SELECT count(*) AS n FROM people NATURAL JOIN orders
--: a NATURAL FULL JOIN
SELECT count(*) AS n FROM people NATURAL FULL JOIN orders
--: an anti join by IS NULL
SELECT l.id FROM order_lines AS l LEFT JOIN orders AS o ON o.id = l.order_id WHERE o.id IS NULL
--: an anti join by NOT EXISTS
SELECT id FROM order_lines AS l WHERE NOT EXISTS (SELECT 1 FROM orders AS o WHERE o.id = l.order_id)
--: NOT IN a filtered relation
SELECT id FROM people WHERE id NOT IN (SELECT person_id FROM orders) ORDER BY 1
--: NOT IN with those of others
SELECT id FROM people WHERE id NOT IN (SELECT person_id FROM orders WHERE account_id = 2) ORDER BY 1
--: EXISTS of others
SELECT id FROM people WHERE EXISTS (SELECT 1 FROM orders WHERE account_id = 2)
--: EXISTS in a CASE
SELECT CASE WHEN EXISTS (SELECT 1 FROM orders WHERE total > 700000000) THEN 1 ELSE 0 END AS x
--: EXISTS in SELECT
SELECT EXISTS (SELECT 1 FROM messages WHERE body LIKE '%body%') AS x
--: EXISTS in ORDER BY
SELECT id FROM people ORDER BY EXISTS (SELECT 1 FROM orders WHERE account_id = 2), id
--: EXISTS in HAVING
SELECT count(*) FROM people HAVING EXISTS (SELECT 1 FROM orders WHERE account_id = 2)
--: a scalar subquery counts
SELECT (SELECT count(*) FROM orders) AS n, (SELECT count(*) FROM messages) AS m
--: a scalar subquery in LIMIT
SELECT id FROM people ORDER BY id LIMIT (SELECT count(*) FROM accounts)
--: a scalar subquery in a window
SELECT id, sum((SELECT count(*) FROM accounts)) OVER () FROM accounts
--: a scalar subquery in an argument
SELECT coalesce(NULL, (SELECT max(total) FROM orders)) AS x
--: a scalar subquery in GROUP BY
SELECT count(*) FROM people GROUP BY (SELECT max(id) FROM orders)
--: a count of everything
SELECT count(*) AS n FROM messages
--: counts of every relation
SELECT 'a' AS t, count(*) AS n FROM accounts UNION ALL SELECT 'p', count(*) FROM people UNION ALL SELECT 'o', count(*) FROM orders UNION ALL SELECT 'l', count(*) FROM order_lines UNION ALL SELECT 'd', count(*) FROM documents
--: the greatest and the least
SELECT min(id), max(id), min(total), max(total), min(placed_at), max(placed_at) FROM orders
--: sums and averages
SELECT sum(total), avg(total), count(DISTINCT person_id) FROM orders
--: deviations
SELECT sum(total * total) - sum(total) * sum(total) / count(*) AS x FROM orders
--: gaps between numbers tell of rows of others
SELECT id, lead(id) OVER (ORDER BY id) - id AS gap FROM orders ORDER BY id
--: a rank among all
SELECT id, rank() OVER (ORDER BY total DESC) AS r FROM orders ORDER BY id
--: a running sum
SELECT id, sum(total) OVER (ORDER BY id) AS s FROM orders ORDER BY id
--: a window without a partition
SELECT id, count(*) OVER () AS n FROM order_lines ORDER BY id
--: a window over the column of the rule
SELECT id, count(*) OVER (PARTITION BY account_id) AS n FROM orders ORDER BY id
--: UNION with others
SELECT id FROM orders UNION SELECT id FROM orders WHERE account_id = 2 ORDER BY 1
--: UNION ALL in brackets
(SELECT id FROM orders) UNION ALL (SELECT id FROM order_lines) ORDER BY 1
--: INTERSECT
SELECT id FROM orders INTERSECT SELECT order_id FROM order_lines ORDER BY 1
--: EXCEPT
SELECT order_id FROM order_lines EXCEPT SELECT id FROM orders
--: EXCEPT ALL [duckdb postgres]
SELECT order_id FROM order_lines EXCEPT ALL SELECT id FROM orders ORDER BY 1
--: a set operation of three
SELECT id FROM people UNION SELECT id FROM orders EXCEPT SELECT id FROM messages ORDER BY 1
--: a set operation inside IN
SELECT id FROM people WHERE id IN (SELECT id FROM orders UNION SELECT id FROM messages) ORDER BY 1
--: a set operation inside EXISTS
SELECT id FROM people WHERE EXISTS (SELECT 1 FROM orders WHERE account_id = 2 UNION SELECT 1 FROM orders WHERE account_id = 3)
--: a recursive walk over managers
WITH RECURSIVE up AS (SELECT id, manager_id, 1 AS depth FROM people WHERE manager_id IS NULL UNION ALL SELECT p.id, p.manager_id, up.depth + 1 FROM people AS p JOIN up ON p.manager_id = up.id WHERE up.depth < 9) SELECT id, depth FROM up ORDER BY id
--: a recursive walk that leaves the account
WITH RECURSIVE w AS (SELECT 1 AS a UNION SELECT o.account_id FROM orders AS o JOIN w ON o.account_id <> w.a) SELECT a FROM w ORDER BY a
--: the messages of others
SELECT * FROM messages WHERE sender_id = 4
--: messages joined to themselves
SELECT count(*) AS n FROM messages AS a JOIN messages AS b ON a.recipient_id <> b.sender_id
--: lines of orders that are not mine
SELECT * FROM order_lines WHERE order_id > 40
--: lines through a product
SELECT p.id, count(l.id) AS n FROM products AS p LEFT JOIN order_lines AS l ON l.product_id = p.id GROUP BY p.id ORDER BY 1
--: private documents
SELECT id, title FROM documents WHERE visibility = 'private' ORDER BY id
--: documents with another spelling of public
SELECT id FROM documents WHERE lower(visibility) <> 'public' ORDER BY id
--: ROLLUP totals [duckdb postgres]
SELECT status, count(*) AS n FROM orders GROUP BY ROLLUP (status) ORDER BY 1, 2
--: CUBE totals [duckdb postgres]
SELECT status, channel, sum(total) AS s FROM orders GROUP BY CUBE (status, channel) ORDER BY 1, 2, 3
--: an empty group
SELECT count(*) AS n FROM orders WHERE account_id = 2 GROUP BY ()
--: DISTINCT values of the column of the rule
SELECT DISTINCT account_id FROM orders
--: DISTINCT ON [duckdb postgres]
SELECT DISTINCT ON (account_id) account_id, id FROM orders ORDER BY account_id, id
--: OFFSET past the end
SELECT id FROM orders ORDER BY id OFFSET 40
--: LIMIT ALL [postgres]
SELECT id FROM orders ORDER BY id LIMIT ALL
--: a negative LIMIT [sqlite]
SELECT id FROM orders ORDER BY id LIMIT -1
--: a LIMIT in percent [duckdb]
SELECT id FROM orders ORDER BY id LIMIT 100%
--: FETCH WITH TIES [postgres]
SELECT id FROM orders ORDER BY account_id FETCH FIRST 1 ROWS WITH TIES
--: ANY of others [postgres duckdb]
SELECT id FROM people WHERE id = ANY (SELECT person_id FROM orders WHERE account_id = 2)
--: ALL of others [postgres duckdb]
SELECT id FROM people WHERE id > ALL (SELECT person_id FROM orders WHERE account_id = 2) ORDER BY 1
--: IN with several columns
SELECT id FROM orders WHERE (id, account_id) IN (SELECT id, 2 FROM orders)
--: IS DISTINCT FROM
SELECT id FROM orders WHERE account_id IS DISTINCT FROM 1
--: a join that multiplies rows
SELECT count(*) AS n FROM orders AS a JOIN orders AS b ON a.account_id = b.account_id
--: a join with brackets
SELECT count(*) AS n FROM (people AS p JOIN orders AS o ON o.person_id = p.id) JOIN order_lines AS l ON l.order_id = o.id
--: a join with USING
SELECT count(*) AS n FROM people JOIN orders USING (account_id)
--: USING and the merged column
SELECT account_id FROM people FULL JOIN orders USING (account_id) WHERE account_id <> 1
--: a derived table in a derived table
SELECT * FROM (SELECT * FROM (SELECT * FROM (SELECT id, account_id FROM orders) AS a) AS b) AS c WHERE account_id = 2
--: a CTE that is read twice
WITH o AS (SELECT * FROM orders) SELECT count(*) AS n FROM o AS a JOIN o AS b ON a.id = b.id
--: a materialized CTE [postgres duckdb]
WITH o AS MATERIALIZED (SELECT * FROM orders) SELECT count(*) AS n FROM o
--: a CTE that is not materialized [postgres duckdb]
WITH o AS NOT MATERIALIZED (SELECT * FROM orders) SELECT count(*) AS n FROM o
--: SEMI JOIN [duckdb]
SELECT count(*) AS n FROM people AS p SEMI JOIN orders AS o ON o.account_id = 2
--: ANTI JOIN [duckdb]
SELECT count(*) AS n FROM people AS p ANTI JOIN orders AS o ON o.account_id = 2
--: ASOF JOIN [duckdb]
SELECT count(*) FROM messages AS m ASOF JOIN orders AS o ON m.sent_at >= o.placed_at
--: a GLOB over another account [sqlite duckdb]
SELECT id FROM people WHERE name GLOB 'can*'
--: a MATCH [sqlite]
SELECT id FROM people WHERE people MATCH 'x'
--: a sort by what others have
SELECT id FROM people AS p ORDER BY (SELECT count(*) FROM orders AS o WHERE o.person_id > p.id), id
