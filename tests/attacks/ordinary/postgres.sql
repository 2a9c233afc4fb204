SELECT date_trunc('month', placed_at) AS month, count(*) AS n FROM orders GROUP BY 1 ORDER BY 1
SELECT date_trunc('quarter', placed_at)::date AS quarter, sum(total) AS revenue FROM orders GROUP BY 1 ORDER BY 1
SELECT extract(year FROM placed_at) AS year, extract(month FROM placed_at) AS month, count(*) AS n FROM orders GROUP BY 1, 2
SELECT extract(dow FROM placed_at) AS weekday, count(*) AS n FROM orders GROUP BY 1 ORDER BY 1
SELECT extract(isodow FROM placed_at) AS weekday FROM orders
SELECT extract(epoch FROM placed_at) AS seconds FROM orders
SELECT to_char(placed_at, 'YYYY-MM') AS month, count(*) AS n FROM orders GROUP BY 1 ORDER BY 1
SELECT to_char(placed_at, 'Day') AS day FROM orders
SELECT to_char(total, 'FM999990.00') AS amount FROM orders
SELECT to_date('2025-01-01', 'YYYY-MM-DD') AS d
SELECT to_timestamp('2025-01-01', 'YYYY-MM-DD') AS d
SELECT date_part('hour', placed_at) AS hour, count(*) AS n FROM orders GROUP BY 1
SELECT shipped_on - placed_at::date AS days FROM orders WHERE shipped_on IS NOT NULL
SELECT avg(shipped_on - placed_at::date) AS days FROM orders
SELECT extract(day FROM shipped_on - placed_at) AS days FROM orders
SELECT age(TIMESTAMP '2026-01-01', hired) AS service FROM people
SELECT extract(year FROM age(DATE '2026-01-01', hired)) AS years FROM people
SELECT placed_at + INTERVAL '7 days' AS due FROM orders
SELECT placed_at + 7 * INTERVAL '1 day' AS due FROM orders
SELECT hired + 30 AS review FROM people
SELECT count(*) AS n FROM orders WHERE placed_at >= DATE '2025-06-01' - INTERVAL '30 days'
SELECT count(*) AS n FROM orders WHERE placed_at >= now() - INTERVAL '10 years'
SELECT count(*) AS n FROM orders WHERE placed_at >= current_date - 3650
SELECT count(*) AS n FROM orders WHERE placed_at < current_timestamp
SELECT count(*) AS n FROM orders WHERE placed_at::date = '2025-03-01'
SELECT count(*) AS n FROM orders WHERE placed_at BETWEEN '2025-01-01'::timestamp AND '2025-12-31'::timestamp
SELECT make_date(2025, 1, 1) AS d, make_interval(days => 3) AS i
SELECT date_bin('7 days', placed_at, TIMESTAMP '2025-01-01') AS week, count(*) AS n FROM orders GROUP BY 1
SELECT placed_at AT TIME ZONE 'UTC' AS t FROM orders
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total) AS middle FROM orders
SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY total) AS p95 FROM orders
SELECT channel, percentile_cont(0.9) WITHIN GROUP (ORDER BY total) AS p90 FROM orders GROUP BY channel
SELECT mode() WITHIN GROUP (ORDER BY status) AS usual FROM orders
SELECT stddev(total) AS s, variance(total) AS v, stddev_pop(total) AS p, var_samp(total) AS w FROM orders
SELECT corr(quantity::float, unit_price::float) AS c FROM order_lines
SELECT regr_slope(unit_price::float, quantity::float) AS s FROM order_lines
SELECT string_agg(name, ', ') AS names FROM products
SELECT category, string_agg(name, ', ' ORDER BY name) AS names FROM products GROUP BY category
SELECT string_agg(DISTINCT status, ',') AS states FROM orders
SELECT bool_and(active) AS every_one, bool_or(active) AS some_one, every(active) AS e FROM people
SELECT status, channel, sum(total) AS s FROM orders GROUP BY ROLLUP (status, channel)
SELECT status, channel, sum(total) AS s FROM orders GROUP BY CUBE (status, channel)
SELECT status, channel, count(*) AS n FROM orders GROUP BY GROUPING SETS ((status), (channel), ())
SELECT status, grouping(status) AS is_total, count(*) AS n FROM orders GROUP BY ROLLUP (status)
SELECT DISTINCT ON (person_id) person_id, id, total FROM orders ORDER BY person_id, total DESC
SELECT p.name, x.total FROM people p, LATERAL (SELECT total FROM orders o WHERE o.person_id = p.id ORDER BY total DESC LIMIT 1) x
SELECT p.name, x.n FROM people p LEFT JOIN LATERAL (SELECT count(*) AS n FROM orders o WHERE o.person_id = p.id) x ON true
SELECT p.name, x.total FROM people p CROSS JOIN LATERAL (SELECT total FROM orders o WHERE o.person_id = p.id LIMIT 2) x
SELECT name FROM products WHERE name ILIKE '%PRODUCT%'
SELECT name FROM products WHERE name ~ '^Product [0-9]$'
SELECT name FROM products WHERE name ~* 'product'
SELECT name FROM products WHERE name !~ '1'
SELECT name FROM products WHERE name SIMILAR TO 'Product (1|2)'
SELECT regexp_replace(name, '[0-9]+', '#', 'g') AS pattern FROM products
SELECT split_part(name, ' ', 2) AS number FROM products
SELECT left(name, 3) AS l, right(name, 2) AS r, reverse(name) AS b, initcap(name) AS i FROM products
SELECT concat(name, ' ', category) AS label, concat_ws('-', category, name) AS code FROM products
SELECT position('d' IN name) AS at, strpos(name, 'd') AS again, substring(name FROM 1 FOR 4) AS start FROM products
SELECT substring(name, 1, 4) AS start, char_length(name) AS n, octet_length(name) AS bytes FROM products
SELECT ltrim(name) AS l, rtrim(name) AS r, btrim(name) AS b, trim(BOTH ' ' FROM name) AS t FROM products
SELECT translate(name, 'abc', 'xyz') AS t, ascii(name) AS a, chr(65) AS c FROM products
SELECT total::integer AS whole, id::text AS code, total::float AS f FROM orders
SELECT greatest(price, 10) AS g, least(price, 10) AS l FROM products
SELECT round(price * 1.21, 2) AS gross, trunc(price) AS whole, sign(price - 20) AS s, mod(id, 2) AS odd FROM products
SELECT ln(price) AS l, log(price) AS g, exp(1) AS e, pi() AS p, price ^ 2 AS square FROM products
SELECT width_bucket(total, 0, 500, 5) AS bucket, count(*) AS n FROM orders GROUP BY 1 ORDER BY 1
SELECT id IS DISTINCT FROM person_id AS other FROM orders
SELECT * FROM (VALUES ('web', 1), ('phone', 2)) AS t(channel, weight)
SELECT o.id, t.weight FROM orders o JOIN (VALUES ('web', 1), ('phone', 2)) AS t(channel, weight) ON t.channel = o.channel
SELECT id FROM orders WHERE person_id = ANY (SELECT id FROM people WHERE department = 'sales')
SELECT id FROM orders WHERE status = ANY (ARRAY['paid', 'shipped'])
SELECT id FROM orders WHERE total > ALL (SELECT price FROM products)
SELECT id FROM orders EXCEPT ALL SELECT order_id FROM order_lines
SELECT (id, total) = (1, 57) AS same FROM orders
SELECT id FROM orders WHERE (person_id, status) IN (SELECT person_id, status FROM orders WHERE total > 100)
SELECT date_trunc('month', placed_at) AS month, sum(total) AS revenue, lag(sum(total)) OVER (ORDER BY date_trunc('month', placed_at)) AS before FROM orders GROUP BY 1 ORDER BY 1
WITH monthly AS (SELECT date_trunc('month', placed_at) AS month, sum(total) AS revenue FROM orders GROUP BY 1) SELECT month, revenue, round((revenue - lag(revenue) OVER (ORDER BY month)) / nullif(lag(revenue) OVER (ORDER BY month), 0) * 100, 1) AS growth FROM monthly ORDER BY month
WITH firsts AS (SELECT person_id, min(date_trunc('month', placed_at)) AS cohort FROM orders GROUP BY person_id) SELECT f.cohort, count(DISTINCT o.person_id) AS people FROM orders o JOIN firsts f USING (person_id) GROUP BY 1 ORDER BY 1
WITH paid AS MATERIALIZED (SELECT * FROM orders WHERE status = 'paid') SELECT count(*) AS n FROM paid
SELECT sum(total) FILTER (WHERE status = 'paid') / sum(total) AS share FROM orders
SELECT id, sum(total) OVER (ORDER BY placed_at RANGE BETWEEN INTERVAL '30 days' PRECEDING AND CURRENT ROW) AS month FROM orders
SELECT id, sum(total) OVER (ORDER BY id GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM orders
SELECT id, sum(total) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW) AS s FROM orders
SELECT id FROM orders ORDER BY id FETCH FIRST 5 ROWS ONLY
SELECT id FROM orders ORDER BY total DESC OFFSET 5 LIMIT 5
SELECT id FROM orders ORDER BY id OFFSET 2 ROWS FETCH NEXT 3 ROWS ONLY
SELECT name FROM people ORDER BY name COLLATE "C"
SELECT coalesce(nullif(note, ''), 'none') AS note FROM orders
SELECT count(*) AS n FROM orders WHERE placed_at::time > '12:00'
SELECT justify_days(INTERVAL '40 days') AS i
SELECT cbrt(27) AS c, degrees(1) AS d, radians(90) AS r, atan2(1, 1) AS a
SELECT overlaps FROM (SELECT 1 AS overlaps) t
SELECT status, count(*) AS "Count" FROM orders GROUP BY status ORDER BY "Count" DESC
SELECT o.id AS "orderId", o.total FROM orders o ORDER BY "orderId"
SELECT div(17, 5) AS d, 17 % 5 AS m, 17 / 5 AS q
SELECT random_ FROM (SELECT 1 AS random_) t
SELECT lpad(id::text, 5, '0') AS code FROM orders
SELECT day::date FROM generate_series('2025-01-01'::date, '2025-01-07', '1 day') AS day
SELECT array_agg(name ORDER BY name) AS names FROM products
SELECT json_agg(name) AS names FROM products
SELECT unnest(ARRAY[1, 2, 3]) AS n
SELECT count(*) AS n FROM orders WHERE (placed_at, placed_at) OVERLAPS (DATE '2025-01-01', DATE '2025-06-30')
SELECT date(placed_at) AS day, count(*) AS n FROM orders GROUP BY 1
SELECT current_date - hired AS days FROM people
SELECT date_part('day', now() - placed_at) AS days FROM orders
SELECT md5(name) AS h FROM products
SELECT regexp_match(name, '[0-9]+') AS m FROM products
SELECT regexp_count(name, '[0-9]') AS m FROM products
SELECT isfinite(placed_at) AS f FROM orders
SELECT clock FROM (SELECT 1 AS clock) t
SELECT count(*) AS n FROM orders WHERE status LIKE ANY (ARRAY['p%', 's%'])
SELECT status, array_agg(DISTINCT channel ORDER BY channel) AS channels FROM orders GROUP BY status
SELECT percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY total) AS quartiles FROM orders
SELECT format('%s by %s', total, channel) AS label FROM orders
SELECT id & 1 AS odd, id | 1 AS next FROM orders
SELECT d::date AS day, count(o.id) AS n FROM generate_series('2025-01-01'::date, '2025-01-31'::date, interval '1 day') AS d LEFT JOIN orders o ON o.placed_at::date = d::date GROUP BY 1 ORDER BY 1
SELECT t.n, (SELECT count(*) FROM orders o WHERE extract(month FROM o.placed_at) = t.n) AS orders FROM generate_series(1, 12) AS t(n) ORDER BY t.n
WITH bands(name, low) AS (VALUES ('small', 0), ('large', 200)) SELECT b.name, count(o.id) AS n FROM bands b JOIN orders o ON o.total >= b.low GROUP BY b.name
SELECT date_trunc('month', placed_at) AS month, sum(total) AS revenue FROM orders GROUP BY 1 ORDER BY 1
SELECT EXTRACT(YEAR FROM placed_at) AS y, EXTRACT(QUARTER FROM placed_at) AS q, sum(total) AS s FROM orders GROUP BY 1, 2
SELECT placed_at::date AS day, count(*) AS n FROM orders GROUP BY placed_at::date ORDER BY day
SELECT avg(shipped_on - placed_at::date) AS days FROM orders WHERE shipped_on IS NOT NULL
SELECT avg(EXTRACT(EPOCH FROM (shipped_on - placed_at)) / 86400) AS days FROM orders
SELECT count(*) AS n FROM orders WHERE placed_at >= now() - interval '30 days'
SELECT count(*) AS n FROM orders WHERE placed_at >= CURRENT_DATE - 30
SELECT count(*) AS n FROM orders WHERE placed_at BETWEEN '2025-01-01' AND '2025-12-31'
SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY total) AS p90 FROM orders
SELECT percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY total) AS q FROM orders
SELECT mode() WITHIN GROUP (ORDER BY status) AS m FROM orders
SELECT category, array_agg(name ORDER BY price DESC) AS names FROM products GROUP BY category
SELECT category, (array_agg(name ORDER BY price DESC))[1] AS dearest FROM products GROUP BY category
SELECT status, channel, sum(total) AS s FROM orders GROUP BY GROUPING SETS ((status, channel), (status), ())
SELECT coalesce(status, 'all') AS status, sum(total) AS s FROM orders GROUP BY ROLLUP (status)
SELECT p.name, t.total FROM people p CROSS JOIN LATERAL (SELECT total FROM orders o WHERE o.person_id = p.id ORDER BY total DESC LIMIT 2) t
SELECT DISTINCT ON (person_id) person_id, id, total FROM orders ORDER BY person_id, placed_at DESC
SELECT name, substring(name FROM '[0-9]+') AS number FROM products
SELECT name FROM products WHERE name ~ '^Product [1-5]$'
SELECT name FROM products WHERE name ~* 'PRODUCT'
SELECT split_part(name, ' ', 2)::int AS number FROM products
SELECT concat_ws(' / ', status, channel) AS s, count(*) AS n FROM orders GROUP BY 1
SELECT concat(name, ' (', category, ')') AS label FROM products
SELECT bool_and(active) AS all_active, every(active) AS e FROM people
SELECT corr(quantity, unit_price) AS c, stddev_samp(unit_price) AS s, variance(unit_price) AS v FROM order_lines
SELECT s.month, count(o.id) AS n FROM generate_series('2025-01-01'::timestamp, '2025-06-01'::timestamp, interval '1 month') AS s(month) LEFT JOIN orders o ON date_trunc('month', o.placed_at) = s.month GROUP BY s.month ORDER BY 1
SELECT d::date AS day, count(o.id) AS n FROM generate_series(DATE '2025-01-01', DATE '2025-01-31', '1 day') AS d LEFT JOIN orders o ON o.placed_at::date = d::date GROUP BY d ORDER BY d
SELECT age(placed_at) AS a FROM orders LIMIT 1
SELECT date_part('year', placed_at) AS y, sum(total) AS s, sum(sum(total)) OVER (ORDER BY date_part('year', placed_at)) AS running FROM orders GROUP BY 1
SELECT rank() OVER w AS r, sum(total) OVER w AS s FROM orders WINDOW w AS (PARTITION BY status ORDER BY total)
SELECT (date_trunc('month', placed_at) + interval '1 month - 1 day')::date AS eom, count(*) AS n FROM orders GROUP BY 1
SELECT to_char(total, 'FM999,999.00') AS t FROM orders LIMIT 1
SELECT to_char(placed_at, 'Day') AS d, count(*) AS n FROM orders GROUP BY 1
SELECT width_bucket(total, 0, 500, 10) AS b, count(*) AS n FROM orders GROUP BY b ORDER BY b
SELECT floor(total / 50) * 50 AS bucket, count(*) AS n FROM orders GROUP BY 1
SELECT trunc(total::numeric, 1) AS t, ceil(total) AS c FROM orders
SELECT sum(total) FILTER (WHERE placed_at >= '2025-07-01') - sum(total) FILTER (WHERE placed_at < '2025-07-01') AS growth FROM orders
SELECT id FROM orders WHERE (status, channel) = ('paid', 'web')
SELECT position('duct' in name) AS p, left(name, 3) AS l, right(name, 2) AS r FROM products
SELECT initcap(status) AS s, reverse(status) AS r FROM orders LIMIT 1
SELECT regexp_replace(name, '[^0-9]', '', 'g') AS digits FROM products
SELECT make_date(2025, 1, 31) + interval '1 month' AS d
SELECT isfinite(placed_at) AS f FROM orders LIMIT 1
SELECT extract(isodow FROM placed_at) AS d, extract(hour FROM placed_at) AS h, count(*) AS n FROM orders GROUP BY 1, 2
SELECT count(*) AS n FROM orders WHERE (placed_at, placed_at) OVERLAPS (DATE '2025-01-01', DATE '2025-06-01')
SELECT name, price, cume_dist() OVER (ORDER BY price) AS c, percent_rank() OVER (ORDER BY price) AS p FROM products
SELECT nth_value(name, 2) OVER (ORDER BY price) AS second FROM products
SELECT placed_at AT TIME ZONE 'UTC' AS t FROM orders LIMIT 1
SELECT justify_days(interval '40 days') AS j
SELECT x.status, o.n FROM (VALUES ('paid'), ('shipped')) AS x(status) LEFT JOIN (SELECT status, count(*) AS n FROM orders GROUP BY 1) o USING (status)
SELECT greatest(total, 100) AS g, least(total, 100) AS l FROM orders LIMIT 2
SELECT count(*) AS n FROM orders WHERE note IS NOT NULL AND note NOT ILIKE '%x%'
SELECT regr_slope(total, id) AS s, regr_r2(total, id) AS r FROM orders
SELECT TO_TIMESTAMP(1735689600) AS t
SELECT TO_DATE('2025-01-31', 'YYYY-MM-DD') AS d
SELECT EXTRACT(EPOCH FROM placed_at) AS e FROM orders LIMIT 1
SELECT CURRENT_DATE - INTERVAL '1 year' AS d, LOCALTIMESTAMP AS t
SELECT any_value(status) AS s FROM orders
