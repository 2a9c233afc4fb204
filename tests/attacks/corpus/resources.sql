--: brackets too deep !
SELECT {{"(" * 60}}1{{")" * 60}}
--: brackets just deep enough
SELECT {{"(" * 35}}1{{")" * 35}}
--: brackets of a thousand levels !
SELECT {{"(" * 1000}}1{{")" * 1000}}
--: brackets of subqueries !
{{"SELECT * FROM (" * 50}}SELECT 1 AS x{{") AS t" * 50}}
--: functions too deep !
SELECT {{"abs(" * 60}}1{{")" * 60}}
--: casts too deep !
SELECT {{"CAST(" * 50}}1{{" AS INTEGER)" * 50}}
--: types too deep ! [duckdb]
SELECT CAST(1 AS {{"STRUCT(a " * 40}}INTEGER{{")" * 40}})
--: CASE too deep !
SELECT {{"CASE WHEN true THEN " * 60}}1{{" END" * 60}}
--: NOT after NOT !
SELECT {{"NOT " * 500}}true
--: minus after minus !
SELECT {{"- " * 500}}1
--: a chain of OR !
SELECT id FROM orders WHERE id = 1{{" OR id = 2" * 1500}}
--: a chain of AND
SELECT count(*) FROM orders WHERE id > 0{{" AND id > 0" * 100}}
--: a chain of additions !
SELECT 1{{" + 1" * 3000}}
--: a chain of concatenations !
SELECT 'a'{{" || 'a'" * 3000}}
--: a chain of comparisons
SELECT 1{{" = 1" * 100}}
--: a chain of casts ! [duckdb postgres]
SELECT 1{{"::int" * 1000}}
--: a chain of dots !
SELECT {{"a." * 500}}b FROM orders
--: a chain of JSON arrows ! [postgres duckdb]
SELECT note{{" -> 'a'" * 300}} FROM orders
--: too many items of IN !
SELECT id FROM orders WHERE id IN (1{{", 1" * 600}})
--: too many columns
SELECT 1{{", 1" * 2000}}
--: too many joins !
SELECT 1 FROM orders{{", orders" * 20}}
--: too many joins with ON !
SELECT 1 FROM orders AS a{{" JOIN orders ON true" * 20}}
--: too many branches of UNION !
SELECT 1{{" UNION ALL SELECT 1" * 30}}
--: too many WITH queries !
WITH a AS (SELECT 1){{", b AS (SELECT 1)" * 30}} SELECT 1
--: WITH queries that double
WITH a AS (SELECT 1 AS x), b AS (SELECT 1 FROM a, a AS a2), c AS (SELECT 1 FROM b, b AS b2), d AS (SELECT 1 FROM c, c AS c2), e AS (SELECT 1 FROM d, d AS d2) SELECT count(*) FROM e
--: lateral aliases that double [duckdb]
SELECT 1 AS a, a + a AS b, b + b AS c, c + c AS d, d + d AS e, e + e AS f, f + f AS g, g + g AS h, h + h AS i, i + i AS j, j + j AS k, k + k AS l, l + l AS m, m + m AS n, n + n AS o, o + o AS p, p + p AS q, q + q AS r, r + r AS s, s + s AS t, t + t AS u
--: lateral aliases that double as text [duckdb]
SELECT 'aaaaaaaa' AS a, a || a AS b, b || b AS c, c || c AS d, d || d AS e, e || e AS f, f || f AS g, g || g AS h, h || h AS i, i || i AS j, j || j AS k, k || k AS l, l || l AS m, m || m AS n, n || n AS o, o || o AS p
--: replace that doubles
SELECT length(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace('aaaaaaaaaa', 'a', 'aaaaaaaaaa'), 'a', 'aaaaaaaaaa'), 'a', 'aaaaaaaaaa'), 'a', 'aaaaaaaaaa'), 'a', 'aaaaaaaaaa'), 'a', 'aaaaaaaaaa'), 'a', 'aaaaaaaaaa'), 'a', 'aaaaaaaaaa'), 'a', 'aaaaaaaaaa'), 'a', 'aaaaaaaaaa'))
--: text longer than the limit !
SELECT '{{"x" * 30000}}'
--: a name of ten thousand characters
SELECT 1 AS "{{"x" * 10000}}"
--: spaces only !
{{" " * 30000}}SELECT 1
--: comments that nest deep !
SELECT {{"/*" * 5000}} 1
--: commas only
SELECT {{"," * 3000}}
--: quotes only
SELECT {{"'" * 3001}}
--: semicolons only
{{";" * 5000}}
--: LIKE with many wildcards
SELECT count(*) FROM products WHERE name LIKE '{{"%a" * 300}}'
--: repeat !
SELECT repeat('a', 1000000000)
--: lpad that is long !
SELECT lpad('a', 1000000000, 'b')
--: rpad that is long !
SELECT rpad('a', 1000000000, 'b')
--: printf !
SELECT printf('%1000000000d', 1)
--: format ! [postgres sqlite]
SELECT format('%1000000000s', 'a')
--: format with the other's wildcard [duckdb]
SELECT format('%1000000000s', 'a')
--: format with braces ! [duckdb]
SELECT format('{:1000000000}', 'a')
--: zeroblob ! [sqlite]
SELECT zeroblob(1000000000)
--: randomblob ! [sqlite]
SELECT hex(randomblob(1000000000))
--: space ! [sqlite duckdb]
SELECT space(1000000000)
--: bar ! [duckdb]
SELECT bar(1, 0, 10, 1000000000)
--: bitstring ! [duckdb]
SELECT bitstring('1', 1000000000)
--: levenshtein ! [duckdb]
SELECT levenshtein(name, name) FROM people
--: list [duckdb]
SELECT list(name) FROM people
--: range in SELECT ! [duckdb]
SELECT range(1000000000)
--: generate_series in SELECT ! [duckdb postgres]
SELECT generate_series(1, 1000000000)
--: generate_series in FROM !
SELECT count(*) FROM generate_series(1, 1000000000)
--: a string to an array ! [postgres]
SELECT string_to_array('a', 'b')
--: array_fill ! [postgres]
SELECT array_fill(1, ARRAY[1000000])
--: encode ! [postgres duckdb]
SELECT encode('a', 'base64')
--: regexp_split_to_array ! [postgres duckdb]
SELECT regexp_split_to_array(name, '') FROM people
--: a big power
SELECT power(10, 308) * 10
--: a big factorial ! [postgres duckdb]
SELECT factorial(100000)
--: a big number [postgres]
SELECT 10::numeric ^ 100000
--: a decimal of too many digits
SELECT CAST(1 AS DECIMAL(1000, 500))
--: numbers of many digits
SELECT 1{{"0" * 5000}}
--: numbers of many digits in a condition
SELECT count(*) FROM orders WHERE id < 1{{"0" * 400}}
--: string_agg over a cross join
SELECT length(string_agg(a.name, b.name)) FROM people AS a, people AS b, people AS c
--: a cross join of eight
SELECT count(*) FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f, orders AS g, orders AS h
--: a cross join that sorts
SELECT a.id FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e ORDER BY a.total * b.total * c.total * d.total * e.total
--: a cross join that groups
SELECT a.id * b.id * c.id * d.id, count(*) FROM orders AS a, orders AS b, orders AS c, orders AS d, order_lines AS e GROUP BY 1
--: a cross join with DISTINCT
SELECT count(DISTINCT a.name || b.name || c.name || d.name || e.name || f.name) FROM people AS a, people AS b, people AS c, people AS d, people AS e, people AS f
--: a cross join with a window
SELECT sum(x) FROM (SELECT row_number() OVER (ORDER BY a.total, b.total, c.total) AS x FROM orders AS a, orders AS b, orders AS c, orders AS d) AS t
--: a recursion without an end
WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r
--: a recursion that doubles
WITH RECURSIVE r AS (SELECT 'a' AS s UNION ALL SELECT s || s FROM r) SELECT max(length(s)) FROM r
--: a recursion that branches
WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r, orders) SELECT count(*) FROM r
--: a recursion that reads itself twice
WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT a.n + 1 FROM r AS a, r AS b) SELECT count(*) FROM r
--: correlated subqueries within each other
SELECT (SELECT count(*) FROM orders AS b WHERE EXISTS (SELECT 1 FROM orders AS c WHERE c.id + b.id > a.id AND EXISTS (SELECT 1 FROM orders AS d WHERE d.id + c.id + b.id < -a.id))) AS n FROM orders AS a
--: CUBE of many columns [duckdb postgres]
SELECT count(*) FROM people GROUP BY CUBE (id, name, department, active, hired, manager_id, account_id)
--: CUBE of too many columns [duckdb postgres]
SELECT count(*) FROM orders GROUP BY CUBE (id, account_id, person_id, status, channel, total, placed_at, shipped_on, note, id + 1, id + 2, id + 3, id + 4, id + 5, id + 6, id + 7)
--: a pattern that backtracks [postgres duckdb]
SELECT name ~ '(a|a)*(a|a)*(a|a)*(a|a)*b' FROM people
--: a pattern of many repetitions [postgres duckdb]
SELECT name ~ '((((a{1,100}){1,100}){1,100}){1,100}){1,100}' FROM people
--: a pattern with look-behind [duckdb]
SELECT regexp_matches(name, '(?<=a)b') FROM people
--: quantile with a list of many [duckdb]
SELECT quantile_cont(total, [0.1, 0.2]) FROM orders
--: a window over every row for every row
SELECT max(x) FROM (SELECT sum(a.total) OVER (ORDER BY a.id, b.id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS x FROM orders AS a, orders AS b, people AS c) AS t
--: ORDER BY many expressions
SELECT id FROM orders ORDER BY 1{{", 1" * 300}}
--: GROUP BY many expressions
SELECT count(*) FROM orders GROUP BY id{{", id" * 300}}
--: a limit that is huge
SELECT id FROM orders ORDER BY id LIMIT 9223372036854775807
--: a limit that is more than huge
SELECT id FROM orders LIMIT 99999999999999999999999
--: an offset that is huge
SELECT id FROM orders LIMIT 1 OFFSET 9223372036854775807
--: a date far away
SELECT DATE '9999-12-31' + INTERVAL '1' DAY
--: lpad of a column's length !
SELECT lpad(name, stock) FROM products
--: lpad within its limit
SELECT lpad(lpad(name, 200), 200) FROM products ORDER BY id
--: derived tables that double
SELECT x + x AS x FROM (SELECT x + x AS x FROM (SELECT x + x AS x FROM (SELECT x + x AS x FROM (SELECT x + x AS x FROM (SELECT x + x AS x FROM (SELECT x + x AS x FROM (SELECT x + x AS x FROM (SELECT x + x AS x FROM (SELECT x + x AS x FROM (SELECT x + x AS x FROM (SELECT id AS x FROM products) AS t) AS t) AS t) AS t) AS t) AS t) AS t) AS t) AS t) AS t) AS t ORDER BY 1
--: texts that double !
SELECT {{"x || x AS x FROM (SELECT " * 30}}name AS x FROM products{{") AS t" * 30}}
--: a replacement nobody can foresee, twice !
SELECT replace(replace(name, 'P', name), 'r', name) FROM products
--: CUBE of twelve [duckdb postgres]
SELECT count(*) AS n FROM orders a GROUP BY CUBE (id, account_id, person_id, status, channel, total, placed_at, shipped_on, note)
--: CUBE of two dozens [duckdb postgres]
SELECT count(*) AS n FROM orders a, orders b GROUP BY CUBE (a.id, a.account_id, a.person_id, a.status, a.channel, a.total, a.placed_at, a.shipped_on, a.note, b.id, b.account_id, b.person_id, b.status, b.channel, b.total, b.placed_at, b.shipped_on, b.note)
--: CUBE times CUBE [duckdb postgres]
SELECT count(*) AS n FROM orders GROUP BY CUBE (id, account_id, person_id, status), CUBE (channel, total, placed_at, shipped_on), ROLLUP (note, id, status, channel, total)
--: ROLLUP of expressions [duckdb postgres]
SELECT count(*) AS n FROM orders GROUP BY ROLLUP ({{"id + 1, " * 60}}id)
--: a percentile of many fractions [duckdb postgres]
SELECT percentile_cont(ARRAY[{{"0.5, " * 400}}0.1]) WITHIN GROUP (ORDER BY a.id) AS p FROM orders a, orders b, orders c
--: text doubling by recursion !
WITH RECURSIVE t(n, x) AS (SELECT 1, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' UNION ALL SELECT n + 1, x || x FROM t WHERE n < 40) SELECT max(length(x)) AS n FROM t
--: text doubling by WITH
WITH a AS (SELECT string_agg(p.name, o.note) AS x FROM people p, orders o, orders q), b AS (SELECT x || x || x || x AS x FROM a), c AS (SELECT x || x || x || x AS x FROM b), d AS (SELECT x || x || x || x AS x FROM c), e AS (SELECT x || x || x || x AS x FROM d) SELECT length(x) AS n FROM e
--: similarity of long texts [duckdb]
SELECT jaro_winkler_similarity(string_agg(a.name, ''), string_agg(b.note, '')) AS s FROM people a, orders b, orders c, orders d
--: jaccard of long texts [duckdb]
SELECT jaccard(string_agg(a.name, ''), string_agg(b.note, '')) AS s FROM people a, orders b, orders c, orders d
--: numbers growing by recursion
WITH RECURSIVE t(n, x) AS (SELECT 1, CAST(9999999 AS NUMERIC) UNION ALL SELECT n + 1, x * x FROM t WHERE n < 25) SELECT max(n) AS n FROM t
--: factorial of numeric [postgres]
SELECT length(CAST(power(9.9, 100000.5) AS TEXT)) AS n
--: exp of numeric [postgres]
SELECT exp(CAST(5000 AS NUMERIC)) AS n
--: many windows
SELECT {{"sum(a.id) OVER (ORDER BY b.id, c.id), " * 60}}1 FROM orders a, orders b, orders c
--: many scalars
SELECT {{"(SELECT count(*) FROM orders a, orders b, orders c), " * 5}}1
--: regexp backreferences [postgres]
SELECT count(*) AS n FROM orders WHERE 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' ~ '^(a*)*(a*)*(a*)*\1\2\3b$'
--: regexp big counted [postgres duckdb]
SELECT 'a' ~ '((((a{1,250}){1,250}){1,250}){1,250})' AS x
--: LIKE many on long text
SELECT count(*) AS n FROM (SELECT string_agg(a.note, '') AS x FROM orders a, orders b, orders c) t WHERE x LIKE '{{"%n%o" * 60}}%zz'
--: self join explosion
SELECT count(*) AS n FROM orders a JOIN orders b ON a.account_id = b.account_id JOIN orders c ON b.account_id = c.account_id JOIN orders d ON c.account_id = d.account_id JOIN orders e ON d.account_id = e.account_id JOIN orders f ON f.account_id = e.account_id
--: correlated explosion
SELECT count(*) AS n FROM orders a WHERE EXISTS (SELECT 1 FROM orders b WHERE b.id > a.id AND EXISTS (SELECT 1 FROM orders c WHERE c.id > b.id AND EXISTS (SELECT 1 FROM orders d, orders e, orders f WHERE d.total + e.total + f.total + c.total = -1)))
--: text growing by replace in recursion !
WITH RECURSIVE t(n, x) AS (SELECT 1, 'aaaa' UNION ALL SELECT n + 1, replace(x, 'a', 'aaaaaaaaaaaaaaaa') FROM t WHERE n < 20) SELECT max(length(x)) AS n FROM t
--: text doubling by recursion over a derived table !
WITH RECURSIVE t(n, x) AS (SELECT 1, 'aaaa' UNION ALL SELECT n + 1, y FROM (SELECT n, concat(x, x) AS y FROM t) AS s WHERE n < 40) SELECT max(length(x)) AS n FROM t
