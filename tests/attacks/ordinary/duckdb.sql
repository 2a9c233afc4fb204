SELECT date_trunc('month', placed_at) AS month, count(*) AS n FROM orders GROUP BY 1 ORDER BY 1
SELECT date_trunc('quarter', placed_at) AS quarter, sum(total) AS revenue FROM orders GROUP BY ALL ORDER BY ALL
SELECT year(placed_at) AS year, month(placed_at) AS month, count(*) AS n FROM orders GROUP BY 1, 2
SELECT extract(year FROM placed_at) AS year, sum(total) AS s FROM orders GROUP BY extract(year FROM placed_at)
SELECT extract(dow FROM placed_at) AS weekday, count(*) AS n FROM orders GROUP BY 1 ORDER BY 1
SELECT dayname(placed_at) AS day, count(*) AS n FROM orders GROUP BY dayname(placed_at)
SELECT monthname(placed_at) AS month FROM orders
SELECT strftime(placed_at, '%Y-%m') AS month, count(*) AS n FROM orders GROUP BY 1
SELECT date_diff('day', placed_at, shipped_on) AS days FROM orders WHERE shipped_on IS NOT NULL
SELECT datediff('hour', placed_at, CAST(shipped_on AS TIMESTAMP)) AS hours FROM orders
SELECT avg(date_diff('day', placed_at, shipped_on)) AS days FROM orders
SELECT shipped_on - CAST(placed_at AS DATE) AS days FROM orders
SELECT placed_at + INTERVAL 7 DAY AS due FROM orders
SELECT placed_at + INTERVAL '1 month' AS due FROM orders
SELECT count(*) AS n FROM orders WHERE placed_at >= DATE '2025-06-01' - INTERVAL 30 DAY
SELECT count(*) AS n FROM orders WHERE placed_at > TIMESTAMP '2025-03-01 00:00:00'
SELECT count(*) AS n FROM orders WHERE placed_at >= current_date - INTERVAL '10 years'
SELECT count(*) AS n FROM orders WHERE placed_at < now()
SELECT count(*) AS n FROM orders WHERE CAST(placed_at AS DATE) = DATE '2025-03-01'
SELECT count(*) AS n FROM orders WHERE placed_at::DATE BETWEEN '2025-01-01' AND '2025-12-31'
SELECT last_day(placed_at) AS month_end FROM orders
SELECT date_part('hour', placed_at) AS hour, count(*) AS n FROM orders GROUP BY 1
SELECT hour(placed_at) AS hour, minute(placed_at) AS minute FROM orders
SELECT week(placed_at) AS week, count(*) AS n FROM orders GROUP BY 1
SELECT make_date(2025, 1, 1) AS d
SELECT strptime('2025-01-01', '%Y-%m-%d') AS d
SELECT age(TIMESTAMP '2026-01-01', hired::TIMESTAMP) AS service FROM people
SELECT epoch(placed_at) AS seconds FROM orders
SELECT median(total) AS middle FROM orders
SELECT quantile_cont(total, 0.9) AS p90 FROM orders
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total) AS middle FROM orders
SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY total) AS p95 FROM orders
SELECT channel, median(total) AS middle, stddev(total) AS deviation, variance(total) AS v FROM orders GROUP BY channel
SELECT stddev_pop(total) AS s, var_samp(total) AS v FROM orders
SELECT corr(quantity, unit_price) AS c FROM order_lines
SELECT approx_count_distinct(person_id) AS n FROM orders
SELECT mode(status) AS usual FROM orders
SELECT arg_max(id, total) AS largest, arg_min(id, total) AS smallest FROM orders
SELECT max_by(id, total) AS largest FROM orders
SELECT string_agg(name, ', ') AS names FROM products
SELECT string_agg(name, ', ' ORDER BY name) AS names FROM products GROUP BY category
SELECT group_concat(DISTINCT status) AS states FROM orders
SELECT listagg(name, ';') AS names FROM products
SELECT any_value(name) AS example, category FROM products GROUP BY category
SELECT first(name ORDER BY price) AS cheapest FROM products
SELECT bool_and(active) AS every_one, bool_or(active) AS some_one FROM people
SELECT count_if(total > 100) AS n FROM orders
SELECT countif(status = 'paid') AS n FROM orders
SELECT status, channel, sum(total) AS s FROM orders GROUP BY ROLLUP (status, channel)
SELECT status, channel, sum(total) AS s FROM orders GROUP BY CUBE (status, channel)
SELECT status, channel, count(*) AS n FROM orders GROUP BY GROUPING SETS ((status), (channel), ())
SELECT status, grouping(status) AS is_total, count(*) AS n FROM orders GROUP BY ROLLUP (status)
SELECT id, person_id, total FROM orders QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY total DESC) = 1
SELECT id, rank() OVER (ORDER BY total DESC) AS r FROM orders QUALIFY r <= 3
SELECT DISTINCT ON (person_id) person_id, id, total FROM orders ORDER BY person_id, total DESC
SELECT * EXCLUDE (note) FROM orders
SELECT status, sum(total) AS s FROM orders GROUP BY ALL HAVING s > 100 ORDER BY s DESC
SELECT total * 2 AS double, double + 1 AS more FROM orders
SELECT total AS t FROM orders WHERE t > 100
FROM orders SELECT status, count(*) GROUP BY status
SELECT name FROM people SEMI JOIN orders ON orders.person_id = people.id
SELECT p.name FROM people p ANTI JOIN orders o ON o.person_id = p.id
SELECT name FROM products WHERE name ILIKE '%PRODUCT%'
SELECT name FROM products WHERE regexp_matches(name, '^Product [0-9]$')
SELECT regexp_replace(name, '[0-9]+', '#') AS pattern FROM products
SELECT regexp_extract(name, '[0-9]+') AS number FROM products
SELECT split_part(name, ' ', 2) AS number FROM products
SELECT left(name, 3) AS l, right(name, 2) AS r, reverse(name) AS b FROM products
SELECT concat(name, ' ', category) AS label, concat_ws('-', category, name) AS code FROM products
SELECT contains(name, '1') AS has, starts_with(name, 'Prod') AS starts, strpos(name, 'd') AS at FROM products
SELECT position('d' IN name) AS at, substring(name FROM 1 FOR 4) AS start FROM products
SELECT ltrim(name) AS l, rtrim(name) AS r, trim(BOTH ' ' FROM name) AS t FROM products
SELECT TRY_CAST(note AS INTEGER) AS n FROM orders
SELECT total::INTEGER AS whole, id::VARCHAR AS code FROM orders
SELECT total // 10 AS tens, id ** 2 AS square FROM orders
SELECT greatest(price, 10) AS g, least(price, 10) AS l FROM products
SELECT ifnull(note, '-') AS note FROM orders
SELECT if(total > 100, 'big', 'small') AS size FROM orders
SELECT round(price * 1.21, 2) AS gross, trunc(price) AS whole, sign(price - 20) AS s, mod(id, 2) AS odd FROM products
SELECT ln(price) AS l, log10(price) AS g, exp(1) AS e, pi() AS p FROM products
SELECT id IS DISTINCT FROM person_id AS other FROM orders
SELECT p.name, x.total FROM people p, LATERAL (SELECT total FROM orders o WHERE o.person_id = p.id ORDER BY total DESC LIMIT 1) x
SELECT p.name, x.n FROM people p LEFT JOIN LATERAL (SELECT count(*) AS n FROM orders o WHERE o.person_id = p.id) x ON true
SELECT * FROM (VALUES ('web', 1), ('phone', 2)) AS t(channel, weight)
SELECT o.id, t.weight FROM orders o JOIN (VALUES ('web', 1), ('phone', 2)) AS t(channel, weight) ON t.channel = o.channel
SELECT id FROM orders WHERE person_id = ANY (SELECT id FROM people WHERE department = 'sales')
SELECT id FROM orders WHERE total > ALL (SELECT price FROM products)
SELECT id FROM orders EXCEPT ALL SELECT order_id FROM order_lines
SELECT date_trunc('month', placed_at) AS month, sum(total) AS revenue, lag(sum(total)) OVER (ORDER BY date_trunc('month', placed_at)) AS before FROM orders GROUP BY 1 ORDER BY 1
WITH monthly AS (SELECT date_trunc('month', placed_at) AS month, sum(total) AS revenue FROM orders GROUP BY 1) SELECT month, revenue, (revenue - lag(revenue) OVER (ORDER BY month)) / lag(revenue) OVER (ORDER BY month) * 100 AS growth FROM monthly ORDER BY month
WITH firsts AS (SELECT person_id, min(date_trunc('month', placed_at)) AS cohort FROM orders GROUP BY person_id) SELECT f.cohort, date_diff('month', f.cohort, o.placed_at) AS months, count(DISTINCT o.person_id) AS people FROM orders o JOIN firsts f USING (person_id) GROUP BY 1, 2 ORDER BY 1, 2
SELECT count(DISTINCT person_id) FILTER (WHERE channel = 'web') AS web FROM orders
SELECT sum(total) FILTER (WHERE status = 'paid') / sum(total) AS share FROM orders
SELECT skewness(total) AS s, kurtosis(total) AS k FROM orders
SELECT regr_slope(unit_price, quantity) AS s FROM order_lines
SELECT time_bucket(INTERVAL '1 month', placed_at) AS month, count(*) AS n FROM orders GROUP BY 1
SELECT id, sum(total) OVER (ORDER BY placed_at RANGE BETWEEN INTERVAL 30 DAYS PRECEDING AND CURRENT ROW) AS month FROM orders
SELECT count(*) AS n FROM orders WHERE isodow(placed_at) >= 6
SELECT quarter(placed_at) AS q, count(*) AS n FROM orders GROUP BY quarter(placed_at)
SELECT favg(total) AS a, fsum(total) AS s FROM orders
SELECT TIMESTAMP '2025-01-01' AT TIME ZONE 'UTC' AS t
SELECT placed_at::DATE AS day, count(*) AS n FROM orders GROUP BY day ORDER BY day
SELECT format_number FROM (SELECT 1 AS format_number) t
SELECT id FROM orders WHERE status SIMILAR TO '(paid|shipped)'
SELECT lpad(CAST(id AS VARCHAR), 5, '0') AS code FROM orders
SELECT count(*) AS n FROM generate_series(1, 10) AS t(n)
SELECT unnest([1, 2, 3]) AS n
SELECT list(name) AS names FROM products
SELECT array_agg(name) AS names FROM products
SELECT ordinality FROM (SELECT 1 AS ordinality) t
SELECT histogram(status) AS h FROM orders
SELECT status, list(id ORDER BY id) AS ids FROM orders GROUP BY status
SELECT quantile_cont(total, [0.25, 0.5, 0.75]) AS quartiles FROM orders
SELECT printf('%.2f', total) AS amount, format('{:.1f} by {}', total, channel) AS label FROM orders
SELECT approx_quantile(total, 0.5) AS middle FROM orders
SELECT id & 1 AS odd, id | 1 AS next FROM orders
SELECT t.d, count(o.id) AS n FROM generate_series(DATE '2025-01-01', DATE '2025-01-31', INTERVAL 1 DAY) AS t(d) LEFT JOIN orders o ON CAST(o.placed_at AS DATE) = t.d GROUP BY t.d ORDER BY t.d
SELECT t.n, (SELECT count(*) FROM orders o WHERE month(o.placed_at) = t.n) AS orders FROM range(1, 13) t(n) ORDER BY t.n
WITH bands(name, low) AS (VALUES ('small', 0), ('large', 200)) SELECT b.name, count(o.id) AS n FROM bands b JOIN orders o ON o.total >= b.low GROUP BY b.name
SELECT date_trunc('month', placed_at) AS month, sum(total) AS revenue FROM orders GROUP BY ALL ORDER BY month
SELECT strftime(placed_at, '%Y-%m') AS month, count(*) AS n FROM orders GROUP BY month ORDER BY month
SELECT EXTRACT(year FROM placed_at) AS y, EXTRACT(quarter FROM placed_at) AS q, sum(total) AS s FROM orders GROUP BY y, q
SELECT avg(date_diff('day', placed_at, shipped_on)) AS days FROM orders WHERE shipped_on IS NOT NULL
SELECT avg(shipped_on - placed_at::DATE) AS days FROM orders
SELECT count(*) AS n FROM orders WHERE placed_at >= current_date - INTERVAL 30 DAY
SELECT count(*) AS n FROM orders WHERE placed_at BETWEEN TIMESTAMP '2025-01-01' AND TIMESTAMP '2025-12-31'
SELECT quantile_cont(total, 0.9) AS p90, median(total) AS p50 FROM orders
SELECT quantile_cont(total, [0.25, 0.5, 0.75]) AS q FROM orders
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total) AS p FROM orders
SELECT category, string_agg(name, ', ' ORDER BY name) AS names FROM products GROUP BY category
SELECT category, list(name ORDER BY price DESC) AS names FROM products GROUP BY category
SELECT category, array_agg(DISTINCT name) AS names FROM products GROUP BY category
SELECT category, arg_max(name, price) AS dearest, arg_min(name, price) AS cheapest FROM products GROUP BY category
SELECT status, channel, sum(total) AS s FROM orders GROUP BY GROUPING SETS ((status, channel), (status), ())
SELECT status, sum(total) AS s FROM orders GROUP BY ROLLUP (status)
SELECT p.name, t.total FROM people p, LATERAL (SELECT total FROM orders o WHERE o.person_id = p.id ORDER BY total DESC LIMIT 2) t
SELECT * FROM orders QUALIFY row_number() OVER (PARTITION BY status ORDER BY total DESC) = 1
SELECT * EXCLUDE (note) FROM orders LIMIT 3
SELECT name, regexp_extract(name, '[0-9]+') AS number FROM products
SELECT name FROM products WHERE regexp_matches(name, '^Product [1-5]$')
SELECT concat_ws(' / ', status, channel) AS s, count(*) AS n FROM orders GROUP BY 1
SELECT count_if(status = 'paid') AS paid FROM orders
SELECT any_value(status) AS s, person_id FROM orders GROUP BY person_id
SELECT date_part('dow', placed_at) AS dow, count(*) AS n FROM orders GROUP BY dow
SELECT dayname(placed_at) AS d, monthname(placed_at) AS m, count(*) AS n FROM orders GROUP BY ALL
SELECT bool_and(active) AS all_active, bool_or(active) AS any_active FROM people
SELECT corr(quantity, unit_price) AS c, stddev_samp(unit_price) AS s FROM order_lines
SELECT s.month, count(o.id) AS n FROM generate_series(DATE '2025-01-01', DATE '2025-06-01', INTERVAL 1 MONTH) AS s(month) LEFT JOIN orders o ON date_trunc('month', o.placed_at) = s.month GROUP BY s.month
SELECT g.n, count(o.id) AS c FROM range(1, 5) AS g(n) LEFT JOIN orders o ON o.person_id = g.n GROUP BY g.n
SELECT x.status, x.n FROM (SELECT status, count(*) n FROM orders GROUP BY 1) x WHERE x.n > 2
SELECT age(placed_at) AS a FROM orders LIMIT 1
SELECT name, price, price > avg(price) OVER (PARTITION BY category) AS over_mean FROM products
SELECT year(placed_at) AS y, month(placed_at) AS m, sum(total) AS s, sum(sum(total)) OVER (PARTITION BY year(placed_at) ORDER BY month(placed_at)) AS ytd FROM orders GROUP BY y, m
SELECT make_date(2025, 1, 31) + INTERVAL 1 MONTH AS d
SELECT last_day(placed_at) AS eom, count(*) AS n FROM orders GROUP BY eom
SELECT mode(status) AS m, approx_count_distinct(person_id) AS p FROM orders
SELECT ifnull(note, '-') AS n FROM orders LIMIT 2
SELECT name ILIKE '%PRODUCT%' AS b FROM products LIMIT 1
SELECT starts_with(name, 'Pro') AS b, contains(name, 'duct') AS c FROM products LIMIT 1
SELECT o.* FROM orders o SEMI JOIN order_lines l ON l.order_id = o.id
SELECT p.* FROM people p ANTI JOIN orders o ON o.person_id = p.id
SELECT sum(total) AS s FROM orders WHERE status IN ('paid', 'shipped') AND date_part('year', placed_at) = 2025
SELECT round(sum(total), 2) AS s, format('{:,}', count(*)) AS n FROM orders
SELECT len(name) AS l FROM products
SELECT printf('%.2f', avg(total)) AS a FROM orders
SELECT strptime('2025-01-31', '%Y-%m-%d') AS d
SELECT isodow(placed_at) AS d, hour(placed_at) AS h, count(*) AS n FROM orders GROUP BY 1, 2
SELECT epoch(placed_at) AS e FROM orders LIMIT 1
SELECT to_days(3) AS d
SELECT FLOOR(total / 50) * 50 AS bucket, count(*) AS n FROM orders GROUP BY bucket ORDER BY bucket
SELECT sum(total) FILTER (WHERE placed_at >= DATE '2025-07-01') - sum(total) FILTER (WHERE placed_at < DATE '2025-07-01') AS growth FROM orders
SELECT max_by(name, price) AS n FROM products
SELECT rank() OVER w AS r, sum(total) OVER w AS s FROM orders WINDOW w AS (PARTITION BY status ORDER BY total)
FROM orders SELECT status, count(*) AS n GROUP BY status
SELECT time_bucket(INTERVAL 7 DAY, placed_at) AS week, count(*) AS n FROM orders GROUP BY week
