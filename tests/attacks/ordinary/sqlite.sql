SELECT strftime('%Y-%m', placed_at) AS month, count(*) AS n FROM orders GROUP BY 1 ORDER BY 1
SELECT strftime('%Y', placed_at) AS year, sum(total) AS s FROM orders GROUP BY year
SELECT strftime('%w', placed_at) AS weekday, count(*) AS n FROM orders GROUP BY 1
SELECT CAST(strftime('%m', placed_at) AS INTEGER) AS month FROM orders
SELECT strftime('%H', placed_at) AS hour, count(*) AS n FROM orders GROUP BY hour ORDER BY hour
SELECT date(placed_at) AS day, count(*) AS n FROM orders GROUP BY day ORDER BY day
SELECT date(placed_at, '+7 days') AS due FROM orders
SELECT date(placed_at, 'start of month') AS month, sum(total) AS s FROM orders GROUP BY 1
SELECT date(placed_at, 'start of month', '+1 month', '-1 day') AS month_end FROM orders
SELECT datetime(placed_at) AS t, time(placed_at) AS c FROM orders
SELECT julianday(shipped_on) - julianday(placed_at) AS days FROM orders WHERE shipped_on IS NOT NULL
SELECT avg(julianday(shipped_on) - julianday(placed_at)) AS days FROM orders
SELECT CAST((julianday('2026-01-01') - julianday(hired)) / 365.25 AS INTEGER) AS years FROM people
SELECT unixepoch(placed_at) AS seconds FROM orders
SELECT count(*) AS n FROM orders WHERE placed_at >= date('2025-06-01', '-30 days')
SELECT count(*) AS n FROM orders WHERE placed_at >= date('now', '-10 years')
SELECT count(*) AS n FROM orders WHERE date(placed_at) = '2025-03-01'
SELECT count(*) AS n FROM orders WHERE strftime('%Y', placed_at) = '2025'
SELECT count(*) AS n FROM orders WHERE placed_at < CURRENT_TIMESTAMP
SELECT count(*) AS n FROM orders WHERE placed_at < CURRENT_DATE
SELECT group_concat(name) AS names FROM products
SELECT group_concat(name, ', ') AS names FROM products
SELECT category, group_concat(DISTINCT name) AS names FROM products GROUP BY category
SELECT total(stock) AS stock FROM products
SELECT ifnull(note, '-') AS note FROM orders
SELECT iif(total > 100, 'big', 'small') AS size FROM orders
SELECT instr(name, 'd') AS at FROM products
SELECT substr(name, -2) AS last FROM products
SELECT name FROM products WHERE name GLOB 'Product [0-9]'
SELECT name FROM products WHERE name LIKE 'product%' COLLATE NOCASE
SELECT name FROM people ORDER BY name COLLATE NOCASE
SELECT ltrim(name) AS l, rtrim(name) AS r, upper(name) AS u FROM products
SELECT max(price, 10) AS g, min(price, 10) AS l FROM products
SELECT CAST(total AS REAL) / 3 AS third, total * 1.0 / 7 AS seventh FROM orders
SELECT round(price * 1.21, 2) AS gross, abs(price - 20) AS a FROM products
SELECT typeof(price) AS t FROM products
SELECT id, total FROM orders ORDER BY total DESC LIMIT 5, 5
SELECT id, sum(total) OVER (ORDER BY placed_at) AS running FROM orders
SELECT id, sum(total) OVER (ORDER BY id GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM orders
SELECT sum(total) FILTER (WHERE status = 'paid') / sum(total) AS share FROM orders
SELECT strftime('%Y-%m', placed_at) AS month, sum(total) AS revenue, lag(sum(total)) OVER (ORDER BY strftime('%Y-%m', placed_at)) AS before FROM orders GROUP BY 1 ORDER BY 1
WITH monthly AS (SELECT strftime('%Y-%m', placed_at) AS month, sum(total) AS revenue FROM orders GROUP BY 1) SELECT month, revenue, (revenue - lag(revenue) OVER (ORDER BY month)) / lag(revenue) OVER (ORDER BY month) * 100 AS growth FROM monthly
WITH firsts AS (SELECT person_id, min(strftime('%Y-%m', placed_at)) AS cohort FROM orders GROUP BY person_id) SELECT f.cohort, count(DISTINCT o.person_id) AS people FROM orders o JOIN firsts f ON f.person_id = o.person_id GROUP BY f.cohort
SELECT status AS s, count(*) AS n FROM orders GROUP BY s HAVING n > 2 ORDER BY n
SELECT total AS t FROM orders WHERE t > 100
SELECT department, name, max(hired) AS latest FROM people GROUP BY department
SELECT (strftime('%m', placed_at) + 2) / 3 AS quarter, count(*) AS n FROM orders GROUP BY quarter
SELECT CASE CAST(strftime('%w', placed_at) AS INTEGER) WHEN 0 THEN 'Sunday' WHEN 6 THEN 'Saturday' ELSE 'week' END AS day, count(*) AS n FROM orders GROUP BY day
SELECT printf('%.2f', total) AS amount FROM orders
SELECT * FROM orders WHERE status == 'paid'
SELECT count(*) AS n FROM orders WHERE status IS 'paid'
SELECT count(*) AS n FROM orders WHERE note NOTNULL
SELECT count(*) AS n FROM orders WHERE note ISNULL
SELECT id || '' AS code FROM orders
SELECT nullif(stock, 0) AS stock FROM products
SELECT 7 / 2 AS whole, 7 % 2 AS rest, 7 / 2.0 AS exact
SELECT unicode(name) AS u, char(65) AS c FROM products
SELECT likelihood FROM (SELECT 1 AS likelihood) t
SELECT hex(name) AS h FROM products
SELECT sign(price - 20) AS s, ceil(price) AS c, floor(price) AS f, sqrt(price) AS r, pow(price, 2) AS p, ln(price) AS l FROM products
SELECT x.name FROM people x WHERE x.id IN (SELECT o.person_id FROM orders o GROUP BY o.person_id HAVING count(*) > 3)
SELECT count(*) AS n FROM orders WHERE total BETWEEN (SELECT min(price) FROM products) AND (SELECT max(price) FROM products)
SELECT count(*) AS n FROM orders WHERE status = "paid"
SELECT name FROM products WHERE category IN ("paper", "ink") AND name LIKE "Product%"
SELECT status, sum(CASE WHEN channel = "web" THEN total ELSE 0 END) AS web FROM orders GROUP BY status HAVING status <> "paid"
SELECT printf('%s by %s', total, channel) AS label, format('%05d', id) AS number FROM orders
SELECT id & 1 AS odd, id | 1 AS next FROM orders
WITH bands(name, low) AS (VALUES ('small', 0), ('large', 200)) SELECT b.name, count(o.id) AS n FROM bands b JOIN orders o ON o.total >= b.low GROUP BY b.name
WITH RECURSIVE days(d) AS (VALUES ('2025-01-01') UNION ALL SELECT date(d, '+1 day') FROM days WHERE d < '2025-01-31') SELECT days.d, count(o.id) AS n FROM days LEFT JOIN orders o ON date(o.placed_at) = days.d GROUP BY days.d
SELECT strftime('%Y-%m', placed_at) AS month, sum(total) AS revenue FROM orders GROUP BY month ORDER BY month
SELECT date(placed_at) AS day, count(*) AS n FROM orders GROUP BY day
SELECT date(placed_at, 'start of month') AS month, count(*) AS n FROM orders GROUP BY 1
SELECT avg(julianday(shipped_on) - julianday(placed_at)) AS days FROM orders WHERE shipped_on IS NOT NULL
SELECT count(*) AS n FROM orders WHERE placed_at >= date('now', '-30 days')
SELECT CAST(strftime('%w', placed_at) AS INTEGER) AS dow, count(*) AS n FROM orders GROUP BY dow
SELECT iif(total > 100, 'large', 'small') AS size, count(*) AS n FROM orders GROUP BY size
SELECT ifnull(note, '-') AS n FROM orders
SELECT instr(name, ' ') AS p, substr(name, instr(name, ' ') + 1) AS number FROM products
SELECT printf('%.2f', avg(total)) AS a FROM orders
SELECT printf('%05d', id) AS code FROM orders
SELECT name || ' (' || category || ')' AS label FROM products
SELECT round(total, 0) AS r, CAST(total / 50 AS INTEGER) * 50 AS bucket FROM orders
SELECT total(total) AS t FROM orders
SELECT max(total, 100) AS m FROM orders
SELECT min(total, 100) AS m FROM orders
SELECT name FROM products WHERE name GLOB 'Product [1-5]'
SELECT id, rank() OVER w AS r FROM orders WINDOW w AS (PARTITION BY status ORDER BY total)
SELECT typeof(total) AS t FROM orders LIMIT 1
SELECT unixepoch(placed_at) AS e FROM orders LIMIT 1
SELECT datetime(placed_at, '+1 day') AS d FROM orders LIMIT 1
SELECT time(placed_at) AS t FROM orders LIMIT 1
SELECT coalesce(nullif(note, ''), 'none') AS n FROM orders
SELECT status, count(*) AS n FROM orders GROUP BY status ORDER BY n DESC LIMIT 3 OFFSET 1
SELECT ltrim(name, 'P') AS l, rtrim(name, '0') AS r FROM products
SELECT count(*) AS n FROM orders WHERE note IS 'note 1'
SELECT julianday('now') - julianday(max(placed_at)) AS days FROM orders
SELECT strftime('%Y', placed_at) || '-Q' || ((CAST(strftime('%m', placed_at) AS INTEGER) + 2) / 3) AS quarter, sum(total) AS s FROM orders GROUP BY 1
SELECT date(placed_at, 'weekday 0', '-6 days') AS week, count(*) AS n FROM orders GROUP BY week
SELECT avg(total) AS a, sum(total * total) / count(*) - avg(total) * avg(total) AS variance FROM orders
SELECT sign(total - 100) AS s FROM orders LIMIT 1
SELECT json_extract('{"a": 1}', '$.a') AS a
SELECT string_agg(name, ',') AS s FROM products
SELECT format('%d items', count(*)) AS f FROM orders
