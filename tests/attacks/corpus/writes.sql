--: INSERT !
INSERT INTO orders (id) VALUES (1)
--: INSERT of a query !
INSERT INTO products SELECT * FROM vault
--: INSERT with RETURNING !
INSERT INTO orders (id) VALUES (1) RETURNING *
--: INSERT OR REPLACE ! [sqlite duckdb]
INSERT OR REPLACE INTO products (id, name) VALUES (1, 'x')
--: REPLACE INTO ! [sqlite]
REPLACE INTO products (id, name) VALUES (1, 'x')
--: UPDATE !
UPDATE people SET account_id = 1
--: UPDATE with RETURNING !
UPDATE people SET name = name RETURNING ssn
--: DELETE !
DELETE FROM messages
--: DELETE with RETURNING !
DELETE FROM vault RETURNING word
--: TRUNCATE !
TRUNCATE messages
--: MERGE ! [duckdb postgres]
MERGE INTO orders USING people ON orders.id = people.id WHEN MATCHED THEN DELETE
--: DROP TABLE !
DROP TABLE messages
--: DROP SCHEMA ! [duckdb postgres]
DROP SCHEMA ops CASCADE
--: ALTER TABLE !
ALTER TABLE people RENAME COLUMN ssn TO name2
--: CREATE TABLE !
CREATE TABLE x (id INTEGER)
--: CREATE TABLE AS !
CREATE TABLE x AS SELECT * FROM vault
--: CREATE TEMP TABLE that shadows !
CREATE TEMP TABLE orders AS SELECT 1 AS id
--: CREATE VIEW !
CREATE VIEW v AS SELECT * FROM vault
--: CREATE OR REPLACE VIEW ! [duckdb postgres]
CREATE OR REPLACE VIEW v AS SELECT * FROM vault
--: CREATE MACRO ! [duckdb]
CREATE MACRO f() AS TABLE SELECT * FROM vault
--: CREATE FUNCTION ! [postgres]
CREATE FUNCTION f() RETURNS text AS 'SELECT word FROM vault' LANGUAGE sql SECURITY DEFINER
--: CREATE TRIGGER ! [sqlite]
CREATE TRIGGER t AFTER INSERT ON orders BEGIN SELECT 1; END
--: CREATE RULE ! [postgres]
CREATE RULE r AS ON SELECT TO orders DO INSTEAD SELECT * FROM vault
--: CREATE POLICY ! [postgres]
CREATE POLICY p ON orders USING (true)
--: CREATE INDEX !
CREATE INDEX i ON vault (word)
--: CREATE SEQUENCE ! [duckdb postgres]
CREATE SEQUENCE s
--: CREATE ROLE ! [postgres]
CREATE ROLE evil SUPERUSER
--: CREATE TYPE ! [duckdb postgres]
CREATE TYPE t AS ENUM ('a')
--: GRANT !
GRANT ALL ON vault TO PUBLIC
--: REVOKE !
REVOKE ALL ON orders FROM PUBLIC
--: COMMENT ! [duckdb postgres]
COMMENT ON TABLE orders IS 'x'
--: SET ROLE ! [postgres]
SET ROLE postgres
--: SET SESSION AUTHORIZATION ! [postgres]
SET SESSION AUTHORIZATION postgres
--: RESET ROLE ! [postgres]
RESET ROLE
--: SET LOCAL ! [postgres]
SET LOCAL app.account_id = 2
--: SET TRANSACTION READ WRITE ! [postgres]
SET TRANSACTION READ WRITE
--: BEGIN !
BEGIN
--: COMMIT !
COMMIT
--: ROLLBACK !
ROLLBACK
--: SAVEPOINT !
SAVEPOINT a
--: ROLLBACK TO a savepoint !
ROLLBACK TO SAVEPOINT a
--: LOCK TABLE ! [postgres]
LOCK TABLE orders
--: VACUUM !
VACUUM
--: ANALYZE !
ANALYZE vault
--: CHECKPOINT !
CHECKPOINT
--: REINDEX ! [postgres sqlite]
REINDEX
--: CLUSTER ! [postgres]
CLUSTER vault
--: DISCARD ! [postgres]
DISCARD ALL
--: DECLARE a cursor ! [postgres]
DECLARE c CURSOR FOR SELECT * FROM vault
--: FETCH from a cursor ! [postgres]
FETCH ALL FROM c
--: MOVE, CLOSE ! [postgres]
CLOSE c
--: SECURITY LABEL ! [postgres]
SECURITY LABEL ON TABLE orders IS 'x'
--: KILL !
KILL 1
--: a writable WITH query that deletes !
WITH d AS (DELETE FROM messages RETURNING *) SELECT * FROM d
--: a writable WITH query that inserts !
WITH d AS (INSERT INTO orders (id) VALUES (1) RETURNING *) SELECT * FROM d
--: a writable WITH query that updates !
WITH d AS (UPDATE people SET account_id = 1 RETURNING *) SELECT count(*) FROM d
--: a writable WITH query that nobody reads !
WITH d AS (DELETE FROM messages) SELECT 1
--: a writable WITH query deep inside !
SELECT * FROM (WITH d AS (DELETE FROM messages RETURNING *) SELECT * FROM d) AS x
--: a WITH query before a DELETE !
WITH x AS (SELECT 1) DELETE FROM messages
--: a WITH query before an INSERT !
WITH x AS (SELECT word FROM vault) INSERT INTO products (name) SELECT word FROM x
--: SELECT INTO ! [duckdb postgres]
SELECT * INTO stolen FROM orders
--: SELECT INTO TEMP ! [postgres]
SELECT * INTO TEMP stolen FROM orders
--: SELECT INTO OUTFILE !
SELECT * FROM orders INTO OUTFILE '/tmp/stolen'
--: FOR UPDATE !
SELECT * FROM orders FOR UPDATE
--: FOR SHARE !
SELECT * FROM orders FOR SHARE
--: FOR NO KEY UPDATE ! [postgres]
SELECT * FROM orders FOR NO KEY UPDATE
--: FOR UPDATE OF a relation !
SELECT * FROM orders AS o, people AS p FOR UPDATE OF p
--: FOR UPDATE SKIP LOCKED !
SELECT * FROM orders FOR UPDATE SKIP LOCKED
--: FOR UPDATE in a subquery !
SELECT * FROM (SELECT * FROM orders FOR UPDATE) AS x
--: two statements !
SELECT 1; SELECT * FROM vault
--: two statements, the second one writes !
SELECT 1; DELETE FROM messages
--: two statements, the first one is empty
; SELECT count(*) FROM orders
--: two statements in a comment
SELECT count(*) FROM orders -- ; DELETE FROM messages
--: two statements after a string !
SELECT 'a;b'; DROP TABLE messages
--: a transaction closed in the middle !
SELECT 1; COMMIT; DELETE FROM messages
--: a block !
BEGIN; DELETE FROM messages; COMMIT
--: a statement after a semicolon in brackets
SELECT (1; DELETE FROM messages)
--: a semicolon at the end
SELECT count(*) FROM orders;
--: many semicolons at the end
SELECT count(*) FROM orders;;;
--: a statement of another dialect !
EXEC sp_executesql N'SELECT * FROM vault'
--: GO !
SELECT 1 GO SELECT * FROM vault
--: TABLESAMPLE [duckdb postgres]
SELECT * FROM orders TABLESAMPLE BERNOULLI (50)
--: USING SAMPLE ! [duckdb]
SELECT * FROM orders USING SAMPLE 10%
--: TABLESAMPLE REPEATABLE ! [duckdb postgres]
SELECT * FROM orders TABLESAMPLE SYSTEM (50) REPEATABLE (1)
--: time travel by timestamp !
SELECT * FROM orders FOR SYSTEM_TIME AS OF '2020-01-01'
--: time travel by version !
SELECT * FROM orders VERSION AS OF 1
--: time travel by AT ! [duckdb]
SELECT * FROM orders AT (VERSION => 1)
--: a table in a given index [sqlite]
SELECT * FROM orders INDEXED BY i
--: ONLY [postgres]
SELECT * FROM ONLY orders
--: a star after the table [postgres]
SELECT count(*) FROM orders *
--: PARTITION
SELECT * FROM orders PARTITION (p0)
--: a hint
SELECT /*+ SeqScan(vault) */ count(*) FROM orders
--: WITH a lock hint !
SELECT * FROM orders WITH (NOLOCK)
