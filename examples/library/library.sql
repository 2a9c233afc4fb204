CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL);
CREATE TABLE books (
    id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES authors (id), title TEXT NOT NULL,
    year INTEGER NOT NULL
);
CREATE TABLE readers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT);
CREATE TABLE loans (
    id INTEGER PRIMARY KEY, book_id INTEGER NOT NULL REFERENCES books (id),
    reader_id INTEGER NOT NULL REFERENCES readers (id), taken DATE NOT NULL, returned DATE
);
INSERT INTO authors VALUES (1, 'Ilse Brandt', 'Germany'), (2, 'Rui Campos', 'Portugal'), (3, 'Mara Lind', 'Sweden');
INSERT INTO books VALUES
    (1, 1, 'The Salt Road', 1987), (2, 1, 'Winter Bees', 1994), (3, 2, 'A Harbour of Glass', 2003),
    (4, 2, 'Nine Bridges', 2011), (5, 3, 'The Long Thaw', 2018), (6, 3, 'Moth Light', 2022);
INSERT INTO readers VALUES (1, 'Ana', 'ana@example.org'), (2, 'Bo', 'bo@example.org'), (3, 'Caio', NULL);
INSERT INTO loans VALUES
    (1, 1, 1, '2026-01-10', '2026-01-24'), (2, 3, 1, '2026-02-02', NULL), (3, 3, 2, '2026-01-05', '2026-01-30'),
    (4, 5, 2, '2026-03-01', NULL), (5, 3, 3, '2026-03-12', '2026-03-20'), (6, 5, 3, '2026-03-21', NULL),
    (7, 2, 1, '2026-03-25', NULL);
