--: in its own spelling
SELECT "Mixed Case", "select", "naïve" FROM "Odd Table" ORDER BY 1
--: in another case
SELECT "mixed case" FROM "odd table" ORDER BY 1
--: without quotes
SELECT Mixed FROM Odd
--: a star
SELECT * FROM "Odd Table" ORDER BY 1
--: an alias that needs quotes
SELECT x."Mixed Case" FROM "Odd Table" AS "X" ORDER BY 1
--: an alias with a quote in it
SELECT "a""b"."Mixed Case" FROM "Odd Table" AS "a""b" ORDER BY 1
--: an alias with a newline in it
SELECT "a
b"."Mixed Case" FROM "Odd Table" AS "a
b" ORDER BY 1
--: an alias with a comment in it
SELECT 1 AS "/* x */ -- y"
--: an alias with a semicolon in it
SELECT 1 AS "x; DELETE FROM messages"
--: an alias that is a parameter
SELECT 1 AS ":me.id"
--: an alias that is a placeholder
SELECT 1 AS "$1", 2 AS "?"
--: an alias with a percent sign
SELECT 1 AS "%s", 2 AS "100%"
--: an alias of a hundred characters
SELECT 1 AS "{{"y" * 100}}", 2 AS "{{"y" * 99}}"
--: aliases that Postgres cuts alike [postgres]
SELECT * FROM (SELECT 1 AS "{{"z" * 64}}", 2 AS "{{"z" * 65}}") AS t
--: two aliases that are equal
SELECT id AS x, total AS x FROM orders ORDER BY id
--: two aliases that differ in case
SELECT id AS x, total AS "X" FROM orders ORDER BY id
--: two aliases of tables that differ in case
SELECT "a".id, "A".id FROM orders AS "a", people AS "A" WHERE "a".id = "A".id ORDER BY 1
--: two relations without an alias
SELECT count(*) FROM orders, orders
--: an alias equal to a column
SELECT total.total FROM orders AS total ORDER BY 1
--: an alias equal to a column, alone
SELECT total FROM orders AS total ORDER BY 1
--: an alias equal to a hidden column
SELECT margin.total FROM orders AS margin ORDER BY 1
--: an alias equal to a hidden column, alone
SELECT margin FROM orders AS margin
--: an alias equal to a hidden column in a subquery
SELECT (SELECT max(ssn.name) FROM people AS ssn) AS x
--: a hidden name in capitals with a look-alike
SELECT "SSN" FROM people
--: a hidden name with a trailing space
SELECT "ssn " FROM people
--: a hidden name with a leading space
SELECT " ssn" FROM people
--: a hidden relation with a trailing space
SELECT * FROM "vault "
--: a hidden relation with a dot inside of quotes
SELECT * FROM "main.vault"
--: a hidden relation with a dot inside of quotes, in public
SELECT * FROM "public.vault"
--: a hidden column with a dot inside of quotes
SELECT "people.ssn" FROM people
--: a name that folds by Unicode [postgres]
SELECT * FROM "VAULT"
--: a name with an accent in another form
SELECT "NAÏVE" FROM "Odd Table" ORDER BY 1
--: sharp s
SELECT "straße" FROM (SELECT 1 AS "STRASSE") AS t
--: a column that is a keyword
SELECT "select" FROM "Odd Table" WHERE "select" LIKE 'row%' ORDER BY 1
--: a column that is a function
SELECT count FROM (SELECT 1 AS count) AS t
--: a column that is a type
SELECT date FROM (SELECT 1 AS date) AS t
--: a column called as a boolean
SELECT "true" FROM (SELECT 1 AS "true") AS t
--: a column called null
SELECT "null" FROM (SELECT 1 AS "null") AS t
--: a column called star
SELECT "*" FROM (SELECT 1 AS "*") AS t
--: a column called star of a relation !
SELECT "*" FROM people
--: a column that begins with two underscores !
SELECT 1 AS "__x"
--: a relation that begins with two underscores !
WITH "__t" AS (SELECT 1) SELECT * FROM "__t"
--: a lateral alias of a window
SELECT id AS w, sum(total) OVER w AS s FROM orders WINDOW w AS (ORDER BY id) ORDER BY 1
--: a name in brackets
SELECT (orders.id) FROM orders ORDER BY 1
--: a schema in place of an alias
SELECT public.id FROM orders AS public ORDER BY 1
--: a table, a column and a field of one name
SELECT orders.orders FROM (SELECT 1 AS orders) AS orders
