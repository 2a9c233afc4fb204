-- Theatres, companies, plays and those who act in them: link tables, two keys to one table, abbreviations.
CREATE TABLE theatre (
  theatre_id INTEGER PRIMARY KEY, name TEXT, city TEXT, capacity INTEGER, built INTEGER
);
CREATE TABLE company (
  comp_id INTEGER PRIMARY KEY, comp_name TEXT, headquarters TEXT, yearly_budget REAL
);
CREATE TABLE author (
  author_id INTEGER PRIMARY KEY, fname TEXT, lname TEXT, nationality TEXT, birth_year INTEGER
);
CREATE TABLE play (
  play_id INTEGER PRIMARY KEY, title TEXT, genre TEXT, length_minutes INTEGER, author_id INTEGER, first_theatre_id INTEGER,
  FOREIGN KEY (author_id) REFERENCES author (author_id), FOREIGN KEY (first_theatre_id) REFERENCES theatre (theatre_id)
);
CREATE TABLE actor (
  actor_id INTEGER PRIMARY KEY, fname TEXT, lname TEXT, sex TEXT, age INTEGER, city TEXT, comp_id INTEGER,
  FOREIGN KEY (comp_id) REFERENCES company (comp_id)
);
CREATE TABLE staging (
  staging_id INTEGER PRIMARY KEY, play_id INTEGER, comp_id INTEGER, theatre_id INTEGER, year INTEGER, tickets_sold INTEGER,
  FOREIGN KEY (play_id) REFERENCES play (play_id), FOREIGN KEY (comp_id) REFERENCES company (comp_id),
  FOREIGN KEY (theatre_id) REFERENCES theatre (theatre_id)
);
CREATE TABLE cast_member (
  staging_id INTEGER, actor_id INTEGER, part TEXT, PRIMARY KEY (staging_id, actor_id),
  FOREIGN KEY (staging_id) REFERENCES staging (staging_id), FOREIGN KEY (actor_id) REFERENCES actor (actor_id)
);
INSERT INTO theatre VALUES (1, 'Lantern', 'Avel', 320, 1911), (2, 'Grand Arch', 'Avel', 1450, 1876), (3, 'Cellar', 'Borne', 80, 1999), (4, 'Riverside', 'Corvo', 610, 1958), (5, 'Old Mill', 'Borne', 210, 1934);
INSERT INTO company VALUES (1, 'Blue Mask', 'Avel', 240000), (2, 'Wanderers', 'Corvo', 90000), (3, 'North Stage', 'Borne', 410000), (4, 'Paper Moon', 'Avel', 60000);
INSERT INTO author VALUES (1, 'Ilse', 'Brandt', 'Danish', 1901), (2, 'Tomas', 'Reyes', 'Spanish', 1948), (3, 'Ruth', 'Okafor', 'Nigerian', 1962), (4, 'Emil', 'Hansen', 'Danish', 1977), (5, 'Lena', 'Fischer', 'German', 1985);
INSERT INTO play VALUES (1, 'The Long Night', 'Drama', 150, 1, 2), (2, 'Salt', 'Drama', 95, 3, 3), (3, 'Two Doors', 'Comedy', 110, 2, 1), (4, 'Paper Birds', 'Comedy', 85, 4, 4), (5, 'King of Tin', 'Tragedy', 180, 1, 2), (6, 'Wolves', 'Drama', 130, 3, 5), (7, 'Half Past Six', 'Farce', 75, 2, 1);
INSERT INTO actor VALUES (1, 'Mara', 'Voss', 'F', 34, 'Avel', 1), (2, 'Jon', 'Hale', 'M', 51, 'Avel', 1), (3, 'Petra', 'Lind', 'F', 27, 'Borne', 3), (4, 'Sami', 'Aalto', 'M', 45, 'Corvo', 2), (5, 'Olga', 'Weiss', 'F', 62, 'Corvo', 2), (6, 'Dan', 'Hale', 'M', 22, 'Borne', 3), (7, 'Nina', 'Cruz', 'F', 39, 'Avel', NULL), (8, 'Viktor', 'Lind', 'M', 70, 'Dale', 3);
INSERT INTO staging VALUES (1, 1, 1, 2, 2018, 21000), (2, 3, 1, 1, 2019, 6400), (3, 2, 3, 3, 2019, 1900), (4, 4, 2, 4, 2020, 5100), (5, 5, 3, 2, 2020, 33000), (6, 6, 3, 5, 2021, 4200), (7, 3, 2, 4, 2021, 7700), (8, 1, 3, 2, 2022, 28000), (9, 2, 1, 1, 2018, 3000);
INSERT INTO cast_member VALUES (1, 1, 'Queen'), (1, 2, 'Guard'), (2, 1, 'Maid'), (3, 3, 'Sailor'), (4, 4, 'Postman'), (4, 5, 'Aunt'), (5, 3, 'Witch'), (5, 6, 'King'), (5, 8, 'Fool'), (6, 6, 'Hunter'), (7, 4, 'Butler'), (8, 3, 'Queen'), (8, 8, 'Guard'), (9, 2, 'Sailor');
