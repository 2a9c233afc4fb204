-- Islands, their towns and tongues. Codes as keys, the same column in several relations, flags of one letter.
CREATE TABLE island (
  Code TEXT PRIMARY KEY, Name TEXT, Sea TEXT, Region TEXT, Area REAL, SettledYear INTEGER, Population INTEGER,
  LifeSpan REAL, Rule TEXT, Capital INTEGER
);
CREATE TABLE town (
  ID INTEGER PRIMARY KEY, Name TEXT, IslandCode TEXT, Parish TEXT, Population INTEGER,
  FOREIGN KEY (IslandCode) REFERENCES island (Code)
);
CREATE TABLE islandtongue (
  IslandCode TEXT, Tongue TEXT, IsOfficial TEXT, Share REAL,
  PRIMARY KEY (IslandCode, Tongue),
  FOREIGN KEY (IslandCode) REFERENCES island (Code)
);
INSERT INTO island VALUES
  ('AUR', 'Aurel', 'Grey Sea', 'North', 410.5, 1204, 52000, 71.5, 'Republic', 1), ('BRO', 'Brolland', 'Grey Sea', 'North', 88.0, 1350, 9100, 77.2, 'Monarchy', 4),
  ('CAL', 'Calder', 'Warm Sea', 'South', 1290.0, 980, 310000, 68.9, 'Republic', 5), ('DUN', 'Dunmore', 'Warm Sea', 'South', 12.5, 1871, 640, 80.1, 'Commune', 8),
  ('ELS', 'Elsar', 'Long Sea', 'East', 730.0, 1120, 128000, 74.4, 'Monarchy', 9), ('FEN', 'Fenrock', 'Long Sea', 'East', 55.0, 1702, 4300, 79.0, 'Republic', 11),
  ('GUL', 'Gullen', 'Grey Sea', 'North', 5.5, NULL, 0, NULL, 'Territory', NULL);
INSERT INTO town VALUES
  (1, 'Aurport', 'AUR', 'West Parish', 21000), (2, 'Minster', 'AUR', 'West Parish', 8000), (3, 'Hollow', 'AUR', 'East Parish', 3900), (4, 'Brostad', 'BRO', 'Crown', 5200),
  (5, 'Caldera', 'CAL', 'Bay', 140000), (6, 'Minster', 'CAL', 'Hill', 62000), (7, 'Portsea', 'CAL', 'Bay', 31000), (8, 'Dun', 'DUN', 'Dun', 640), (9, 'Elsar City', 'ELS', 'Royal', 77000),
  (10, 'Lowick', 'ELS', 'Fells', 12500), (11, 'Fen Harbour', 'FEN', 'Fen', 2600);
INSERT INTO islandtongue VALUES
  ('AUR', 'Norrish', 'T', 81.0), ('AUR', 'Selk', 'F', 12.5), ('BRO', 'Norrish', 'T', 97.0), ('CAL', 'Calic', 'T', 60.0), ('CAL', 'Norrish', 'F', 8.0), ('CAL', 'Selk', 'T', 31.0),
  ('DUN', 'Calic', 'T', 100.0), ('ELS', 'Elsarin', 'T', 88.5), ('ELS', 'Calic', 'F', 5.0), ('FEN', 'Norrish', 'T', 55.0), ('FEN', 'Elsarin', 'T', 44.0);
