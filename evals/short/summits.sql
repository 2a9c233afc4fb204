-- Countries, mountains and those who climb them: codes as keys, a key that refers to itself, and texts that are numbers.
CREATE TABLE country (
  code TEXT PRIMARY KEY, name TEXT, continent TEXT, area REAL, population INTEGER, gov_form TEXT, leader TEXT
);
CREATE TABLE language (
  country_code TEXT, language TEXT, is_official TEXT, percentage REAL,
  PRIMARY KEY (country_code, language),
  FOREIGN KEY (country_code) REFERENCES country (code)
);
CREATE TABLE mountain (
  mountain_id INTEGER PRIMARY KEY, name TEXT, height INTEGER, prominence INTEGER, range TEXT, country_code TEXT,
  FOREIGN KEY (country_code) REFERENCES country (code)
);
CREATE TABLE club (
  club_id INTEGER PRIMARY KEY, name TEXT, city TEXT, country_code TEXT, founded INTEGER,
  FOREIGN KEY (country_code) REFERENCES country (code)
);
CREATE TABLE climber (
  climber_id INTEGER PRIMARY KEY, name TEXT, gender TEXT, birth_year INTEGER, country_code TEXT, club_id INTEGER, mentor_id INTEGER,
  FOREIGN KEY (country_code) REFERENCES country (code),
  FOREIGN KEY (club_id) REFERENCES club (club_id),
  FOREIGN KEY (mentor_id) REFERENCES climber (climber_id)
);
CREATE TABLE ascent (
  ascent_id INTEGER PRIMARY KEY, climber_id INTEGER, mountain_id INTEGER, ascent_date TEXT, hours TEXT, route TEXT, oxygen TEXT,
  FOREIGN KEY (climber_id) REFERENCES climber (climber_id),
  FOREIGN KEY (mountain_id) REFERENCES mountain (mountain_id)
);
INSERT INTO country VALUES
  ('ALD', 'Aldora', 'Northia', 120000, 5400000, 'Republic', 'Mira Sol'), ('BEX', 'Bexland', 'Northia', 45000, 980000, 'Monarchy', 'Queen Ula'),
  ('CAR', 'Carpia', 'Sudia', 640000, 22000000, 'Republic', 'Teo Vance'), ('DUN', 'Dunmark', 'Northia', 88000, 3100000, 'Federation', 'Ole Brandt'),
  ('ERI', 'Erilea', 'Sudia', 230000, 12500000, 'Monarchy', 'King Adan'), ('FOL', 'Foltia', 'Ocea', 15000, 310000, 'Republic', 'Pia Lane'),
  ('GRA', 'Grauland', 'Ocea', 310000, 760000, 'Republic', 'Sven Holt');
INSERT INTO language VALUES
  ('ALD', 'Aldic', 'T', 81.5), ('ALD', 'Bexish', 'F', 12.0), ('BEX', 'Bexish', 'T', 97.0), ('CAR', 'Carpian', 'T', 64.0), ('CAR', 'Aldic', 'T', 30.5),
  ('DUN', 'Dunnic', 'T', 90.0), ('DUN', 'Bexish', 'F', 4.0), ('ERI', 'Carpian', 'T', 55.0), ('ERI', 'Erin', 'T', 45.0), ('FOL', 'Folti', 'T', 100.0);
INSERT INTO mountain VALUES
  (1, 'Grey Tooth', 4810, 3100, 'Iron Range', 'ALD'), (2, 'Mount Sel', 6120, 4200, 'Carpian Spine', 'CAR'), (3, 'Little Sel', 5230, 800, 'Carpian Spine', 'CAR'),
  (4, 'Widow Peak', 3340, 1500, 'Iron Range', 'DUN'), (5, 'Snow Queen', 7005, 5200, 'Erilean Alps', 'ERI'), (6, 'The Anvil', 4420, 900, 'Iron Range', 'ALD'),
  (7, 'Kings Seat', 6580, 2100, 'Erilean Alps', 'ERI'), (8, 'Lone Hill', 1210, 1210, 'Coastal Hills', 'FOL');
INSERT INTO club VALUES
  (1, 'Iron Club', 'Mirefeld', 'ALD', 1901), (2, 'Spine Society', 'Carp City', 'CAR', 1954), (3, 'High Friends', 'Erin Port', 'ERI', 1988),
  (4, 'Dunmark Alpinists', 'Holm', 'DUN', 1923), (5, 'Weekenders', 'Mirefeld', 'ALD', 2010);
INSERT INTO climber VALUES
  (1, 'Anna Reiss', 'F', 1985, 'ALD', 1, NULL), (2, 'Boris Kell', 'M', 1990, 'CAR', 2, 1), (3, 'Carla Moss', 'F', 1978, 'ERI', 3, NULL),
  (4, 'Dirk Olsen', 'M', 1999, 'DUN', 4, 1), (5, 'Elsa Ward', 'F', 2001, 'ALD', 1, 3), (6, 'Farid Naz', 'M', 1971, 'CAR', 2, NULL),
  (7, 'Greta Lind', 'F', 1994, 'DUN', NULL, 3), (8, 'Hans Pohl', 'M', 1982, 'BEX', 1, 6), (9, 'Ida Stone', 'F', 1990, 'ERI', 3, 3);
INSERT INTO ascent VALUES
  (1, 1, 1, '2015-07-01', '9', 'North Face', 'no'), (2, 1, 5, '2018-05-20', '31', 'West Ridge', 'yes'), (3, 2, 2, '2019-08-11', '14', 'South Col', 'no'),
  (4, 3, 5, '2012-05-02', '28', 'West Ridge', 'no'), (5, 3, 7, '2014-06-14', '19', 'Long Gully', 'no'), (6, 4, 4, '2021-09-09', '6', 'North Face', 'no'),
  (7, 6, 2, '2009-08-01', '12', 'South Col', 'yes'), (8, 6, 5, '2011-05-27', '35', 'East Wall', 'yes'), (9, 8, 1, '2016-07-19', '11', 'North Face', 'no'),
  (10, 9, 7, '2020-06-30', '22', 'Long Gully', 'no'), (11, 2, 3, '2020-08-15', '10', 'South Col', 'no'), (12, 3, 2, '2016-08-20', '13', 'East Wall', 'no'), (13, 9, 5, '2022-05-30', '30', 'West Ridge', 'no');
