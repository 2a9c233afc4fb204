--: the row of an alias
SELECT p FROM people AS p
--: the row by the name of the relation
SELECT people FROM people
--: the row as text
SELECT CAST(p AS TEXT) FROM people AS p
--: the row as text, by its operator [duckdb postgres]
SELECT p::text FROM people AS p
--: the row in a concatenation
SELECT p || '' FROM people AS p
--: the row in COUNT
SELECT count(p) FROM people AS p
--: the row in COUNT DISTINCT
SELECT count(DISTINCT p) FROM people AS p
--: the row in a comparison
SELECT 1 FROM people AS p WHERE p = p
--: the row in IS NULL
SELECT 1 FROM people AS p WHERE p IS NULL
--: the row in ORDER BY
SELECT id FROM people AS p ORDER BY p
--: the row in GROUP BY
SELECT count(*) FROM people AS p GROUP BY p
--: the row in DISTINCT
SELECT DISTINCT p FROM people AS p
--: a hidden field of the row [duckdb postgres]
SELECT (p).ssn FROM people AS p
--: all fields of the row [duckdb postgres]
SELECT (p).* FROM people AS p
--: a field of a row of a subquery [duckdb postgres]
SELECT (x).ssn FROM (SELECT p AS x FROM people AS p) AS y
--: the row as JSON [postgres duckdb]
SELECT row_to_json(p) FROM people AS p
--: to_json [postgres duckdb]
SELECT to_json(p) FROM people AS p
--: to_jsonb and a key [postgres]
SELECT to_jsonb(p) ->> 'ssn' FROM people AS p
--: json_agg [postgres]
SELECT json_agg(p) FROM people AS p
--: array_agg
SELECT array_agg(p) FROM people AS p
--: string_agg of the row [duckdb postgres]
SELECT string_agg(p::text, ',') FROM people AS p
--: hstore [postgres]
SELECT hstore(p) FROM people AS p
--: json_populate_record [postgres]
SELECT (json_populate_record(p, '{}')).ssn FROM people AS p
--: xmlforest [postgres]
SELECT xmlforest(p) FROM people AS p
--: row_number over the row [duckdb postgres]
SELECT row_number() OVER (ORDER BY p) FROM people AS p
--: first_value of the row
SELECT first_value(p) OVER (ORDER BY id) FROM people AS p
--: min of the row
SELECT min(p) FROM people AS p
--: ROW with a star [postgres]
SELECT ROW(p.*) FROM people AS p
--: a tuple with a star
SELECT (p.*) FROM people AS p
--: COUNT of a star of a relation
SELECT count(p.*) FROM people AS p
--: a struct pack [duckdb]
SELECT struct_pack(a := p) FROM people AS p
--: struct_extract [duckdb]
SELECT struct_extract(p, 'ssn') FROM people AS p
--: a subscript on the row [duckdb]
SELECT p['ssn'] FROM people AS p
--: unnest of the row [duckdb]
SELECT unnest(p) FROM people AS p
--: unnest recursive [duckdb]
SELECT unnest([p], recursive := true) FROM people AS p
--: a hash of the row
SELECT md5(CAST(p AS TEXT)) FROM people AS p
--: hash() of the row [duckdb]
SELECT hash(p) FROM people AS p
--: the row compared with a tuple
SELECT id FROM products AS p WHERE (p.id, p.name) = (1, 'Product 1')
--: the row in IN
SELECT id FROM people WHERE people IN (SELECT people FROM people)
--: the row through a function that takes a record [postgres]
SELECT pg_typeof(p) FROM people AS p
--: to_tsvector of a row [postgres]
SELECT to_tsvector(p::text) FROM people AS p
--: system column ctid [postgres]
SELECT ctid FROM people
--: system column xmin [postgres]
SELECT xmin, xmax, cmin, cmax FROM orders
--: system column tableoid [postgres]
SELECT tableoid::regclass FROM orders
--: system column in WHERE [postgres]
SELECT id FROM orders WHERE ctid = '(0,1)'
--: rowid [duckdb sqlite]
SELECT rowid FROM orders ORDER BY rowid
--: rowid of an alias [duckdb sqlite]
SELECT o.rowid FROM orders AS o ORDER BY 1
--: oid and _rowid_ [sqlite]
SELECT oid, _rowid_ FROM orders
--: rowid in WHERE counts what is before [duckdb sqlite]
SELECT max(rowid) FROM messages
--: a string that is a column [sqlite]
SELECT "ssn" FROM people
--: a string in double quotes in WHERE [sqlite]
SELECT id FROM people WHERE "ssn" LIKE '1%'
--: row of star [duckdb postgres]
SELECT ROW(o.*) AS r FROM orders o
--: row compare [duckdb postgres]
SELECT count(*) AS n FROM orders o WHERE ROW(o.*) IS NOT NULL
--: row in row
SELECT id FROM orders WHERE (id, margin) IN (SELECT id, margin FROM orders)
--: row equality
SELECT id FROM orders WHERE (id, account_id) = (41, 2)
--: row less than of subquery
SELECT id FROM orders WHERE (id, total) > (SELECT 1, max(total) FROM orders)
--: whole row is not null
SELECT count(*) AS n FROM orders o WHERE o IS NOT NULL
--: whole row equals
SELECT count(*) AS n FROM orders o WHERE o = o
--: whole row as text [postgres duckdb]
SELECT o::text AS t FROM orders o
--: whole row order
SELECT id FROM orders o ORDER BY o
--: whole row group
SELECT count(*) AS n FROM products p GROUP BY p
--: whole row distinct
SELECT count(DISTINCT p) AS n FROM products p
--: whole row max [duckdb]
SELECT max(p) AS m FROM products p
--: struct pack star [duckdb]
SELECT struct_pack(*) FROM orders
--: unnest struct [duckdb]
SELECT unnest(o) FROM orders o
--: json over row [postgres]
SELECT json_build_object('a', o.*) FROM orders o
--: json arrow of row [postgres]
SELECT to_json(o) -> 'margin' FROM orders o
--: pg_column_size [postgres]
SELECT pg_column_size(o) FROM orders o
--: num_nulls of rows [postgres]
SELECT num_nulls(o.*) FROM orders o
--: greatest of rows [postgres]
SELECT greatest(o, o) FROM orders o
--: array of rows [postgres]
SELECT ARRAY(SELECT o FROM orders o)
--: count of outer join row
SELECT count(o) AS n FROM people p LEFT JOIN orders o ON o.person_id = p.id
