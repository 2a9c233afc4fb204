-- Gigs of vocalists in arenas: years as text, a bridge, a flag of one letter, and three columns of attendance.
CREATE TABLE arena (
  Arena_ID INTEGER PRIMARY KEY, Town TEXT, Name TEXT, Capacity INTEGER, Highest INTEGER, Lowest INTEGER, Average INTEGER
);
CREATE TABLE vocalist (
  Vocalist_ID INTEGER PRIMARY KEY, Name TEXT, Country TEXT, Song_Name TEXT, Song_release_year TEXT, Age INTEGER, Is_solo CHAR(1)
);
CREATE TABLE gig (
  gig_ID INTEGER PRIMARY KEY, gig_Name TEXT, Theme TEXT, Arena_ID INTEGER, Year TEXT,
  FOREIGN KEY (Arena_ID) REFERENCES arena (Arena_ID)
);
CREATE TABLE vocalist_in_gig (
  gig_ID INTEGER, Vocalist_ID INTEGER,
  PRIMARY KEY (gig_ID, Vocalist_ID),
  FOREIGN KEY (gig_ID) REFERENCES gig (gig_ID),
  FOREIGN KEY (Vocalist_ID) REFERENCES vocalist (Vocalist_ID)
);
INSERT INTO arena VALUES
  (1, 'Lund', 'Sparta Hall', 4200, 4100, 900, 2500), (2, 'Aarhus', 'Harbour Dome', 9800, 9400, 1200, 6100), (3, 'Ghent', 'The Loft', 700, 690, 50, 340),
  (4, 'Lund', 'Old Gasworks', 5600, 3100, 400, 1500), (5, 'Turku', 'Ice Palace', 11800, 11750, 2100, 7300), (6, 'Cork', 'Mill Yard', 6400, 5900, 700, 3600);
INSERT INTO vocalist VALUES
  (1, 'Ines Aubert', 'France', 'Hey Stranger', '2009', 44, 'T'), (2, 'Tom Quill', 'Ireland', 'Salt Road', '2014', 29, 'T'), (3, 'Lise Morel', 'France', 'Nuit', '2013', 25, 'F'),
  (4, 'Aksel Berg', 'Denmark', 'Hey Moon', '2011', 38, 'T'), (5, 'Rhona Dunn', 'Ireland', 'Ash', '2003', 52, 'F'), (6, 'Paul Girard', 'France', 'Dimanche', '2016', 32, 'T'), (7, 'Mia Salo', 'Finland', 'Loki', '2015', 19, 'F');
INSERT INTO gig VALUES
  (1, 'Opening Night', 'Free choice', 1, '2014'), (2, 'Spring Roar', 'Wide Awake', 2, '2014'), (3, 'Home Again', 'Free choice', 2, '2015'), (4, 'Low Lights', 'Bleeding Love', 3, '2014'),
  (5, 'North Star', 'Wide Awake', 5, '2015'), (6, 'Last Call', 'Party', 5, '2016'), (7, 'Encore', 'Party', 2, '2015'), (8, 'Sunday Set', 'Free choice', 1, '2015');
INSERT INTO vocalist_in_gig VALUES (1, 1), (1, 2), (2, 3), (2, 4), (2, 5), (3, 2), (3, 6), (4, 3), (5, 1), (5, 5), (5, 6), (5, 4), (6, 2), (7, 5), (8, 6), (8, 1);
