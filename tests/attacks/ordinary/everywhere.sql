SELECT count(*) AS orders FROM orders
SELECT * FROM orders
SELECT id, name FROM people WHERE active ORDER BY name
SELECT name FROM people WHERE NOT active
SELECT DISTINCT status FROM orders ORDER BY status
SELECT status, count(*) AS n FROM orders GROUP BY status ORDER BY n DESC
SELECT status, count(*) AS n FROM orders GROUP BY 1 ORDER BY 2 DESC, 1
SELECT status, channel, sum(total) AS revenue FROM orders GROUP BY status, channel HAVING sum(total) > 100 ORDER BY revenue DESC
SELECT avg(total) AS average, min(total) AS least, max(total) AS most FROM orders
SELECT round(avg(total), 2) AS average FROM orders WHERE status = 'paid'
SELECT count(DISTINCT person_id) AS buyers FROM orders
SELECT p.name, count(o.id) AS n FROM people AS p LEFT JOIN orders AS o ON o.person_id = p.id GROUP BY p.name ORDER BY n DESC, p.name
SELECT p.name, o.total FROM people p JOIN orders o ON o.person_id = p.id WHERE o.total > 100 ORDER BY o.total DESC LIMIT 5
SELECT p.name, o.total FROM people p, orders o WHERE o.person_id = p.id AND o.status = 'paid'
SELECT p.id, p.name, sum(o.total) AS spent FROM people p JOIN orders o ON o.person_id = p.id GROUP BY p.id, p.name ORDER BY spent DESC LIMIT 3
SELECT pr.name, sum(l.quantity) AS sold FROM order_lines l JOIN products pr ON pr.id = l.product_id GROUP BY pr.name ORDER BY sold DESC
SELECT pr.category, sum(l.quantity * l.unit_price) AS revenue FROM order_lines l JOIN products pr ON pr.id = l.product_id GROUP BY pr.category ORDER BY revenue DESC
SELECT pr.category, count(DISTINCT o.person_id) AS buyers FROM orders o JOIN order_lines l ON l.order_id = o.id JOIN products pr ON pr.id = l.product_id GROUP BY pr.category
SELECT p.department, pr.category, sum(l.quantity) AS pieces FROM people p JOIN orders o ON o.person_id = p.id JOIN order_lines l ON l.order_id = o.id JOIN products pr ON pr.id = l.product_id GROUP BY p.department, pr.category ORDER BY 1, 2
SELECT a.name, count(p.id) AS people FROM accounts a LEFT JOIN people p ON p.account_id = a.id GROUP BY a.id, a.name
SELECT name FROM products WHERE discontinued IS NULL ORDER BY price DESC
SELECT name FROM products WHERE discontinued IS NOT NULL
SELECT name, price FROM products WHERE price BETWEEN 5 AND 20 ORDER BY price
SELECT name FROM products WHERE category IN ('paper', 'ink') ORDER BY name
SELECT name FROM products WHERE category NOT IN ('paper', 'ink')
SELECT name FROM products WHERE name LIKE 'Product 1%'
SELECT name FROM products WHERE name NOT LIKE '%1%'
SELECT name FROM products WHERE lower(category) = 'paper'
SELECT upper(name) AS name, length(name) AS letters FROM products
SELECT name || ' (' || category || ')' AS label FROM products
SELECT trim(name) AS name, replace(name, 'Product', 'Item') AS item FROM products
SELECT substr(name, 1, 4) AS prefix, count(*) AS n FROM products GROUP BY substr(name, 1, 4)
SELECT coalesce(note, 'none') AS note, count(*) AS n FROM orders GROUP BY coalesce(note, 'none') ORDER BY n DESC
SELECT nullif(note, 'note 1') AS note FROM orders
SELECT id, CASE WHEN total > 200 THEN 'large' WHEN total > 100 THEN 'medium' ELSE 'small' END AS size FROM orders
SELECT CASE status WHEN 'paid' THEN 'in' WHEN 'cancelled' THEN 'out' ELSE 'other' END AS kind, count(*) AS n FROM orders GROUP BY 1
SELECT sum(CASE WHEN status = 'paid' THEN total ELSE 0 END) AS paid, sum(CASE WHEN status = 'cancelled' THEN total ELSE 0 END) AS lost FROM orders
SELECT sum(CASE WHEN status = 'cancelled' THEN 1 ELSE 0 END) * 100.0 / count(*) AS percent FROM orders
SELECT count(*) FILTER (WHERE status = 'paid') AS paid, count(*) FILTER (WHERE shipped_on IS NULL) AS waiting FROM orders
SELECT name FROM people WHERE id IN (SELECT person_id FROM orders WHERE total > 200)
SELECT name FROM people WHERE id NOT IN (SELECT person_id FROM orders WHERE status = 'returned')
SELECT name FROM people p WHERE EXISTS (SELECT 1 FROM orders o WHERE o.person_id = p.id AND o.status = 'paid')
SELECT name FROM people p WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.person_id = p.id)
SELECT name FROM people p WHERE EXISTS (SELECT * FROM orders o WHERE o.person_id = p.id)
SELECT name, (SELECT count(*) FROM orders o WHERE o.person_id = p.id) AS n FROM people p ORDER BY n DESC
SELECT name, (SELECT max(o.placed_at) FROM orders o WHERE o.person_id = p.id) AS latest FROM people p
SELECT id, total FROM orders WHERE total > (SELECT avg(total) FROM orders)
SELECT id, total FROM orders o WHERE total = (SELECT max(total) FROM orders x WHERE x.person_id = o.person_id)
SELECT id, total FROM orders WHERE total >= 2 * (SELECT avg(total) FROM orders) ORDER BY total DESC
SELECT o.id, o.total - a.average AS difference FROM orders o CROSS JOIN (SELECT avg(total) AS average FROM orders) a
SELECT p.name, t.spent FROM people p JOIN (SELECT person_id, sum(total) AS spent FROM orders GROUP BY person_id) t ON t.person_id = p.id ORDER BY t.spent DESC
SELECT avg(n) AS mean FROM (SELECT person_id, count(*) AS n FROM orders GROUP BY person_id) AS per_person
SELECT max(spent) AS most FROM (SELECT sum(total) AS spent FROM orders GROUP BY person_id) t
WITH spent AS (SELECT person_id, sum(total) AS total FROM orders GROUP BY person_id) SELECT p.name, s.total FROM spent s JOIN people p ON p.id = s.person_id ORDER BY s.total DESC
WITH paid AS (SELECT * FROM orders WHERE status = 'paid') SELECT count(*) AS n, sum(total) AS total FROM paid
WITH a AS (SELECT person_id, count(*) AS n FROM orders GROUP BY person_id), b AS (SELECT avg(n) AS mean FROM a) SELECT a.person_id, a.n FROM a, b WHERE a.n > b.mean
WITH monthly AS (SELECT person_id, status, total FROM orders), big AS (SELECT * FROM monthly WHERE total > 100) SELECT status, count(*) AS n FROM big GROUP BY status
WITH totals(person, total) AS (SELECT person_id, sum(total) FROM orders GROUP BY person_id) SELECT person FROM totals WHERE total > 500
WITH lines AS (SELECT order_id, sum(quantity * unit_price) AS amount FROM order_lines GROUP BY order_id) SELECT o.id, o.total, l.amount FROM orders o LEFT JOIN lines l ON l.order_id = o.id
WITH data AS (SELECT category, price FROM products) SELECT category, avg(price) AS price FROM data GROUP BY category
WITH result AS (SELECT id FROM orders) SELECT count(*) AS n FROM result
WITH RECURSIVE tree AS (SELECT id, name, manager_id, 0 AS depth FROM people WHERE manager_id IS NULL UNION ALL SELECT p.id, p.name, p.manager_id, t.depth + 1 FROM people p JOIN tree t ON p.manager_id = t.id WHERE t.depth < 5) SELECT * FROM tree
WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 12) SELECT i FROM n
SELECT p.name, m.name AS manager FROM people p LEFT JOIN people m ON m.id = p.manager_id
SELECT m.name, count(*) AS reports FROM people p JOIN people m ON m.id = p.manager_id GROUP BY m.name ORDER BY reports DESC
SELECT a.name, b.name FROM people a JOIN people b ON a.department = b.department AND a.id < b.id
SELECT a.id, b.id FROM orders a JOIN orders b ON a.person_id = b.person_id AND b.placed_at > a.placed_at
SELECT name FROM people UNION SELECT name FROM products ORDER BY name
SELECT name FROM people UNION ALL SELECT name FROM products
SELECT person_id FROM orders WHERE status = 'paid' INTERSECT SELECT person_id FROM orders WHERE status = 'returned'
SELECT id FROM people EXCEPT SELECT person_id FROM orders
SELECT 'people' AS what, count(*) AS n FROM people UNION ALL SELECT 'orders', count(*) FROM orders UNION ALL SELECT 'products', count(*) FROM products
SELECT * FROM (SELECT name, price FROM products ORDER BY price DESC LIMIT 3) t UNION ALL SELECT 'total', sum(price) FROM products
SELECT id, total, row_number() OVER (ORDER BY total DESC) AS position FROM orders
SELECT id, person_id, total, rank() OVER (PARTITION BY person_id ORDER BY total DESC) AS r FROM orders
SELECT id, dense_rank() OVER (ORDER BY status) AS r FROM orders
SELECT * FROM (SELECT id, person_id, total, row_number() OVER (PARTITION BY person_id ORDER BY total DESC) AS r FROM orders) t WHERE r = 1
WITH ranked AS (SELECT category, name, price, rank() OVER (PARTITION BY category ORDER BY price DESC) AS r FROM products) SELECT category, name, price FROM ranked WHERE r <= 2
SELECT placed_at, total, sum(total) OVER (ORDER BY placed_at) AS running FROM orders
SELECT placed_at, total, sum(total) OVER (ORDER BY placed_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running FROM orders
SELECT placed_at, avg(total) OVER (ORDER BY placed_at ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS moving FROM orders
SELECT placed_at, avg(total) OVER (ORDER BY placed_at ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS smooth FROM orders
SELECT id, total - lag(total) OVER (ORDER BY id) AS change FROM orders
SELECT id, lead(placed_at) OVER (PARTITION BY person_id ORDER BY placed_at) AS next_order FROM orders
SELECT id, lag(total, 2, 0) OVER (ORDER BY id) AS earlier FROM orders
SELECT id, first_value(total) OVER (PARTITION BY person_id ORDER BY placed_at) AS first_total FROM orders
SELECT id, last_value(total) OVER (PARTITION BY person_id ORDER BY placed_at ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS last_total FROM orders
SELECT id, ntile(4) OVER (ORDER BY total) AS quartile FROM orders
SELECT id, percent_rank() OVER (ORDER BY total) AS p, cume_dist() OVER (ORDER BY total) AS c FROM orders
SELECT id, total * 100.0 / sum(total) OVER () AS share FROM orders
SELECT status, count(*) * 100.0 / sum(count(*)) OVER () AS share FROM orders GROUP BY status
SELECT status, sum(total) AS s, rank() OVER (ORDER BY sum(total) DESC) AS r FROM orders GROUP BY status
SELECT id, sum(total) OVER w AS s, avg(total) OVER w AS a FROM orders WINDOW w AS (PARTITION BY person_id ORDER BY placed_at)
SELECT id, nth_value(total, 2) OVER (ORDER BY id) AS second FROM orders
SELECT id, count(*) OVER (PARTITION BY status) AS n FROM orders
SELECT id, max(total) OVER (PARTITION BY person_id) - total AS gap FROM orders
SELECT department, count(*) AS n FROM people GROUP BY department HAVING count(*) >= 2
SELECT department, sum(CASE WHEN active THEN 1 ELSE 0 END) AS active FROM people GROUP BY department
SELECT department, count(*) AS n FROM people WHERE hired >= '2022-01-01' GROUP BY department
SELECT name, hired FROM people WHERE hired BETWEEN '2021-01-01' AND '2022-12-31' ORDER BY hired
SELECT name FROM people ORDER BY hired DESC LIMIT 1
SELECT name FROM people ORDER BY hired LIMIT 3 OFFSET 2
SELECT count(*) AS n FROM orders WHERE placed_at >= '2025-06-01' AND placed_at < '2025-07-01'
SELECT count(*) AS n FROM orders WHERE shipped_on IS NULL AND status <> 'cancelled'
SELECT count(*) AS n FROM orders WHERE status IN ('paid', 'shipped') AND (channel = 'web' OR total > 300)
SELECT count(*) AS n FROM orders WHERE NOT (status = 'paid' OR status = 'shipped')
SELECT id FROM orders WHERE total > 100 AND total <= 200 AND channel != 'phone'
SELECT o.id FROM orders o LEFT JOIN order_lines l ON l.order_id = o.id WHERE l.id IS NULL
SELECT pr.name FROM products pr LEFT JOIN order_lines l ON l.product_id = pr.id WHERE l.id IS NULL
SELECT pr.name, coalesce(sum(l.quantity), 0) AS sold FROM products pr LEFT JOIN order_lines l ON l.product_id = pr.id GROUP BY pr.id, pr.name ORDER BY sold
SELECT o.id, count(l.id) AS lines, sum(l.quantity) AS pieces FROM orders o JOIN order_lines l ON l.order_id = o.id GROUP BY o.id HAVING count(l.id) > 1
SELECT abs(total - 200) AS distance FROM orders ORDER BY distance LIMIT 5
SELECT id, total / 10 AS tenth, total * 1.23 AS gross, total - 5 AS less FROM orders
SELECT id % 3 AS bucket, count(*) AS n FROM orders GROUP BY id % 3 ORDER BY 1
SELECT floor(total / 100) * 100 AS band, count(*) AS n FROM orders GROUP BY floor(total / 100) * 100 ORDER BY band
SELECT round(total) AS whole, ceil(total) AS up FROM orders
SELECT sqrt(total) AS root, power(total, 2) AS square FROM orders WHERE total > 0
SELECT CAST(total AS INTEGER) AS whole FROM orders
SELECT CAST(id AS TEXT) || '-' || status AS code FROM orders
SELECT sum(quantity * unit_price) AS revenue FROM order_lines
SELECT sum(quantity * unit_price) / sum(quantity) AS price FROM order_lines
SELECT l.product_id, avg(l.unit_price) AS paid, min(pr.price) AS listed FROM order_lines l JOIN products pr ON pr.id = l.product_id GROUP BY l.product_id
SELECT category, min(price) AS least, max(price) AS most, max(price) - min(price) AS spread FROM products GROUP BY category
SELECT category, count(*) AS n, sum(stock) AS stock FROM products GROUP BY category ORDER BY stock DESC
SELECT sum(price * stock) AS worth FROM products WHERE discontinued IS NULL
SELECT name, price, price > (SELECT avg(price) FROM products) AS dear FROM products
SELECT name FROM products p WHERE price > (SELECT avg(price) FROM products q WHERE q.category = p.category)
SELECT subject, count(*) AS n FROM messages GROUP BY subject
SELECT sender_id, recipient_id, count(*) AS n FROM messages GROUP BY sender_id, recipient_id
SELECT m.subject, s.name AS sender, r.name AS recipient FROM messages m JOIN people s ON s.id = m.sender_id JOIN people r ON r.id = m.recipient_id
SELECT body FROM messages WHERE body LIKE '%hello%' ORDER BY sent_at DESC
SELECT title, views FROM documents ORDER BY views DESC LIMIT 3
SELECT visibility, count(*) AS n, avg(rating) AS rating FROM documents GROUP BY visibility
SELECT title FROM documents WHERE rating > (SELECT avg(rating) FROM documents)
SELECT d.title, p.name FROM documents d JOIN people p ON p.id = d.owner_id
SELECT o.status AS state, count(*) AS number FROM orders AS o GROUP BY o.status ORDER BY number DESC
SELECT orders.status, orders.total FROM orders WHERE orders.total > 50
SELECT "status", "total" FROM "orders" WHERE "total" > 50
select Status, Total from Orders where Total > 50 order by Total desc
SELECT id AS "Order number", total AS "Total (EUR)" FROM orders
SELECT o.*, p.name FROM orders o JOIN people p ON p.id = o.person_id
SELECT p.name, o.* FROM people p JOIN orders o ON o.person_id = p.id LIMIT 10
SELECT account_id, count(*) AS n FROM people JOIN orders USING (account_id) GROUP BY account_id
SELECT p.name FROM people AS p INNER JOIN orders AS o ON (o.person_id = p.id) WHERE (o.total > 100)
SELECT p.name, o.id FROM people p LEFT OUTER JOIN orders o ON o.person_id = p.id AND o.status = 'paid'
SELECT o.id, p.name FROM orders o RIGHT JOIN people p ON p.id = o.person_id
SELECT o.id, p.name FROM orders o FULL OUTER JOIN people p ON p.id = o.person_id
SELECT p.name, pr.name FROM people p CROSS JOIN products pr LIMIT 20
SELECT count(*) AS n FROM (SELECT DISTINCT person_id, status FROM orders) t
SELECT status, count(DISTINCT person_id) AS people, count(DISTINCT channel) AS channels FROM orders GROUP BY status
SELECT status FROM orders GROUP BY status HAVING count(*) > (SELECT count(*) / 10 FROM orders)
SELECT status FROM orders GROUP BY status ORDER BY count(*) DESC LIMIT 1
SELECT status FROM orders GROUP BY status ORDER BY sum(total) DESC
SELECT max(total) - min(total) AS spread FROM orders WHERE status = 'paid'
SELECT person_id, max(total) AS most FROM orders GROUP BY person_id HAVING max(total) > 200 ORDER BY most DESC
SELECT person_id, min(placed_at) AS first_order, max(placed_at) AS last_order FROM orders GROUP BY person_id
SELECT count(*) AS n FROM orders a WHERE a.total > (SELECT avg(b.total) FROM orders b WHERE b.channel = a.channel)
SELECT id FROM orders WHERE person_id = (SELECT id FROM people WHERE name = 'Person 2')
SELECT id FROM orders WHERE (total > 100 AND status = 'paid') OR (total > 300 AND status = 'shipped')
SELECT 1 AS one
SELECT 2 + 3 * 4 AS n, 10 / 4.0 AS q, -5 AS m
SELECT 'it''s' AS text
SELECT count(*) > 10 AS many FROM orders
SELECT max(total) = min(total) AS same FROM orders
SELECT name, price, CASE WHEN stock = 0 THEN 'out' WHEN stock < 10 THEN 'low' ELSE 'ok' END AS state FROM products ORDER BY CASE WHEN stock = 0 THEN 0 ELSE 1 END, name
SELECT category, sum(CASE WHEN stock < 10 THEN 1 ELSE 0 END) AS low FROM products GROUP BY category HAVING sum(CASE WHEN stock < 10 THEN 1 ELSE 0 END) > 0
SELECT department, avg(salary) AS pay FROM people WHERE department = 'sales' GROUP BY department
SELECT avg(salary) AS pay FROM people
SELECT sum(salary) AS bill, count(*) AS heads FROM people
SELECT name, email, born FROM people
SELECT name, phone FROM people WHERE department = 'lab'
SELECT p.name, o.total, p.phone FROM people p JOIN orders o ON o.person_id = p.id WHERE o.total > 250
SELECT "Mixed Case", "select" FROM "Odd Table"
SELECT t."select" AS word FROM "Odd Table" AS t WHERE t."Mixed Case" > 1
SELECT id FROM orders WHERE note IS NULL OR note = ''
SELECT id FROM orders WHERE coalesce(note, '') <> 'note 1'
SELECT count(note) AS noted, count(*) - count(note) AS bare FROM orders
SELECT a.status, a.n, b.n AS web FROM (SELECT status, count(*) AS n FROM orders GROUP BY status) a LEFT JOIN (SELECT status, count(*) AS n FROM orders WHERE channel = 'web' GROUP BY status) b ON a.status = b.status
SELECT status, n FROM (SELECT status, count(*) AS n FROM orders GROUP BY status) t WHERE n = (SELECT max(n) FROM (SELECT count(*) AS n FROM orders GROUP BY status) u)
SELECT total FROM orders ORDER BY total DESC LIMIT 1 OFFSET 1
SELECT total FROM (SELECT DISTINCT total FROM orders) t ORDER BY total DESC LIMIT 1 OFFSET 2
SELECT name FROM people WHERE lower(name) LIKE lower('%PERSON 1%')
SELECT name FROM people WHERE length(name) > 8
SELECT id, total FROM orders ORDER BY total DESC NULLS LAST, id
SELECT shipped_on FROM orders ORDER BY shipped_on NULLS FIRST LIMIT 5
SELECT channel, avg(total) AS average FROM orders WHERE status <> 'cancelled' GROUP BY channel HAVING avg(total) > 50 ORDER BY average DESC
SELECT p.department, avg(o.total) AS average FROM people p JOIN orders o ON o.person_id = p.id GROUP BY p.department
SELECT p.department, count(DISTINCT p.id) AS people, count(o.id) AS orders FROM people p LEFT JOIN orders o ON o.person_id = p.id GROUP BY p.department
SELECT p.name FROM people p JOIN orders o ON o.person_id = p.id GROUP BY p.id, p.name HAVING count(*) = (SELECT max(n) FROM (SELECT count(*) AS n FROM orders GROUP BY person_id) t)
SELECT pr.id, pr.name, (SELECT sum(l.quantity) FROM order_lines l WHERE l.product_id = pr.id) AS sold FROM products pr ORDER BY sold DESC
SELECT pr.name, pr.price - avg(l.unit_price) AS difference FROM products pr JOIN order_lines l ON l.product_id = pr.id GROUP BY pr.id, pr.name, pr.price
SELECT o.id, sum(l.quantity * l.unit_price) AS amount FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE o.status = 'paid' GROUP BY o.id ORDER BY amount DESC LIMIT 10
SELECT l.order_id, count(*) AS lines FROM order_lines l GROUP BY l.order_id HAVING count(*) > 1 AND sum(l.quantity) > 2
SELECT a.product_id AS one, b.product_id AS other, count(*) AS together FROM order_lines a JOIN order_lines b ON a.order_id = b.order_id AND a.product_id < b.product_id GROUP BY a.product_id, b.product_id ORDER BY together DESC
SELECT o.channel, pr.category, sum(l.quantity) AS n FROM orders o JOIN order_lines l ON l.order_id = o.id JOIN products pr ON pr.id = l.product_id WHERE pr.discontinued IS NULL GROUP BY o.channel, pr.category HAVING sum(l.quantity) > 1 ORDER BY n DESC LIMIT 10
SELECT s.status, coalesce(t.n, 0) AS n FROM (SELECT DISTINCT status FROM orders) s LEFT JOIN (SELECT status, count(*) AS n FROM orders WHERE channel = 'web' GROUP BY status) t ON t.status = s.status
SELECT p.name, count(CASE WHEN o.status = 'returned' THEN 1 END) AS returned FROM people p LEFT JOIN orders o ON o.person_id = p.id GROUP BY p.name
SELECT id, total, CASE WHEN total > lag(total) OVER (ORDER BY id) THEN 'up' ELSE 'down' END AS trend FROM orders
SELECT person_id, total, total - avg(total) OVER (PARTITION BY person_id) AS difference FROM orders
SELECT person_id, placed_at, row_number() OVER (PARTITION BY person_id ORDER BY placed_at, id) AS visit FROM orders
SELECT person_id FROM (SELECT person_id, row_number() OVER (PARTITION BY person_id ORDER BY placed_at) AS r, total FROM orders) t WHERE r = 1 AND total > 100
SELECT min(gap) AS least FROM (SELECT id - lag(id) OVER (ORDER BY id) AS gap FROM orders) t
SELECT status, total, sum(total) OVER (PARTITION BY status ORDER BY id) AS running, sum(total) OVER (PARTITION BY status) AS whole FROM orders
WITH ordered AS (SELECT id, total, row_number() OVER (ORDER BY total) AS r, count(*) OVER () AS n FROM orders) SELECT avg(total) AS median FROM ordered WHERE r IN ((n + 1) / 2, (n + 2) / 2)
WITH ranked AS (SELECT person_id, sum(total) AS spent, rank() OVER (ORDER BY sum(total) DESC) AS r FROM orders GROUP BY person_id) SELECT p.name, r.spent FROM ranked r JOIN people p ON p.id = r.person_id WHERE r.r <= 3 ORDER BY r.r
WITH x AS (SELECT status, count(*) AS n FROM orders GROUP BY status), y AS (SELECT sum(n) AS total FROM x) SELECT x.status, x.n * 100.0 / y.total AS share FROM x CROSS JOIN y ORDER BY share DESC
WITH web AS (SELECT * FROM orders WHERE channel = 'web'), phone AS (SELECT * FROM orders WHERE channel = 'phone') SELECT (SELECT count(*) FROM web) AS web, (SELECT count(*) FROM phone) AS phone
WITH active AS (SELECT id FROM people WHERE active) SELECT count(*) AS n FROM orders WHERE person_id IN (SELECT id FROM active)
WITH s AS (SELECT person_id, sum(total) AS spent FROM orders GROUP BY person_id) SELECT CASE WHEN spent > 500 THEN 'gold' WHEN spent > 200 THEN 'silver' ELSE 'bronze' END AS tier, count(*) AS n FROM s GROUP BY 1 ORDER BY n DESC
WITH t AS (SELECT o.*, p.department FROM orders o JOIN people p ON p.id = o.person_id) SELECT department, sum(total) AS s FROM t GROUP BY department
SELECT department FROM people GROUP BY department HAVING sum(CASE WHEN active THEN 1 ELSE 0 END) = count(*)
SELECT count(*) AS n FROM people WHERE manager_id IS NULL
SELECT m.name, p.name FROM people p JOIN people m ON p.manager_id = m.id WHERE p.department <> m.department
SELECT p.name, g.name AS grand FROM people p JOIN people m ON m.id = p.manager_id JOIN people g ON g.id = m.manager_id
SELECT name FROM people WHERE name > 'Person 5' ORDER BY name DESC
SELECT name, CASE WHEN manager_id IS NULL THEN 'head' ELSE 'staff' END AS rank FROM people
SELECT department, min(hired) AS first, max(hired) AS latest FROM people GROUP BY department ORDER BY first
SELECT m.sender_id, max(m.sent_at) AS latest FROM messages m GROUP BY m.sender_id
SELECT count(*) AS n FROM messages WHERE sent_at >= '2026-03-01 12:00:00'
SELECT a.id FROM messages a WHERE NOT EXISTS (SELECT 1 FROM messages b WHERE b.sender_id = a.recipient_id AND b.sent_at > a.sent_at)
SELECT d.title, d.views * 100.0 / (SELECT sum(views) FROM documents) AS share FROM documents d ORDER BY share DESC
SELECT title, rating FROM documents WHERE rating BETWEEN 1 AND 4 AND views > 10
SELECT upper(substr(title, 1, 1)) AS letter, count(*) AS n FROM documents GROUP BY upper(substr(title, 1, 1))
SELECT name, price * stock AS worth FROM products ORDER BY worth DESC LIMIT 3
SELECT category, name FROM products p WHERE price = (SELECT max(price) FROM products q WHERE q.category = p.category)
SELECT category, count(*) AS n FROM products WHERE price > 10 GROUP BY category ORDER BY n DESC, category
SELECT CASE WHEN price < 10 THEN 'a' WHEN price < 20 THEN 'b' ELSE 'c' END AS band, count(*) AS n, avg(price) AS price FROM products GROUP BY CASE WHEN price < 10 THEN 'a' WHEN price < 20 THEN 'b' ELSE 'c' END
SELECT count(*) AS all_of_them, count(discontinued) AS gone, count(*) - count(discontinued) AS sold FROM products
SELECT sum(stock) AS stock FROM products WHERE category = 'paper' AND discontinued IS NULL
SELECT id FROM orders WHERE status = 'paid' UNION SELECT id FROM orders WHERE total > 300 ORDER BY 1 LIMIT 10
SELECT count(*) AS n FROM (SELECT person_id FROM orders WHERE channel = 'web' INTERSECT SELECT person_id FROM orders WHERE channel = 'phone') t
SELECT name FROM people WHERE id IN (SELECT person_id FROM orders WHERE channel = 'web') AND id IN (SELECT person_id FROM orders WHERE channel = 'phone')
SELECT p.name FROM people p WHERE (SELECT count(*) FROM orders o WHERE o.person_id = p.id) > 3
SELECT p.name, (SELECT sum(o.total) FROM orders o WHERE o.person_id = p.id AND o.status = 'paid') AS paid, (SELECT sum(o.total) FROM orders o WHERE o.person_id = p.id AND o.status = 'returned') AS returned FROM people p
SELECT o.status, sum(l.quantity) AS pieces, count(DISTINCT o.id) AS orders, sum(l.quantity) * 1.0 / count(DISTINCT o.id) AS per_order FROM orders o JOIN order_lines l ON l.order_id = o.id GROUP BY o.status
SELECT -total AS negative, +total AS positive, (total) AS bracketed FROM orders
SELECT id FROM orders WHERE total > 1e2 AND id < 1000000
SELECT count(*) AS "number of orders", sum(total) AS "sum" FROM orders
SELECT a.name AS account, p.name AS person, o.id AS number FROM accounts a JOIN people p ON p.account_id = a.id JOIN orders o ON o.person_id = p.id ORDER BY a.name, p.name, o.id
SELECT DISTINCT p.department FROM people p JOIN orders o ON o.person_id = p.id WHERE o.total > 300
SELECT DISTINCT status, channel FROM orders ORDER BY status, channel
SELECT count(DISTINCT status || channel) AS pairs FROM orders
SELECT total, count(*) AS n FROM orders GROUP BY total HAVING count(*) > 1
SELECT id FROM orders WHERE id BETWEEN 5 AND 10 OR id = 20 ORDER BY id DESC
SELECT status, count(*) AS n, round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS share FROM orders GROUP BY status ORDER BY n DESC
SELECT id, total, total - lag(total) OVER (PARTITION BY person_id ORDER BY placed_at) AS change FROM orders
SELECT id, sum(total) OVER (PARTITION BY person_id ORDER BY placed_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running FROM orders
SELECT * FROM (SELECT o.*, row_number() OVER (PARTITION BY person_id ORDER BY total DESC) AS rn FROM orders o) t WHERE rn <= 2
WITH ranked AS (SELECT person_id, total, rank() OVER (PARTITION BY status ORDER BY total DESC) AS r FROM orders) SELECT * FROM ranked WHERE r = 1
SELECT p.name FROM people p WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.person_id = p.id AND o.status = 'paid')
SELECT p.name, m.name AS manager FROM people p LEFT JOIN people m ON m.id = p.manager_id ORDER BY p.name
SELECT count(*) FILTER (WHERE status = 'paid') AS paid, count(*) FILTER (WHERE status <> 'paid') AS other FROM orders
SELECT sum(CASE WHEN status = 'paid' THEN total ELSE 0 END) / nullif(sum(total), 0) AS share FROM orders
SELECT coalesce(note, status, 'none') AS what, count(*) AS n FROM orders GROUP BY coalesce(note, status, 'none')
SELECT CASE WHEN total < 50 THEN 'small' WHEN total < 200 THEN 'medium' ELSE 'large' END AS size, count(*) AS n FROM orders GROUP BY 1 ORDER BY 2 DESC
SELECT name, length(name) AS l, upper(substr(name, 1, 1)) || lower(substr(name, 2)) AS capitalised FROM products
SELECT replace(name, 'Product', 'P') AS short, trim(name) AS t FROM products
SELECT category, count(DISTINCT name) AS names, min(price) AS low, max(price) AS high, avg(price) AS mean FROM products GROUP BY category HAVING count(*) > 1
SELECT p.category, sum(l.quantity * l.unit_price) AS revenue FROM order_lines l JOIN products p ON p.id = l.product_id GROUP BY p.category ORDER BY revenue DESC
SELECT o.id, count(l.id) AS lines FROM orders o LEFT JOIN order_lines l ON l.order_id = o.id GROUP BY o.id HAVING count(l.id) = 0
WITH monthly AS (SELECT person_id, count(*) AS n FROM orders GROUP BY person_id), best AS (SELECT max(n) AS n FROM monthly) SELECT m.person_id FROM monthly m JOIN best b ON b.n = m.n
SELECT a.id, b.id AS other FROM orders a JOIN orders b ON a.person_id = b.person_id AND a.id < b.id WHERE a.status = b.status
SELECT status FROM orders WHERE person_id = 1 INTERSECT SELECT status FROM orders WHERE person_id = 2
SELECT 'orders' AS what, count(*) AS n FROM orders UNION ALL SELECT 'lines', count(*) FROM order_lines UNION ALL SELECT 'people', count(*) FROM people
SELECT ntile(4) OVER (ORDER BY total) AS quartile, total FROM orders
SELECT quartile, min(total) AS low, max(total) AS high FROM (SELECT total, ntile(4) OVER (ORDER BY total) AS quartile FROM orders) t GROUP BY quartile ORDER BY quartile
SELECT person_id, first_value(status) OVER (PARTITION BY person_id ORDER BY placed_at) AS first_status FROM orders
SELECT DISTINCT person_id, last_value(total) OVER (PARTITION BY person_id ORDER BY placed_at ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS latest FROM orders
SELECT id, avg(total) OVER (ORDER BY placed_at ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS moving FROM orders
SELECT name FROM products WHERE price > (SELECT avg(price) FROM products)
SELECT name, price, price - (SELECT avg(price) FROM products q WHERE q.category = p.category) AS over_mean FROM products p
SELECT * FROM products WHERE (category, price) IN (SELECT category, max(price) FROM products GROUP BY category)
SELECT count(*) AS n FROM orders WHERE note IS NULL OR note = ''
SELECT person_id, count(*) AS n, max(placed_at) AS last FROM orders GROUP BY person_id ORDER BY last DESC NULLS LAST LIMIT 5
WITH RECURSIVE chain AS (SELECT id, manager_id, 0 AS depth FROM people WHERE manager_id IS NULL UNION ALL SELECT p.id, p.manager_id, c.depth + 1 FROM people p JOIN chain c ON p.manager_id = c.id) SELECT depth, count(*) AS n FROM chain GROUP BY depth
SELECT department, avg(salary) AS mean, count(*) AS n FROM people GROUP BY department
SELECT department, count(*) AS n, sum(CASE WHEN active THEN 1 ELSE 0 END) AS active FROM people GROUP BY department
SELECT o.status, p.department, count(*) AS n FROM orders o JOIN people p ON p.id = o.person_id GROUP BY o.status, p.department ORDER BY 1, 2
SELECT greatest_total.status FROM (SELECT status, max(total) AS m FROM orders GROUP BY status) AS greatest_total ORDER BY m DESC LIMIT 1
SELECT id, CAST(total AS INTEGER) AS whole, round(total / 3, 2) AS third, abs(total - 100) AS off FROM orders
SELECT product_id, sum(quantity) AS sold FROM order_lines GROUP BY product_id HAVING sum(quantity) > (SELECT avg(s) FROM (SELECT sum(quantity) AS s FROM order_lines GROUP BY product_id) t)
SELECT DISTINCT category FROM products WHERE discontinued IS NULL AND stock BETWEEN 5 AND 30
SELECT name FROM products WHERE lower(name) LIKE '%duct 1%' AND category NOT IN ('ink', 'tools')
SELECT m.sender_id, count(*) AS sent, (SELECT count(*) FROM messages r WHERE r.recipient_id = m.sender_id) AS received FROM messages m GROUP BY m.sender_id
SELECT title, views, rating, dense_rank() OVER (ORDER BY views DESC) AS r FROM documents WHERE rating IS NOT NULL
SELECT channel, status, count(*) AS n FROM orders GROUP BY channel, status HAVING count(*) >= 2 ORDER BY channel, n DESC
SELECT p.name, coalesce(t.total, 0) AS total FROM people p LEFT JOIN (SELECT person_id, sum(total) AS total FROM orders GROUP BY person_id) t ON t.person_id = p.id ORDER BY 2 DESC
WITH a AS (SELECT person_id, sum(total) AS s FROM orders GROUP BY person_id), b AS (SELECT a.*, sum(s) OVER (ORDER BY s DESC) AS run, sum(s) OVER () AS all_ FROM a) SELECT person_id, run / all_ AS cumulative FROM b ORDER BY run
