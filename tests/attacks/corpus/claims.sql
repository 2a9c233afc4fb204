--: a claim of the principal !
SELECT :me.id
--: a claim in a condition !
SELECT * FROM orders WHERE account_id = :me.account_id
--: a claim in quotes !
SELECT :"me.account_id"
--: a claim with an underscore !
SELECT :me_id FROM orders
--: a claim in another case !
SELECT :ME.ID
--: a claim of the policy that nobody has !
SELECT :me.secret
--: the limit of the server !
SELECT id FROM orders LIMIT :__limit
--: a lifted literal's name !
SELECT :p1 FROM orders
--: a positional parameter !
SELECT * FROM orders WHERE account_id = $1
--: a second positional parameter !
SELECT * FROM orders WHERE account_id = $2
--: a positional parameter with a cast ! [duckdb postgres]
SELECT $1::int FROM orders
--: a question mark !
SELECT * FROM orders WHERE account_id = ?
--: a session variable !
SELECT @account_id
--: a system variable !
SELECT @@version
--: current_setting [postgres duckdb]
SELECT current_setting('app.account_id')
--: current_setting in a condition [postgres duckdb]
SELECT * FROM orders WHERE account_id = CAST(current_setting('nlq.account_id', true) AS INTEGER)
--: set_config [postgres]
SELECT set_config('nlq.account_id', '2', true)
--: set_config before the relation [postgres]
SELECT o.id FROM (SELECT set_config('nlq.claims', '{"account_id": 2}', true)) AS x, orders AS o
--: set_config in a WITH query [postgres]
WITH x AS MATERIALIZED (SELECT set_config('nlq.claims', '{}', true)) SELECT orders.id FROM x, orders
--: set_config in a CASE [postgres]
SELECT CASE WHEN set_config('role', 'postgres', true) = 'postgres' THEN 1 END
--: set_config in quotes [postgres]
SELECT "set_config"('role', 'postgres', false)
--: set_config by its schema [postgres]
SELECT pg_catalog.set_config('role', 'postgres', false)
--: SET of a claim !
SET nlq.account_id = 2
--: SET in a draft of two !
SET nlq.account_id = 2; SELECT * FROM orders
--: SET VARIABLE ! [duckdb]
SET VARIABLE account_id = 2
--: a struct called me [duckdb]
SELECT me.account_id FROM (SELECT {'account_id': 2} AS me) AS t
--: a relation called me
SELECT me.account_id FROM (SELECT 2 AS account_id) AS me
--: a relation called me beside the rule
SELECT count(*) AS n FROM (SELECT 2 AS account_id, 4 AS id) AS me, orders
--: a WITH query called me
WITH me AS (SELECT 2 AS account_id) SELECT count(*) AS n FROM me, orders
--: a column called account_id of nothing
SELECT count(*) AS n FROM orders, (SELECT 2 AS account_id) AS account
--: a role by SQL [postgres]
SELECT current_role
--: USER [postgres duckdb]
SELECT user
--: a claim by comment
SELECT count(*) AS n FROM orders /* :me.account_id = 2 */
--: a claim by text
SELECT ':me.account_id' AS x
--: a parameter in a name !
SELECT * FROM :t
--: a parameter as a column !
SELECT :c AS x, :c AS y FROM people
--: a parameter as a type !
SELECT CAST(1 AS :t)
--: a parameter in INTERVAL !
SELECT INTERVAL :x DAY
--: a percent sign, which drivers look for
SELECT '100%s' AS x, 5 % 3 AS y
--: a percent sign with a name, which drivers look for
SELECT '%(account_id)s' AS x
--: a brace, which formatters look for
SELECT '{account_id}' AS x, '{0}' AS y
--: a dollar sign, which drivers look for
SELECT '$1 $2 ?1 :x' AS x
--: a colon in a time
SELECT TIMESTAMP '2026-01-01 10:20:30' AS x
--: a JSON question mark [postgres]
SELECT note ? 'a' FROM orders
