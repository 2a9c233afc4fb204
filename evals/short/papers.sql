-- Who wrote which paper, and what it cites: relations that only join others, one of them twice to the same, initials and titles.
CREATE TABLE institution (inst_id INTEGER PRIMARY KEY, name TEXT, country TEXT, founded INTEGER);
CREATE TABLE author (author_id INTEGER PRIMARY KEY, fname TEXT, lname TEXT, h_index INTEGER);
CREATE TABLE affiliation (author_id INTEGER REFERENCES author, inst_id INTEGER REFERENCES institution, since INTEGER, PRIMARY KEY (author_id, inst_id));
CREATE TABLE venue (venue_id INTEGER PRIMARY KEY, acronym TEXT, title TEXT, kind TEXT, city TEXT);
CREATE TABLE paper (paper_id INTEGER PRIMARY KEY, title TEXT, year INTEGER, venue_id INTEGER REFERENCES venue, pages INTEGER, language TEXT);
CREATE TABLE writes (author_id INTEGER REFERENCES author, paper_id INTEGER REFERENCES paper, position INTEGER, PRIMARY KEY (author_id, paper_id));
CREATE TABLE cites (citing_id INTEGER REFERENCES paper, cited_id INTEGER REFERENCES paper, PRIMARY KEY (citing_id, cited_id));
CREATE TABLE keyword (keyword_id INTEGER PRIMARY KEY, word TEXT);
CREATE TABLE paper_keyword (paper_id INTEGER REFERENCES paper, keyword_id INTEGER REFERENCES keyword, PRIMARY KEY (paper_id, keyword_id));
INSERT INTO institution VALUES
  (1, 'Aldermoor University', 'Ireland', 1845), (2, 'Institute of Basic Optics', 'Finland', 1962), (3, 'Tarn College', 'Ireland', 1911), (4, 'Polytechnic of Vasa', 'Finland', 1930), (5, 'Centre for Soil Research', 'Chile', 1987),
  (6, 'University of Lota', 'Chile', 1919), (7, 'Keel Laboratory', 'Malta', 2003);
INSERT INTO author VALUES
  (1, 'Ada', 'Aho', NULL), (2, 'Bruno', 'Byrne', 14), (3, 'Clara', 'Cruz', 2), (4, 'Dmitri', 'Doyle', 11), (5, 'Eva', 'Eskola', 3), (6, 'Felix', 'Fuentes', 27), (7, 'Gita', 'Grech', NULL), (8, 'Hugo', 'Heino', 3),
  (9, 'Ines', 'Isaksen', 2), (10, 'Jorge', 'Joyce', 19), (11, 'Kaisa', 'Korpi', 5), (12, 'Liam', 'Lynch', 3), (13, 'Maeve', 'Mora', 3), (14, 'Niko', 'Nieminen', NULL), (15, 'Orla', 'OBrien', 27), (16, 'Pablo', 'Paz', NULL),
  (17, 'Rosa', 'Rojas', 3), (18, 'Siobhan', 'Salo', 5), (19, 'Tuomas', 'Tapia', 19), (20, 'Ulla', 'Urrutia', 14), (21, 'Victor', 'Byrne', 19), (22, 'Wendy', 'Mora', 11);
INSERT INTO affiliation VALUES
  (1, 2, 2018), (2, 2, 2004), (2, 5, 2004), (3, 1, 2011), (3, 6, 2021), (4, 1, 2009), (5, 1, 2004), (6, 4, 2008), (7, 2, 2018), (7, 3, 2005), (8, 2, 2013), (9, 2, 1999), (10, 3, 2006), (11, 4, 2008), (12, 2, 2007), (12, 3, 2008),
  (13, 1, 2016), (13, 5, 2010), (14, 2, 2013), (15, 2, 2018), (16, 6, 2018), (17, 2, 2008), (17, 4, 2004), (18, 1, 2021), (18, 4, 2001), (19, 5, 2007), (20, 6, 2003);
INSERT INTO venue VALUES
  (1, 'COSY', 'Conference on Symbolic Methods', 'conference', 'Tampere'), (2, 'JOLT', 'Journal of Light', 'journal', NULL), (3, 'SOIL', 'Soil Letters', 'journal', NULL),
  (4, 'WARP', 'Workshop on Reproducible Physics', 'workshop', 'Cork'), (5, 'INTEG', 'International Conference on Graphs', 'Conference', 'Valdivia'), (6, 'NOTA', 'Notes in Algebra', 'journal', NULL);
INSERT INTO paper VALUES
  (1, 'Coupled Fibres under Stress', 2021, 2, 6, 'English'), (2, 'Noisy Graphs', 2020, 3, 6, 'english'), (3, 'Robust Networks and Their Limits', 2021, 2, 6, 'Spanish'), (4, 'Noisy Films for Beginners', 2019, 1, 18, 'english'),
  (5, 'Deep Networks in Practice', 2021, 1, 8, 'English'), (6, 'Random Soils without Tears', 2017, 5, 4, 'Spanish'), (7, 'Thin Trees and Their Limits', 2019, 5, 30, 'Finnish'),
  (8, 'Sparse Lenses for Beginners', 2017, 5, 4, 'English'), (9, 'Hidden Lasers and Their Limits', 2018, 1, 6, 'Spanish'), (10, 'Thin Networks for Beginners', 2017, 1, 8, 'English'),
  (11, 'Thin Fibres in Practice', 2020, 2, 8, 'English'), (12, 'Dry Soils under Stress', 2020, NULL, 18, 'Finnish'), (13, 'Dry Trees for Beginners', 2018, NULL, 8, 'english'),
  (14, 'Thin Lasers and Their Limits', 2020, 3, 8, 'English'), (15, 'Deep Trees', 2019, 2, 10, 'english'), (16, 'Robust Fibres', 2017, 1, 30, 'English'), (17, 'Dry Roots Revisited', 2017, 2, 12, 'English'),
  (18, 'Noisy Roots without Tears', 2018, NULL, 24, 'English'), (19, 'Local Proofs', 2015, 1, 15, 'Finnish'), (20, 'Local Networks under Stress', 2018, 4, 12, 'English'), (21, 'Robust Graphs', 2020, 4, 8, 'English'),
  (22, 'Noisy Films and Their Limits', 2018, 3, 6, 'English'), (23, 'Deep Matrices under Stress', 2020, 5, 15, 'english'), (24, 'Local Rivers Revisited', 2019, 1, 6, 'Spanish'), (25, 'Fast Networks', 2020, 1, 4, 'English'),
  (26, 'Robust Networks', 2018, 2, 8, 'Finnish'), (27, 'Local Roots', 2018, 2, 24, 'English'), (28, 'Warm Trees', 2019, 1, 30, 'Finnish'), (29, 'Dry Matrices in Practice', 2019, NULL, 15, 'English'),
  (30, 'Warm Lasers under Stress', 2018, 2, 12, 'Spanish'), (31, 'Warm Matrices under Stress', 2018, 4, 4, 'Finnish'), (32, 'Noisy Proofs Revisited', 2015, 4, 30, 'English');
INSERT INTO writes VALUES
  (3, 1, 1), (14, 1, 2), (8, 2, 1), (12, 3, 1), (11, 3, 2), (1, 4, 1), (7, 4, 2), (1, 5, 1), (11, 5, 2), (14, 6, 1), (12, 6, 2), (4, 7, 1), (2, 7, 2), (1, 7, 3), (12, 7, 4), (12, 8, 1), (6, 8, 2), (18, 9, 1), (1, 9, 2),
  (17, 9, 3), (5, 10, 1), (12, 11, 1), (1, 12, 1), (15, 12, 2), (8, 13, 1), (16, 13, 2), (10, 13, 3), (11, 14, 1), (5, 14, 2), (18, 15, 1), (1, 16, 1), (11, 16, 2), (12, 16, 3), (4, 17, 1), (13, 17, 2), (8, 17, 3), (5, 18, 1),
  (14, 18, 2), (6, 18, 3), (12, 19, 1), (4, 20, 1), (7, 21, 1), (5, 21, 2), (4, 21, 3), (17, 21, 4), (12, 22, 1), (5, 22, 2), (6, 22, 3), (8, 23, 1), (11, 23, 2), (6, 24, 1), (16, 24, 2), (18, 25, 1), (11, 25, 2), (8, 25, 3),
  (5, 26, 1), (6, 27, 1), (5, 27, 2), (3, 28, 1), (6, 29, 1), (18, 29, 2), (11, 30, 1), (5, 30, 2), (2, 30, 3), (3, 31, 1), (8, 31, 2), (14, 31, 3), (12, 31, 4), (9, 32, 1), (4, 32, 2), (11, 32, 3);
INSERT INTO cites VALUES
  (7, 4), (9, 7), (10, 7), (11, 3), (12, 11), (14, 3), (14, 11), (15, 3), (15, 7), (16, 1), (16, 2), (17, 7), (19, 7), (20, 7), (20, 8), (21, 3), (21, 5), (23, 4), (23, 5), (23, 7), (23, 11), (24, 5), (24, 8), (25, 3), (25, 5),
  (25, 7), (25, 10), (25, 18), (26, 8), (27, 13), (28, 3), (28, 11), (29, 3), (30, 3), (31, 7), (32, 7), (32, 11);
INSERT INTO keyword VALUES
  (1, 'optics'), (2, 'graph theory'), (3, 'soil'), (4, 'algebra'), (5, 'learning'), (6, 'Optics'), (7, 'climate');
INSERT INTO paper_keyword VALUES
  (1, 2), (2, 1), (3, 1), (3, 3), (4, 3), (4, 4), (5, 1), (6, 5), (7, 3), (10, 1), (11, 3), (11, 5), (14, 1), (15, 3), (16, 1), (16, 2), (18, 1), (18, 2), (19, 1), (19, 4), (23, 1), (23, 3), (23, 5), (24, 4), (25, 2), (26, 1),
  (26, 3), (27, 3), (27, 4), (28, 4), (29, 2), (30, 3), (31, 3), (31, 4), (32, 1), (32, 2);
