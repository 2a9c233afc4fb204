--: a masked column is shown masked
SELECT email, born, badge FROM people ORDER BY id
--: a pattern on the masked value
SELECT id FROM people WHERE email LIKE '%example%' ORDER BY id
--: a guess at the whole value
SELECT id FROM people WHERE email = 'p@example.org' ORDER BY id
--: a range on the masked value
SELECT id FROM people WHERE email BETWEEN 'p' AND 'q' ORDER BY id
--: the length of the masked value
SELECT id, length(email) FROM people ORDER BY id
--: characters of the masked value
SELECT id, substr(email, 1, 3), substr(email, 5, 1), right(email, 4) FROM people ORDER BY id
--: the last characters
SELECT id, substr(email, length(email) - 2) AS x FROM people ORDER BY id
--: ordered by the masked value
SELECT id FROM people ORDER BY email, id
--: ordered by what is not shown
SELECT id FROM (SELECT id, email AS e FROM people) AS t ORDER BY e, id
--: grouped by the masked value
SELECT email, count(*) AS n FROM people GROUP BY email ORDER BY 1
--: distinct masked values
SELECT count(DISTINCT email) AS n FROM people
--: joined on the masked value
SELECT count(*) AS n FROM people AS a JOIN people AS b ON a.email = b.email
--: joined on a masked value and text that is not
SELECT p.id FROM people AS p JOIN messages AS m ON m.body = p.email
--: a natural join over masks
SELECT count(*) AS n FROM (SELECT email FROM people) AS a NATURAL JOIN (SELECT email FROM people) AS b
--: a masked value as a pattern
SELECT id FROM people WHERE 'p***' LIKE email ORDER BY id
--: a masked value in a regular expression [postgres duckdb]
SELECT id FROM people WHERE email ~ '@' ORDER BY id
--: the least and the greatest masked value
SELECT min(email), max(email) FROM people
--: concatenation with the masked value
SELECT email || name FROM people ORDER BY id
--: comparison with a column of another row
SELECT a.id FROM people AS a JOIN people AS b ON a.email > b.email ORDER BY a.id, b.id
--: a cast of a masked value
SELECT CAST(email AS INTEGER) FROM people
--: a cast of a masked value in a condition
SELECT id FROM people WHERE CAST(email AS INTEGER) > 0
--: a masked value by another name
SELECT e FROM (SELECT email AS e FROM people) AS t ORDER BY 1
--: a masked value through a WITH query
WITH p AS (SELECT * FROM people) SELECT email FROM p ORDER BY 1
--: a masked value in a set operation
SELECT email FROM people INTERSECT SELECT name FROM people
--: a masked value in a window
SELECT id, rank() OVER (ORDER BY email) AS r FROM people ORDER BY id
--: lag over the masked value
SELECT id, lag(email) OVER (ORDER BY id) AS e FROM people ORDER BY id
--: the month of a rounded date [duckdb postgres]
SELECT id, extract(month FROM born) AS m FROM people ORDER BY id
--: the day of a rounded date [duckdb postgres]
SELECT id, extract(day FROM born), extract(doy FROM born) FROM people ORDER BY id
--: the month of a rounded date in SQLite [sqlite]
SELECT id, strftime('%m-%d', born) AS m FROM people ORDER BY id
--: a search for the day of birth
SELECT id FROM people WHERE born > DATE '1980-06-01' ORDER BY id
--: a search within a year
SELECT id FROM people WHERE born BETWEEN DATE '1980-02-01' AND DATE '1980-12-31' ORDER BY id
--: the difference of rounded dates
SELECT a.id, b.id, a.born > b.born AS x FROM people AS a, people AS b ORDER BY 1, 2
--: the age [postgres duckdb]
SELECT id, age(TIMESTAMP '2026-01-01', born) AS a FROM people ORDER BY id
--: an average of a rounded date [duckdb]
SELECT avg(born) FROM people
--: born plus an interval
SELECT id, born + INTERVAL '1' DAY AS x FROM people ORDER BY id
--: a guess at a hash by its input
SELECT id FROM people WHERE badge = '12' ORDER BY id
--: a guess at a hash by a hash [duckdb]
SELECT id FROM people WHERE badge = sha256('12')
--: a guess at a hash by a hash, in Postgres [postgres]
SELECT id FROM people WHERE badge = encode(sha256('12'), 'hex')
--: a guess at a hash by md5
SELECT id FROM people WHERE badge = md5('12')
--: a hash joined to other text
SELECT p.id FROM people AS p JOIN people AS q ON p.badge = q.name ORDER BY 1
--: the function that hashes !
SELECT nlq_sha256('x') FROM people
--: the key of the hashes as a parameter !
SELECT :__hash_key FROM people
--: the mask undone by COALESCE
SELECT coalesce(NULL, email) AS e FROM people ORDER BY id
--: the mask undone by CASE
SELECT CASE WHEN email IS NOT NULL THEN email END AS e FROM people ORDER BY id
--: the mask undone by a star
SELECT * FROM people WHERE email IS NOT NULL
--: the mask undone by a qualified name [duckdb sqlite]
SELECT main.people.email FROM main.people ORDER BY id
--: the mask undone by a correlated name
SELECT (SELECT p.email) AS e FROM people AS p ORDER BY id
--: the mask undone by a lateral [duckdb postgres]
SELECT x.e FROM people AS p, LATERAL (SELECT p.email AS e) AS x ORDER BY p.id
--: the mask undone by a self join
SELECT q.email FROM people AS p JOIN people AS q ON q.id = p.manager_id ORDER BY p.id
--: the mask undone by an alias that captures it
SELECT people.email FROM (SELECT 'x' AS email) AS people
--: the mask undone by UNION with NULL
SELECT email FROM people UNION ALL SELECT NULL ORDER BY 1
--: a mask in HAVING
SELECT department FROM people GROUP BY department HAVING max(email) > 'q' ORDER BY 1
--: a filter on a column that is only shown !
SELECT id FROM people WHERE phone = '555-0103'
--: a pattern on a column that is only shown !
SELECT id FROM people WHERE phone LIKE '555%'
--: a sort by a column that is only shown !
SELECT id FROM people ORDER BY phone
--: a group of a column that is only shown !
SELECT phone, count(*) FROM people GROUP BY phone
--: a join on a column that is only shown !
SELECT a.id FROM people AS a JOIN people AS b ON a.phone = b.phone
--: a join by USING on a column that is only shown !
SELECT a.id FROM people AS a JOIN people AS b USING (phone)
--: a natural join on a column that is only shown !
SELECT a.id FROM people AS a NATURAL JOIN people AS b
--: distinct values of a column that is only shown !
SELECT DISTINCT phone FROM people
--: a set operation over a column that is only shown !
SELECT phone FROM people INTERSECT SELECT '555-0103'
--: a filter through a derived table !
SELECT id FROM (SELECT id, phone AS p FROM people) AS t WHERE p = '555-0103'
--: a filter through a WITH query !
WITH t AS (SELECT id, phone FROM people) SELECT id FROM t WHERE phone = '555-0103'
--: a filter through an expression !
SELECT id FROM (SELECT id, lower(phone) AS p FROM people) AS t WHERE p = '555-0103'
--: a CASE on a column that is only shown !
SELECT CASE WHEN phone = '555-0103' THEN 1 ELSE 0 END FROM people
--: an alias that sorts by it !
SELECT id, phone AS p FROM people ORDER BY p
--: a position that sorts by it !
SELECT id, phone FROM people ORDER BY 2
--: a window over it !
SELECT rank() OVER (ORDER BY phone) FROM people
--: the greatest of it !
SELECT max(phone) FROM people
--: a filter in an aggregate !
SELECT count(*) FILTER (WHERE phone = '555-0103') FROM people
--: IN a query of it !
SELECT id FROM people WHERE '555-0103' IN (SELECT phone FROM people)
--: a union that removes equal ones !
SELECT phone FROM people UNION SELECT phone FROM people
