--: a cast that fails on hidden text
SELECT id FROM messages WHERE CAST(subject AS INTEGER) > 0
--: a cast that fails on hidden text, guarded by her own rows
SELECT id FROM messages WHERE sender_id NOT IN (2, 3) AND CAST(body AS INTEGER) = 1
--: a cast in SELECT
SELECT CAST(note AS INTEGER) FROM orders WHERE account_id = 2
--: a cast in ORDER BY
SELECT id FROM orders WHERE account_id = 2 ORDER BY CAST(note AS INTEGER)
--: a cast in GROUP BY
SELECT count(*) FROM orders WHERE account_id = 2 GROUP BY CAST(note AS INTEGER)
--: a cast in HAVING
SELECT account_id FROM orders GROUP BY account_id HAVING min(CAST(note AS INTEGER)) > 0
--: a cast in ON
SELECT o.id FROM orders AS o JOIN people AS p ON CAST(o.note AS INTEGER) = p.id
--: a cast in an outer join's ON
SELECT p.id FROM people AS p LEFT JOIN orders AS o ON CAST(o.note AS INTEGER) = p.id AND o.account_id = 2
--: a cast in a CASE
SELECT id FROM orders WHERE CASE WHEN account_id = 2 THEN CAST(note AS INTEGER) ELSE 1 END > 0 ORDER BY id
--: a cast in a window
SELECT id, sum(CAST(note AS INTEGER)) OVER () FROM orders WHERE account_id = 2
--: a cast in a lateral [duckdb postgres]
SELECT o.id FROM orders AS o, LATERAL (SELECT CAST(o.note AS INTEGER) AS n) AS x WHERE o.account_id = 2
--: a cast in FILTER
SELECT count(*) FILTER (WHERE CAST(note AS INTEGER) > 0) FROM orders WHERE account_id = 2
--: a cast in IN
SELECT id FROM people WHERE id IN (SELECT CAST(subject AS INTEGER) FROM messages WHERE sender_id = 4)
--: a cast of a date
SELECT id FROM people WHERE CAST(name AS DATE) > DATE '2020-01-01'
--: a cast of a boolean
SELECT id FROM people WHERE CAST(name AS BOOLEAN)
--: a cast of an interval [duckdb postgres]
SELECT id FROM people WHERE CAST(name AS INTERVAL) > INTERVAL '1' DAY
--: a cast of a UUID [duckdb postgres]
SELECT id FROM people WHERE CAST(name AS UUID) IS NULL
--: a cast of JSON [duckdb postgres]
SELECT id FROM people WHERE CAST(name AS JSON) IS NULL
--: a comparison that is a cast
SELECT id FROM messages WHERE subject = 1
--: a comparison with a number in text
SELECT id FROM orders WHERE note < 5
--: an IN that is a cast
SELECT id FROM messages WHERE subject IN (1, 2)
--: a BETWEEN that is a cast
SELECT id FROM orders WHERE note BETWEEN 1 AND 2
--: a text as a condition
SELECT id FROM messages WHERE subject
--: a text in a sum
SELECT id FROM orders WHERE note + 1 > 0
--: a join that is a cast
SELECT o.id FROM orders AS o JOIN people AS p ON o.note = p.id
--: a USING that is a cast
SELECT count(*) FROM (SELECT note AS id FROM orders) AS a JOIN people AS b USING (id)
--: a division by zero
SELECT id FROM documents WHERE 1 / views > 0 AND owner_id <> 2
--: a division by zero in SELECT
SELECT 1 / views FROM documents WHERE owner_id = 5 AND views = 0
--: a division by a difference
SELECT id FROM documents WHERE 1 / (views - 10) > 0 ORDER BY id
--: a division in CASE
SELECT id FROM orders WHERE CASE WHEN account_id = 2 THEN 1 / 0 ELSE 1 END = 1 ORDER BY id
--: a division by what a hidden quantity is
SELECT id FROM order_lines WHERE 10 / quantity > 3 ORDER BY id
--: a modulo by zero
SELECT id FROM order_lines WHERE 10 % quantity = 0 ORDER BY id
--: an overflow of integers
SELECT id FROM documents WHERE views * 2000000000 > 0 ORDER BY id
--: an overflow of decimals
SELECT id FROM orders WHERE total * 99999999999999999999999999.0 > 1 ORDER BY id
--: an overflow of the sum
SELECT sum(total * 9999999999999999999999999999.0) FROM orders
--: an overflow of a cast
SELECT id FROM orders WHERE CAST(total AS SMALLINT) > 0 ORDER BY id
--: an overflow of a power
SELECT id FROM documents WHERE power(rating, 400) > 1 ORDER BY id
--: an overflow of an exponent
SELECT id FROM documents WHERE exp(views * 10) > 1 ORDER BY id
--: an overflow of a date
SELECT id FROM people WHERE hired + INTERVAL '300000' YEAR > hired
--: an overflow of a timestamp
SELECT id FROM orders WHERE placed_at - INTERVAL '8000' YEAR > placed_at
--: the logarithm of zero
SELECT id FROM documents WHERE ln(views) > 1 ORDER BY id
--: the root of a negative number
SELECT id FROM documents WHERE sqrt(views - 1) > 1 ORDER BY id
--: an arc cosine out of its range
SELECT id FROM documents WHERE acos(views) > 0 ORDER BY id
--: a substring of negative length
SELECT id FROM messages WHERE substring(subject, 1, 3 - length(subject)) = 'x'
--: a subquery of more than one row
SELECT id FROM people WHERE id = (SELECT person_id FROM orders WHERE account_id = 2)
--: a subquery of more than one row for others only
SELECT id FROM people AS p WHERE 1 = (SELECT 1 FROM messages AS m WHERE m.sender_id = p.id + 3)
--: a subquery of more than one row in SELECT
SELECT (SELECT word FROM (SELECT note AS word FROM orders WHERE account_id = 2) AS x)
--: a subquery of more than one row in LIMIT
SELECT id FROM people ORDER BY id LIMIT (SELECT id FROM accounts)
--: a regular expression that is not valid
SELECT id FROM messages WHERE regexp_matches('x', subject)
--: a regular expression that is not valid, by its operator [postgres duckdb]
SELECT id FROM messages WHERE 'x' ~ subject
--: SIMILAR TO [postgres duckdb]
SELECT id FROM messages WHERE 'x' SIMILAR TO subject
--: regexp_replace with a hidden pattern [postgres duckdb]
SELECT id FROM messages WHERE regexp_replace('x', body, '') = ''
--: a REGEXP operator [sqlite]
SELECT id FROM messages WHERE subject REGEXP '['
--: a LIKE with a pattern that ends in its escape
SELECT id FROM messages WHERE 'x' LIKE body
--: a LIKE with an escape that is no character
SELECT id FROM messages WHERE subject LIKE 'x' ESCAPE body
--: a LIKE with a literal that ends in a backslash
SELECT id FROM messages WHERE subject LIKE 'canar\'
--: to_char with a hidden format [postgres]
SELECT id FROM messages WHERE to_char(sent_at, body) = ''
--: to_date of hidden text [postgres]
SELECT id FROM messages WHERE to_date(subject, 'YYYY') > DATE '2000-01-01'
--: to_number of hidden text [postgres]
SELECT id FROM messages WHERE to_number(subject, '9') > 1
--: strptime of hidden text [duckdb]
SELECT id FROM messages WHERE strptime(subject, '%Y') > TIMESTAMP '2000-01-01'
--: strftime with a hidden format [duckdb sqlite]
SELECT id FROM messages WHERE strftime(sent_at, body) = ''
--: date_trunc with a hidden unit [duckdb postgres]
SELECT id FROM messages WHERE date_trunc(subject, sent_at) = sent_at
--: date_part with a hidden unit [duckdb postgres]
SELECT id FROM messages WHERE date_part(body, sent_at) > 0
--: a time zone that is hidden [duckdb postgres]
SELECT id FROM messages WHERE sent_at AT TIME ZONE subject > sent_at
--: make_date out of range [duckdb postgres]
SELECT id FROM documents WHERE make_date(views, 1, 1) > DATE '0001-01-01' ORDER BY id
--: chr out of range
SELECT id FROM documents WHERE chr(views * 1000000) = 'x' ORDER BY id
--: an index out of range [duckdb postgres]
SELECT split_part(title, ' ', views) FROM documents ORDER BY id
--: width_bucket with equal bounds [postgres]
SELECT width_bucket(views, rating, rating, 5) FROM documents
--: ntile of zero
SELECT ntile(0) OVER (ORDER BY id) FROM orders
--: ntile of a hidden number
SELECT ntile((SELECT max(views) FROM documents WHERE owner_id = 5)) OVER (ORDER BY id) FROM orders
--: a frame of a hidden number
SELECT sum(views) OVER (ORDER BY id ROWS views PRECEDING) FROM documents
--: an error() function [duckdb]
SELECT CASE WHEN account_id = 2 THEN error(note) END FROM orders
--: an error from json [duckdb postgres]
SELECT id FROM messages WHERE CAST(body AS JSON) ->> 'a' = 'x'
--: a JSON path of hidden text [duckdb]
SELECT json_extract('{}', body) FROM messages
--: a JSON path operator
SELECT id FROM messages WHERE body -> 'a' IS NULL
--: RAISE [sqlite]
SELECT RAISE(ABORT, subject) FROM messages
--: an error by abs of the least integer [sqlite duckdb]
SELECT abs(-9223372036854775807 - 1)
--: an error by a sum of big integers [sqlite]
SELECT sum(9223372036854775807) FROM orders
--: an error of a recursive type
WITH RECURSIVE r AS (SELECT 1 AS x UNION ALL SELECT note FROM orders) SELECT * FROM r
--: an error of types in UNION
SELECT id FROM orders UNION SELECT note FROM orders ORDER BY 1
--: an error of types in CASE
SELECT CASE WHEN id > 0 THEN note ELSE id END FROM orders ORDER BY 1
--: an error of types in COALESCE
SELECT coalesce(note, id) FROM orders ORDER BY 1
--: an error of types in VALUES
SELECT * FROM (VALUES (1), ('x')) AS t(a)
--: an error of types in IN over a query
SELECT id FROM people WHERE id IN (SELECT note FROM orders)
--: an error of types in a comparison with ANY [postgres duckdb]
SELECT id FROM people WHERE id = ANY (SELECT note FROM orders)
--: an error from the barrier: a rule with a function
SELECT id FROM documents WHERE CAST(title AS INTEGER) = 1
--: an error from the barrier: a rule with a query
SELECT id FROM order_lines WHERE 1 / (quantity) = 1 ORDER BY id
--: an error in a correlated subquery
SELECT id FROM people AS p WHERE EXISTS (SELECT 1 FROM messages AS m WHERE CAST(m.subject AS INTEGER) = p.id)
--: an error in ORDER BY of a subquery
SELECT id FROM people WHERE id IN (SELECT sender_id FROM messages ORDER BY CAST(subject AS INTEGER) LIMIT 1)
--: an error in DISTINCT ON [duckdb postgres]
SELECT DISTINCT ON (CAST(note AS INTEGER)) id FROM orders WHERE account_id = 2
--: an error in QUALIFY [duckdb]
SELECT id FROM orders QUALIFY max(CAST(note AS INTEGER)) OVER (PARTITION BY account_id) > 0
--: an error in a recursive query
WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r JOIN messages AS m ON CAST(m.subject AS INTEGER) = r.n WHERE n < 3) SELECT * FROM r
--: an error in a set operation's branch
SELECT id FROM orders UNION ALL SELECT CAST(subject AS INTEGER) FROM messages WHERE sender_id = 4
--: an error in an array
SELECT id FROM people WHERE id = ANY (ARRAY[CAST((SELECT max(subject) FROM messages WHERE sender_id = 4) AS INTEGER)])
--: TRY_CAST tells nothing of others [duckdb]
SELECT count(*) AS n FROM messages WHERE TRY_CAST(subject AS INTEGER) IS NULL
--: time: a heavy function on hidden rows
SELECT count(*) AS n FROM messages WHERE sender_id = 4 AND length(replace(replace(body, 'a', 'aaaa'), 'a', 'aaaa')) > 0
--: time: a cross join for hidden rows only
SELECT count(*) AS n FROM orders AS o WHERE account_id = 2 AND EXISTS (SELECT 1 FROM order_lines AS a, order_lines AS b, order_lines AS c WHERE a.id + b.id + c.id = o.id)
--: time: a sleep for hidden rows [postgres]
SELECT CASE WHEN account_id = 2 THEN pg_sleep(1) END FROM orders
--: time: an expensive pattern for hidden rows [postgres duckdb]
SELECT count(*) AS n FROM messages WHERE sender_id = 4 AND body ~ '(a+)+$'
--: the caller's text in the error
SELECT * FROM orders WHERE total > 'SELECT word FROM vault'
--: the error of an unknown enum value
SELECT id FROM orders WHERE status = 'nonsense'
--: the text of an error with a subquery
SELECT CAST((SELECT string_agg(note, ',') FROM orders WHERE account_id = 2) AS INTEGER)
--: the text of an error with a maximum
SELECT CAST((SELECT max(name) FROM people WHERE account_id = 2) AS INTEGER)
--: division by zero of a hidden account
SELECT id, 1 / (account_id - 2) AS x FROM orders ORDER BY id
--: division by zero of a hidden account in having
SELECT status, sum(1 / (account_id - 2)) AS x FROM orders GROUP BY status ORDER BY 1
--: division in a filter
SELECT count(*) FILTER (WHERE 1 / (account_id - 2) > 5) AS n FROM orders
--: division in a join
SELECT count(*) AS n FROM orders o JOIN people p ON p.id = o.person_id AND 1 / (o.account_id - 2) < 5
--: division in a window
SELECT sum(1 / (account_id - 2)) OVER () AS n FROM orders
--: division in a distinct
SELECT DISTINCT 1 / (account_id - 2) AS n FROM orders
--: division in an order
SELECT id FROM orders ORDER BY 1 / (account_id - 2), id
--: division in a derived table
SELECT id FROM (SELECT id, 1 / (account_id - 2) AS z FROM orders) t ORDER BY id
--: division in a derived table that is asked
SELECT id FROM (SELECT id, 1 / (account_id - 2) AS z FROM orders) t WHERE z < 5 ORDER BY id
--: division in EXISTS
SELECT id FROM people p WHERE EXISTS (SELECT 1 / (o.account_id - 2) FROM orders o) ORDER BY id
--: division in a scalar subquery
SELECT (SELECT sum(1 / (account_id - 2)) FROM orders) AS x
--: division in a set operation
SELECT 1 / (account_id - 2) AS x FROM orders INTERSECT SELECT 1
--: a cast in a set operation
SELECT CAST(note AS INTEGER) AS x FROM orders EXCEPT SELECT 1
--: a cast in distinct
SELECT DISTINCT CAST(body AS INTEGER) AS x FROM messages
--: a cast in coalesce
SELECT coalesce(CAST(NULLIF(subject, subject) AS INTEGER), CAST(body AS INTEGER)) AS x FROM messages
--: limit 0 and a cast
SELECT CAST(body AS INTEGER) AS x FROM messages LIMIT 0
--: limit and an order by a cast
SELECT id FROM messages ORDER BY CAST(body AS INTEGER) LIMIT 1
--: group by a cast
SELECT count(*) AS n FROM messages GROUP BY CAST(body AS INTEGER)
--: join on casts of both sides
SELECT count(*) AS n FROM messages a JOIN messages b ON CAST(a.body AS INTEGER) = CAST(b.body AS INTEGER)
--: IN over casts
SELECT id FROM people WHERE id IN (SELECT CAST(body AS INTEGER) FROM messages)
--: a date that is out of range in an interval
SELECT id FROM orders WHERE placed_at + total * INTERVAL '100' YEAR > placed_at
--: an interval of hidden totals
SELECT id FROM orders WHERE placed_at + total * INTERVAL '1' DAY > placed_at ORDER BY id
--: a substring with a hidden length [postgres]
SELECT substring('x' FROM 1 FOR CAST(total - 10 AS INTEGER)) AS s FROM orders
--: a scalar subquery of several for hidden rows
SELECT id FROM orders o WHERE (SELECT 1 FROM order_lines l WHERE l.order_id = o.id) = 1 ORDER BY id
