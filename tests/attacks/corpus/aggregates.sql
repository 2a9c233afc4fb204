--: the values themselves !
SELECT salary FROM people
--: the values behind a star
SELECT * FROM people
--: the greatest !
SELECT max(salary) FROM people
--: the least !
SELECT min(salary) FROM people
--: any one !
SELECT any_value(salary) FROM people
--: the middle one !
SELECT median(salary) FROM people
--: a percentile ! [duckdb postgres]
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY salary) FROM people
--: a percentile between ! [duckdb postgres]
SELECT percentile_cont(0.0) WITHIN GROUP (ORDER BY salary) FROM people
--: the most common one ! [duckdb postgres]
SELECT mode() WITHIN GROUP (ORDER BY salary) FROM people
--: first and last ! [duckdb]
SELECT first(salary ORDER BY id), last(salary) FROM people
--: the one of the greatest id ! [duckdb]
SELECT arg_max(salary, id) FROM people
--: all of them in text ! [duckdb postgres]
SELECT string_agg(CAST(salary AS TEXT), ',') FROM people
--: all of them in text, in SQLite ! [sqlite]
SELECT group_concat(salary) FROM people
--: distinct ones counted !
SELECT count(DISTINCT salary) FROM people
--: distinct ones summed !
SELECT sum(DISTINCT salary) FROM people
--: a product ! [duckdb]
SELECT product(salary) FROM people
--: a sum over all of them
SELECT sum(salary) AS s, avg(salary) AS a FROM people
--: a sum of small groups
SELECT department, sum(salary) AS s, count(*) AS n FROM people GROUP BY department ORDER BY 1
--: a sum of groups of one
SELECT id, sum(salary) AS s FROM people GROUP BY id ORDER BY id
--: an average of groups of one
SELECT name, avg(salary) AS s FROM people GROUP BY name ORDER BY 1
--: a sum for one row
SELECT sum(salary) AS s FROM people WHERE id = 3
--: an average for one row
SELECT avg(salary) AS s FROM people WHERE name = 'Person 3'
--: a sum for no row
SELECT sum(salary) AS s FROM people WHERE id = -1
--: a sum for four rows
SELECT sum(salary) AS s FROM people WHERE id <= 4
--: a sum with a limit inside
SELECT sum(s) AS s FROM (SELECT salary AS s FROM people ORDER BY id LIMIT 1) AS t
--: a sum with CASE for one row
SELECT sum(CASE WHEN id = 3 THEN salary ELSE 0 END) AS s FROM people
--: a sum with CASE for one row and NULL
SELECT sum(CASE WHEN id = 3 THEN salary END) AS s FROM people
--: a sum with a factor that isolates
SELECT sum(salary * (CASE WHEN id = 3 THEN 1 ELSE 0 END)) AS s FROM people
--: a sum with a factor by NULLIF
SELECT sum(nullif(salary, 0) * (id = 3)) AS s FROM people
--: a sum with IIF [sqlite]
SELECT sum(iif(id = 3, salary, 0)) AS s FROM people
--: a sum with FILTER for one row
SELECT sum(salary) FILTER (WHERE id = 3) AS s FROM people
--: a sum of powers that encodes each
SELECT sum(salary * power(10, id)) AS s FROM people
--: a sum of differences
SELECT sum(salary - id) AS s FROM people
--: a sum of a comparison
SELECT sum(CASE WHEN salary > 770001050 THEN 1 ELSE 0 END) AS n FROM people
--: a count under a condition
SELECT count(*) FILTER (WHERE salary > 770001050) AS n FROM people
--: a sum of a concatenation
SELECT sum(CAST(salary || '0' AS DECIMAL(20, 2))) AS s FROM people
--: a sum of a modulo
SELECT sum(salary % 10) AS s FROM people
--: a sum of a floor
SELECT sum(floor(salary / 10)) AS s FROM people
--: a window over each row !
SELECT id, sum(salary) OVER (PARTITION BY id) AS s FROM people ORDER BY id
--: a running sum !
SELECT id, sum(salary) OVER (ORDER BY id) AS s FROM people ORDER BY id
--: an average over the row and its neighbour !
SELECT id, avg(salary) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS a FROM people
--: a lag !
SELECT id, lag(salary) OVER (ORDER BY id) FROM people
--: a first value !
SELECT first_value(salary) OVER (ORDER BY id) FROM people
--: a rank by it !
SELECT id, rank() OVER (ORDER BY salary) FROM people
--: a filter by it !
SELECT id FROM people WHERE salary > 770001050
--: a filter by it and a sum !
SELECT sum(salary) FROM people WHERE salary < 770001001
--: a sort by it !
SELECT id FROM people ORDER BY salary
--: a sort by it and a limit !
SELECT id FROM people ORDER BY salary DESC LIMIT 1
--: a group by it !
SELECT count(*) FROM people GROUP BY salary
--: a group by an expression of it !
SELECT count(*) FROM people GROUP BY floor(salary / 10)
--: a join on it !
SELECT a.id FROM people AS a JOIN people AS b ON a.salary > b.salary
--: a join on it by USING !
SELECT a.id FROM people AS a JOIN people AS b USING (salary)
--: a join with a table of guesses !
SELECT p.id, g.x FROM people AS p JOIN (SELECT 770001033 AS x) AS g ON g.x = p.salary
--: an aggregate in HAVING
SELECT department FROM people GROUP BY department HAVING sum(salary) > 770001050 ORDER BY 1
--: an aggregate of a group of one in HAVING
SELECT id FROM people GROUP BY id HAVING sum(salary) > 770001050 ORDER BY id
--: an aggregate in ORDER BY
SELECT id FROM people GROUP BY id ORDER BY sum(salary)
--: an aggregate of a group of one as an order of departments
SELECT department FROM people GROUP BY department ORDER BY avg(salary)
--: a subquery that compares with the sum
SELECT id FROM people WHERE (SELECT sum(salary) FROM people AS q WHERE q.id = people.id) > 770001050 ORDER BY id
--: a correlated sum for each row
SELECT id, (SELECT sum(q.salary) FROM people AS q WHERE q.id = p.id) AS s FROM people AS p ORDER BY id
--: a lateral sum for each row [duckdb postgres]
SELECT p.id, x.s FROM people AS p, LATERAL (SELECT sum(q.salary) AS s FROM people AS q WHERE q.id = p.id) AS x ORDER BY 1
--: a group of one multiplied by a join
SELECT p.id, sum(p.salary) AS s, count(*) AS n FROM people AS p CROSS JOIN products AS x GROUP BY p.id ORDER BY 1
--: an average multiplied by a join
SELECT p.id, avg(p.salary) AS a FROM people AS p, products AS x GROUP BY p.id ORDER BY 1
--: one row multiplied by a UNION ALL
SELECT avg(s) AS a FROM (SELECT salary AS s FROM people WHERE id = 3 UNION ALL SELECT salary FROM people WHERE id = 3 UNION ALL SELECT salary FROM people WHERE id = 3 UNION ALL SELECT salary FROM people WHERE id = 3 UNION ALL SELECT salary FROM people WHERE id = 3) AS t
--: one row filled up with zeros
SELECT sum(s) AS s FROM (SELECT salary AS s FROM people WHERE id = 3 UNION ALL SELECT 0 FROM people) AS t
--: one row filled up by an outer join
SELECT sum(p.salary) AS s FROM products AS x LEFT JOIN people AS p ON p.id = 3 AND x.id = 1
--: one row filled up by an outer join, averaged
SELECT avg(p.salary) AS s FROM products AS x LEFT JOIN people AS p ON p.id = 3
--: one row multiplied within a derived table
SELECT avg(s) AS a FROM (SELECT p.salary AS s FROM people AS p, products AS x WHERE p.id = 3) AS t
--: a derived table passes it on
SELECT sum(s) AS s FROM (SELECT salary AS s FROM people) AS t
--: a WITH query passes it on
WITH t AS (SELECT id, salary AS s FROM people) SELECT s FROM t WHERE id = 3
--: a sum of sums of one
SELECT sum(s) AS s FROM (SELECT id, sum(salary) AS s FROM people GROUP BY id) AS t WHERE id = 3
--: a maximum of sums of one
SELECT max(s) AS s FROM (SELECT sum(salary) AS s FROM people GROUP BY id) AS t
--: ROLLUP with small groups [duckdb postgres]
SELECT department, sum(salary) AS s FROM people GROUP BY ROLLUP (department) ORDER BY 1, 2
--: GROUPING SETS of one [duckdb postgres]
SELECT id, sum(salary) AS s FROM people GROUP BY GROUPING SETS ((id), ()) ORDER BY 1, 2
--: DISTINCT ON [duckdb postgres]
SELECT DISTINCT ON (department) sum(salary) AS s FROM people GROUP BY department, id
--: a variance of two
SELECT stddev(salary) AS s FROM people WHERE id <= 2
--: a variance of all [duckdb postgres]
SELECT round(stddev_pop(salary), 3) AS s, round(var_pop(salary), 3) AS v FROM people
--: a correlation with the id [duckdb postgres]
SELECT corr(salary, id) AS c FROM people WHERE id <= 2
--: a slope [duckdb postgres]
SELECT regr_slope(salary, id) AS c, regr_intercept(salary, id) AS i FROM people WHERE id <= 2
--: a set operation over it !
SELECT salary FROM people EXCEPT SELECT 770001033
--: IN over it !
SELECT id FROM people WHERE 770001033 IN (SELECT salary FROM people)
--: EXISTS over it !
SELECT id FROM products WHERE EXISTS (SELECT 1 FROM people WHERE salary = 770001033)
--: the quotient of two sums
SELECT sum(salary) / sum(CASE WHEN id = 3 THEN salary ELSE 1 END) AS q FROM people
--: a cast that fails in a sum
SELECT sum(1 / (CAST(salary AS INTEGER) - 770001033)) AS s FROM people
--: an overflow in a sum
SELECT sum(salary * 1e300 * 1e300) AS s FROM people
--: a boolean aggregate [duckdb postgres]
SELECT bool_or(salary = 770001033) FROM people
--: a text of the sum of one
SELECT CAST(sum(salary) AS TEXT) AS t FROM people WHERE id = 3
--: a coalesce around the sum of one
SELECT coalesce(sum(salary), 0) AS s FROM people WHERE id = 3
--: total() of one [sqlite]
SELECT total(salary) AS s FROM people WHERE id = 3
--: pay joined to itself by key
SELECT avg(p.salary) AS s FROM people p JOIN people q ON p.id = q.id
--: pay by a key of a union
SELECT p.id, avg(p.salary) AS s FROM people p JOIN (SELECT id FROM people UNION ALL SELECT id FROM people UNION ALL SELECT id FROM people UNION ALL SELECT id FROM people UNION ALL SELECT id FROM people) x ON x.id = p.id GROUP BY p.id
--: pay by a key compared with itself
SELECT p.id, avg(p.salary) AS s FROM people p JOIN people q ON q.id = q.id GROUP BY p.id
--: pay by a key or anything
SELECT p.id, avg(p.salary) AS s FROM people p JOIN people q ON q.id = p.manager_id OR TRUE GROUP BY p.id
--: pay by a key plus nothing
SELECT p.id, avg(p.salary) AS s FROM people p JOIN people q ON q.id + 0 = p.manager_id GROUP BY p.id
--: pay by key in the other order
SELECT q.id, avg(q.salary) AS s FROM people q JOIN people p ON p.manager_id = q.id GROUP BY q.id
--: pay by right join
SELECT q.id, avg(q.salary) AS s FROM people p RIGHT JOIN people q ON q.id = p.manager_id GROUP BY q.id
--: pay by right join by key
SELECT p.id, sum(p.salary) AS s FROM people p RIGHT JOIN orders o ON p.id = o.person_id GROUP BY p.id
--: pay by left join by key of orders
SELECT p.id, avg(p.salary) AS s FROM orders o LEFT JOIN people p ON p.id = o.person_id GROUP BY p.id
--: pay by using
SELECT id, avg(salary) AS s FROM people JOIN (SELECT person_id AS id FROM orders) o USING (id) GROUP BY id
--: pay by natural
SELECT avg(salary) AS s FROM people NATURAL JOIN (SELECT 3 AS id UNION ALL SELECT 3 UNION ALL SELECT 3 UNION ALL SELECT 3 UNION ALL SELECT 3) x
--: pay by three joins
SELECT p.id, avg(p.salary) AS s FROM people p JOIN accounts a ON a.id = p.account_id JOIN people q ON q.account_id = a.id GROUP BY p.id
--: pay by lateral [duckdb postgres]
SELECT avg(q.salary) AS s FROM products x, LATERAL (SELECT * FROM people WHERE id = 3) q
--: pay by WITH that repeats
WITH q AS (SELECT id, salary FROM people WHERE id = 3), r AS (SELECT * FROM q UNION ALL SELECT * FROM q UNION ALL SELECT * FROM q UNION ALL SELECT * FROM q UNION ALL SELECT * FROM q) SELECT sum(salary) AS s FROM r
--: pay by recursion
WITH RECURSIVE r(id, n) AS (SELECT id, 1 FROM people WHERE id = 3 UNION ALL SELECT id, n + 1 FROM r WHERE n < 6) SELECT avg(p.salary) AS s FROM people p JOIN r ON r.id = p.id
--: pay by rollup [duckdb postgres]
SELECT department, id, sum(salary) AS s FROM people GROUP BY ROLLUP (department, id) ORDER BY 1, 2
--: pay in an order by [duckdb postgres]
SELECT department FROM people GROUP BY ROLLUP(department) ORDER BY sum(salary)
--: pay with a masked neighbour
SELECT email, sum(salary) AS s FROM people GROUP BY email
--: pay by a window over an aggregate [duckdb postgres]
SELECT department, sum(sum(salary)) OVER () AS s FROM people GROUP BY department
--: pay by lag over aggregates
SELECT department, sum(salary) - lag(sum(salary)) OVER (ORDER BY department) AS d FROM people GROUP BY department
--: pay in qualify [duckdb]
SELECT id FROM people QUALIFY row_number() OVER (ORDER BY salary) = 1
--: pay in any_value filter [duckdb]
SELECT any_value(salary) FILTER (WHERE id = 3) FROM people
--: pay in count distinct of expression
SELECT count(DISTINCT CASE WHEN salary > 770001050 THEN id END) AS n FROM people
--: pay in count of null
SELECT count(salary) AS n FROM people WHERE id = 3
--: pay with having of one
SELECT department, sum(salary) AS s FROM people GROUP BY department HAVING count(*) > 0 AND min(id) = 1
--: pay of scalars per row
SELECT id, (SELECT avg(salary) FROM people q WHERE q.department = p.department) AS s FROM people p ORDER BY id
--: pay of scalars, outer column in the aggregate
SELECT id, (SELECT sum(p.salary) FROM products) AS s FROM people p
--: pay of an outer aggregate in a subquery
SELECT (SELECT sum(p.salary)) AS s FROM people p GROUP BY p.id
--: pay of an aggregate of the outer query with filter
SELECT p.id, (SELECT max(x) FROM (SELECT sum(p.salary) AS x FROM products) z) AS s FROM people p
--: a manager's pay through those managed
SELECT q.id, avg(q.salary) AS s FROM people p JOIN people q ON q.id = p.manager_id GROUP BY q.id
