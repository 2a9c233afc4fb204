-- Telescopes and what they saw. Keys are called otherwise on either side, some are not declared, and years are text.
CREATE TABLE Zones (ZoneId INTEGER PRIMARY KEY, Zone TEXT);
CREATE TABLE Lands (
  LandId INTEGER PRIMARY KEY, LandName TEXT, ZoneNo INTEGER,
  FOREIGN KEY (ZoneNo) REFERENCES Zones (ZoneId)
);
CREATE TABLE Observatories (
  Id INTEGER PRIMARY KEY, ObsCode TEXT, FullName TEXT, Land INTEGER, Altitude INTEGER, FirstLight INTEGER,
  FOREIGN KEY (Land) REFERENCES Lands (LandId)
);
CREATE TABLE Scopes (ScopeId INTEGER PRIMARY KEY, Obs INTEGER, Model TEXT, Kind TEXT);
CREATE TABLE Specs (
  Id INTEGER PRIMARY KEY, Aperture REAL, Mass INTEGER, Mirrors INTEGER, Cost REAL, Year TEXT,
  FOREIGN KEY (Id) REFERENCES Scopes (ScopeId)
);
CREATE TABLE Sightings (SightNo INTEGER PRIMARY KEY, Scope INTEGER, Target TEXT, TargetType TEXT, Mag REAL, Year TEXT);
INSERT INTO Zones VALUES (1, 'north'), (2, 'equatorial'), (3, 'south'), (4, 'polar');
INSERT INTO Lands VALUES
  (1, 'Arvenia', 1), (2, 'Belmora', 2), (3, 'Castilar', 3), (4, 'Dunmark', 1), (5, 'Eskeria', 3), (6, 'Farrow Isles', 2), (7, 'Galdia', 3), (8, 'Hestmark', 1);
INSERT INTO Observatories VALUES
  (1, 'KOP', 'Kopper Ridge Observatory', 1, 1250, 1931), (2, 'SIL', 'Silver Plain', 3, 4100, 1988), (3, 'MOR', 'Mount Orrin Observatory', 3, 2635, 1999),
  (4, 'TAL', 'Tallow Station', 2, 90, 1964), (5, 'UND', 'Under Sky Institute', 5, 3100, 1977), (6, 'VEX', 'Vexley Hall', 4, 210, 1898),
  (7, 'ZEN', 'Zenith House', 3, 2410, 2009), (8, 'QUA', 'Quarry Observatory', 8, 640, 1964);
INSERT INTO Scopes VALUES
  (1, 1, 'Longeye', 'refractor'), (2, 1, 'Batis', 'reflector'), (3, 2, 'Great Dish', 'radio'), (4, 2, 'Twin Glass', 'reflector'), (5, 3, 'Nimbus', 'reflector'),
  (6, 3, 'Halo', 'reflector'), (7, 4, 'Gnomon', 'refractor'), (8, 5, 'Wide Ear', 'radio'), (9, 5, 'Corvid', 'reflector'), (10, 6, 'Old Brass', 'refractor'),
  (11, 2, 'Lantern', 'reflector'), (12, 7, 'Nimbus', 'reflector');
INSERT INTO Specs VALUES
  (1, 0.6, 900, 1, 1.5, '1931'), (2, 1.2, 3100, 2, 4.0, '1954'), (3, 42.0, 88000, 1, 61.0, '1988'), (4, 8.1, 41000, 4, 120.5, '2001'), (5, 3.6, 12000, 3, 35.0, '1999'),
  (6, 2.5, 9500, 3, 22.5, '2005'), (7, 0.4, 350, 1, 0.3, '1964'), (8, 25.0, 52000, 1, 33.0, '1988'), (9, 6.5, 30000, 2, 74.0, '2001'), (10, 0.3, 410, 1, 0.2, '1898'),
  (11, 1.8, 5200, 3, 9.0, '2005'), (12, 4.0, 12500, 3, 41.0, '2009');
INSERT INTO Sightings VALUES
  (1, 1, 'Halvor', 'comet', 6.1, '2011'), (2, 2, 'Halvor', 'comet', 6.0, '2011'), (3, 4, 'Tessa', 'asteroid', 14.2, '2012'), (4, 4, 'NX-7', 'galaxy', 18.9, '2013'),
  (5, 5, 'Oriel', 'asteroid', 12.4, '2013'), (6, 6, 'Halvor', 'comet', 5.8, '2012'), (7, 3, 'PZ-1', 'pulsar', 21.0, '2014'), (8, 8, 'PZ-1', 'pulsar', 20.7, '2015'),
  (9, 4, 'NX-9', 'galaxy', 19.3, '2014'), (10, 9, 'Tessa', 'asteroid', 14.0, '2013'), (11, 9, 'NX-7', 'galaxy', 18.7, '2014'), (12, 11, 'Oriel', 'asteroid', 12.6, '2012'),
  (13, 4, 'Oriel', 'asteroid', 12.2, '2015'), (14, 5, 'Lume', 'comet', 7.5, '2015'), (15, 2, 'Tessa', 'asteroid', 14.9, '2014');
