--: in SELECT !
SELECT ssn FROM people
--: qualified !
SELECT people.ssn FROM people
--: qualified by an alias !
SELECT p.ssn FROM people AS p
--: quoted !
SELECT "ssn" FROM people AS p WHERE p."ssn" IS NOT NULL
--: in other case !
SELECT SSN FROM people AS p WHERE p.SsN <> ''
--: in WHERE !
SELECT id FROM people WHERE ssn LIKE '1%'
--: in WHERE as a comparison !
SELECT id FROM products WHERE unit_cost > 5
--: in HAVING !
SELECT category FROM products GROUP BY category HAVING max(unit_cost) > 5
--: in ORDER BY !
SELECT id FROM products ORDER BY unit_cost
--: in ORDER BY with an expression !
SELECT id FROM products ORDER BY abs(unit_cost - 5)
--: in GROUP BY !
SELECT count(*) FROM products GROUP BY unit_cost
--: in DISTINCT ON ! [duckdb postgres]
SELECT DISTINCT ON (unit_cost) id FROM products
--: in ON !
SELECT p.id, q.id FROM products AS p JOIN products AS q ON p.unit_cost < q.unit_cost
--: in ON with another relation !
SELECT p.id FROM products AS p JOIN order_lines AS l ON l.quantity < p.unit_cost
--: in USING !
SELECT a.id FROM products AS a JOIN products AS b USING (unit_cost)
--: in NATURAL JOIN
SELECT count(*) AS n FROM products AS a NATURAL JOIN products AS b
--: in NATURAL JOIN of two that share a hidden name
SELECT count(*) AS n FROM people AS a NATURAL JOIN people AS b
--: in PARTITION BY !
SELECT id, row_number() OVER (PARTITION BY unit_cost ORDER BY id) FROM products
--: in the ORDER BY of a window !
SELECT id, rank() OVER (ORDER BY unit_cost) FROM products
--: in a named window !
SELECT id, rank() OVER w FROM products WINDOW w AS (ORDER BY unit_cost)
--: in FILTER !
SELECT count(*) FILTER (WHERE unit_cost > 3) FROM products
--: in QUALIFY ! [duckdb]
SELECT id FROM products QUALIFY row_number() OVER (ORDER BY unit_cost) = 1
--: in WITHIN GROUP ! [duckdb postgres]
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY unit_cost) FROM products
--: in an aggregate's ORDER BY ! [duckdb postgres]
SELECT string_agg(name, ',' ORDER BY unit_cost) FROM products
--: in a sum !
SELECT sum(unit_cost) FROM products
--: in a maximum !
SELECT max(margin) FROM orders
--: in a CASE !
SELECT CASE WHEN unit_cost > 5 THEN 1 ELSE 0 END FROM products
--: in COALESCE !
SELECT coalesce(unit_cost, 0) FROM products
--: in a subquery !
SELECT (SELECT max(unit_cost) FROM products) AS x
--: in a correlated subquery !
SELECT id FROM orders AS o WHERE EXISTS (SELECT 1 FROM products AS p WHERE p.unit_cost > o.total)
--: in a derived table !
SELECT x FROM (SELECT unit_cost AS x FROM products) AS t
--: in a WITH query !
WITH t AS (SELECT unit_cost AS x FROM products) SELECT x FROM t
--: in a set operation !
SELECT name FROM products UNION SELECT ssn FROM people
--: in EXCEPT !
SELECT id FROM products EXCEPT SELECT id FROM products WHERE unit_cost > 3
--: in LIMIT !
SELECT id FROM products LIMIT (SELECT max(unit_cost) FROM products)
--: in OFFSET !
SELECT id FROM products ORDER BY id LIMIT 5 OFFSET (SELECT max(unit_cost) FROM products)
--: in a join with a derived table !
SELECT * FROM products JOIN (SELECT id AS i, unit_cost AS c FROM products) AS t ON t.i = products.id
--: behind a star
SELECT * FROM products
--: behind a qualified star
SELECT p.* FROM people AS p
--: behind a star of a join
SELECT * FROM orders AS o JOIN order_lines AS l ON l.order_id = o.id
--: behind a star in EXISTS
SELECT id FROM orders AS o WHERE EXISTS (SELECT * FROM order_lines AS l WHERE l.order_id = o.id) ORDER BY 1
--: behind a star in IN
SELECT id FROM products WHERE id IN (SELECT * FROM (SELECT id FROM products) AS x)
--: by position in UNION
SELECT 1, 'a', 'b', 2.0, 3 UNION ALL SELECT * FROM products
--: by position in ORDER BY
SELECT * FROM products ORDER BY 6
--: by position in ORDER BY, past the visible
SELECT * FROM products ORDER BY 7
--: by position in GROUP BY
SELECT * FROM orders GROUP BY 10
--: by renaming in the alias !
SELECT x FROM people AS p(a, b, c, d, e, f, g, x)
--: by renaming in the alias, a different relation !
SELECT f FROM products AS t(a, b, c, d, e, f, g)
--: by renaming in a derived table
SELECT f FROM (SELECT * FROM products) AS t(a, b, c, d, e, f)
--: by renaming in a WITH query
WITH t(a, b, c, d, e, f) AS (SELECT * FROM products) SELECT f FROM t
--: by renaming more than there are
WITH t(a, b, c, d, e, f, g) AS (SELECT * FROM products) SELECT g FROM t
--: by renaming a join
SELECT * FROM (products AS p CROSS JOIN accounts AS a) AS t(a, b, c, d, e, f)
--: COLUMNS with a pattern [duckdb]
SELECT COLUMNS('unit.*') FROM products
--: COLUMNS with a star [duckdb]
SELECT COLUMNS(*) FROM products
--: COLUMNS with a lambda [duckdb]
SELECT COLUMNS(c -> c LIKE 'u%') FROM products
--: COLUMNS in an aggregate [duckdb]
SELECT min(COLUMNS(*)) FROM products
--: COLUMNS in WHERE [duckdb]
SELECT id FROM products WHERE COLUMNS(*) IS NOT NULL
--: a star LIKE [duckdb]
SELECT * LIKE 'unit%' FROM products
--: a star unpacked [duckdb]
SELECT coalesce(*COLUMNS(*)) FROM products
--: EXCLUDE of visible columns [duckdb]
SELECT * EXCLUDE (id, name, category, price, stock, discontinued) FROM products
--: EXCLUDE of a hidden column [duckdb]
SELECT * EXCLUDE (unit_cost) FROM products
--: REPLACE by a hidden column [duckdb]
SELECT * REPLACE (unit_cost AS price) FROM products
--: REPLACE of a hidden column [duckdb]
SELECT * REPLACE (1 AS unit_cost) FROM products
--: RENAME of a hidden column [duckdb]
SELECT * RENAME (unit_cost AS x) FROM products
--: PIVOT [duckdb]
PIVOT products ON category USING sum(unit_cost)
--: PIVOT as a source [duckdb]
SELECT * FROM (PIVOT products ON category USING max(price))
--: PIVOT after a relation [duckdb]
SELECT * FROM products PIVOT (max(unit_cost) FOR category IN ('paper'))
--: UNPIVOT [duckdb]
UNPIVOT products ON COLUMNS(* EXCLUDE (id)) INTO NAME n VALUE v
--: UNPIVOT of a hidden column [duckdb]
SELECT * FROM products UNPIVOT (v FOR n IN (price, unit_cost))
--: GROUP BY ALL [duckdb]
SELECT category, max(unit_cost) FROM products GROUP BY ALL
--: ORDER BY ALL [duckdb]
SELECT * FROM products ORDER BY ALL
--: an alias with the hidden name
SELECT price AS unit_cost FROM products ORDER BY unit_cost
--: an alias with the hidden name in WHERE
SELECT price AS unit_cost FROM products WHERE unit_cost > 0
--: an alias with the hidden name in GROUP BY
SELECT category AS unit_cost, count(*) FROM products GROUP BY unit_cost ORDER BY 1
--: an alias with the hidden name in HAVING
SELECT category AS unit_cost, count(*) FROM products GROUP BY category HAVING unit_cost > 'a'
--: an alias with the hidden name in a later item
SELECT price AS unit_cost, unit_cost + 1 FROM products ORDER BY 1
--: an alias with the hidden name in a subquery
SELECT price AS margin, (SELECT max(margin) FROM orders) FROM products
--: an outer alias with the hidden name
SELECT (SELECT ssn) FROM people
--: an outer relation for a hidden column
SELECT t.ssn FROM (SELECT 'x' AS ssn) AS t, people ORDER BY 1
--: an outer derived table for a hidden column in a subquery
SELECT (SELECT max(ssn) FROM people) FROM (SELECT 'x' AS ssn) AS t
--: a hidden column as an odd name !
SELECT "Hidden Bit" FROM "Odd Table"
--: a hidden column as an odd name, unquoted !
SELECT Hidden_Bit FROM "Odd Table"
--: a hidden column between odd ones
SELECT * FROM "Odd Table" ORDER BY 1
--: a self join to compare a hidden column with itself !
SELECT a.id FROM people AS a JOIN people AS b ON a.ssn = b.ssn WHERE a.id <> b.id
--: SEMI JOIN ON a hidden column ! [duckdb]
SELECT id FROM products AS a SEMI JOIN order_lines AS b ON a.unit_cost = b.unit_price
--: ANTI JOIN ON a hidden column ! [duckdb]
SELECT id FROM products AS a ANTI JOIN order_lines AS b ON a.unit_cost = b.unit_price
--: ASOF JOIN ON a hidden column [duckdb]
SELECT p.id FROM products AS p ASOF JOIN order_lines AS l ON p.unit_cost >= l.unit_price
--: POSITIONAL JOIN [duckdb]
SELECT * FROM products POSITIONAL JOIN vault
--: ROLLUP over a hidden column !
SELECT count(*) FROM products GROUP BY ROLLUP (unit_cost)
--: CUBE over a hidden column !
SELECT count(*) FROM products GROUP BY CUBE (category, unit_cost)
--: GROUPING SETS over a hidden column !
SELECT count(*) FROM products GROUP BY GROUPING SETS ((unit_cost), ())
--: an argument of a window function !
SELECT lag(unit_cost) OVER (ORDER BY id) FROM products
--: a frame of a window over it !
SELECT sum(1) OVER (ORDER BY unit_cost RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) FROM products
--: any value !
SELECT any_value(ssn) FROM people
--: arg_max by it ! [duckdb]
SELECT arg_max(id, unit_cost) FROM products
--: a JSON path into it ! [duckdb postgres]
SELECT ssn -> '$.a' FROM people
--: a LIKE with it as a pattern !
SELECT id FROM people WHERE 'x' LIKE ssn
--: BETWEEN with it !
SELECT id FROM products WHERE 3 BETWEEN unit_cost AND price
--: IN with it !
SELECT id FROM people WHERE '1' IN (ssn, name)
--: a tuple with it !
SELECT id FROM people WHERE (ssn, id) IN (SELECT name, id FROM people)
--: ANY with it ! [postgres]
SELECT id FROM products WHERE 3 < ANY (SELECT unit_cost FROM products)
--: its type ! [duckdb postgres sqlite]
SELECT typeof(ssn) FROM people
--: its nullness !
SELECT count(ssn), count(*) FROM people
--: its equality with itself !
SELECT count(*) FROM people WHERE ssn = ssn
