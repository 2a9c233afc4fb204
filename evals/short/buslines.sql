-- Coaches between stations. Two keys to one relation, keys called otherwise on either side, undeclared ones.
CREATE TABLE operators (opid INTEGER PRIMARY KEY, Operator TEXT, ShortName TEXT, HomeLand TEXT);
CREATE TABLE stations (StationCode TEXT PRIMARY KEY, StationName TEXT, Town TEXT, Land TEXT);
CREATE TABLE runs (
  Operator INTEGER, RunNo INTEGER, StartStation TEXT, EndStation TEXT, Fare REAL, Hours REAL,
  PRIMARY KEY (Operator, RunNo),
  FOREIGN KEY (StartStation) REFERENCES stations (StationCode),
  FOREIGN KEY (EndStation) REFERENCES stations (StationCode)
);
INSERT INTO operators VALUES
  (1, 'Blue Arrow', 'BA', 'Tessia'), (2, 'Hopper Lines', 'HL', 'Velden'), (3, 'Nordexpress', 'NX', 'Tessia'), (4, 'Omnia Coaches', 'OC', 'Ostia'), (5, 'Redwood Bus', 'RB', 'Velden'), (6, 'Sleepy Wheels', 'SW', 'Ostia');
INSERT INTO stations VALUES
  ('ANK', 'Ankerplatz', 'Anker', 'Tessia'), ('BEL', 'Bell Yard', 'Bellingen', 'Velden'), ('BES', 'South Gate', 'Bellingen', 'Velden'), ('COR', 'Corso', 'Corvo', 'Ostia'),
  ('DRA', 'Drake Square', 'Anker', 'Tessia'), ('EIM', 'Eim Central', 'Eim', 'Velden'), ('FAR', 'Farway Halt', 'Farway', 'Ostia');
INSERT INTO runs VALUES
  (1, 10, 'ANK', 'BEL', 21.5, 3.0), (1, 11, 'BEL', 'ANK', 21.5, 3.2), (1, 12, 'ANK', 'COR', 48.0, 7.5), (2, 20, 'BEL', 'EIM', 9.0, 1.2), (2, 21, 'EIM', 'BEL', 9.0, 1.1), (2, 22, 'BES', 'ANK', 24.0, 3.6),
  (3, 30, 'DRA', 'BEL', 19.0, 2.8), (3, 31, 'ANK', 'EIM', 27.5, 4.0), (3, 32, 'DRA', 'COR', 52.0, 8.0), (3, 33, 'COR', 'DRA', 52.0, 8.1), (3, 34, 'ANK', 'BES', 23.0, 3.5), (4, 40, 'COR', 'ANK', 45.0, 7.4), (4, 41, 'COR', 'BES', 38.5, 6.3), (5, 50, 'EIM', 'BES', 8.0, 1.0);
