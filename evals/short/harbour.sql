-- Ferries, their ports and crews. Names in the mixed case that many old databases have.
CREATE TABLE port (
  Port_ID INTEGER PRIMARY KEY, Port_Name TEXT, Town TEXT, Berths INTEGER, Deepest REAL, Opened INTEGER
);
CREATE TABLE ferry (
  Ferry_ID INTEGER PRIMARY KEY, Name TEXT, Home_Port INTEGER, Built_Year INTEGER, Seats INTEGER, Flag TEXT,
  FOREIGN KEY (Home_Port) REFERENCES port (Port_ID)
);
CREATE TABLE crossing (
  Crossing_ID INTEGER PRIMARY KEY, Title TEXT, Ferry_ID INTEGER, From_Port INTEGER, To_Port INTEGER,
  Season TEXT, Year INTEGER, Minutes INTEGER,
  FOREIGN KEY (Ferry_ID) REFERENCES ferry (Ferry_ID),
  FOREIGN KEY (From_Port) REFERENCES port (Port_ID),
  FOREIGN KEY (To_Port) REFERENCES port (Port_ID)
);
CREATE TABLE sailor (
  Sailor_ID INTEGER PRIMARY KEY, First_Name TEXT, Last_Name TEXT, Age INTEGER, Country TEXT, Rank TEXT, Is_Cook TEXT
);
CREATE TABLE crew (
  Crossing_ID INTEGER, Sailor_ID INTEGER, Role TEXT,
  PRIMARY KEY (Crossing_ID, Sailor_ID),
  FOREIGN KEY (Crossing_ID) REFERENCES crossing (Crossing_ID),
  FOREIGN KEY (Sailor_ID) REFERENCES sailor (Sailor_ID)
);
CREATE TABLE pet_aboard (
  Pet_ID INTEGER PRIMARY KEY, Pet_Kind TEXT, Pet_Age INTEGER, Weight REAL, Sailor_ID INTEGER,
  FOREIGN KEY (Sailor_ID) REFERENCES sailor (Sailor_ID)
);
INSERT INTO port VALUES
  (1, 'Old Quay', 'Brenna', 4, 7.5, 1902), (2, 'North Pier', 'Brenna', 2, 5.0, 1955), (3, 'Saltgate', 'Hollin', 6, 11.0, 1931),
  (4, 'Marrow', 'Tarn', 3, 6.5, 1987), (5, 'Gull Landing', 'Osk', 1, 3.0, 1968), (6, 'Deepwater', 'Hollin', 9, 18.5, 2004);
INSERT INTO ferry VALUES
  (1, 'Kestrel', 1, 1998, 420, 'Norland'), (2, 'Petrel', 3, 2011, 800, 'Norland'), (3, 'Heron', 3, 1987, 260, 'Ostia'),
  (4, 'Osprey', 6, 2019, 1200, 'Ostia'), (5, 'Dunlin', 2, 1998, 150, 'Norland'), (6, 'Tern', 6, 2015, 640, 'Velden'),
  (7, 'Plover', 4, 2003, 90, 'Ostia'), (8, 'Curlew', 3, 2022, 510, 'Velden');
INSERT INTO crossing VALUES
  (1, 'Dawn Run', 1, 1, 3, 'Summer', 2021, 95), (2, 'Mail Boat', 3, 3, 4, 'Winter', 2021, 140), (3, 'Island Hop', 5, 2, 5, 'Summer', 2022, 60),
  (4, 'Night Line', 4, 6, 1, 'Winter', 2022, 310), (5, 'Dawn Run', 2, 3, 1, 'Summer', 2022, 90), (6, 'Long Haul', 4, 6, 4, 'Spring', 2023, 420),
  (7, 'Island Hop', 7, 4, 5, 'Summer', 2023, 75), (8, 'Market Day', 6, 6, 3, 'Autumn', 2021, 30), (9, 'Market Day', 6, 3, 6, 'Autumn', 2022, 35),
  (10, 'Night Line', 4, 1, 6, 'Winter', 2023, 320),
  (11, 'Seal Watch', 8, 3, 5, 'Summer', 2021, 150);
INSERT INTO sailor VALUES
  (1, 'Ada', 'Lund', 34, 'Norland', 'Captain', 'no'), (2, 'Bo', 'Marsh', 22, 'Ostia', 'Deckhand', 'no'), (3, 'Cleo', 'Ferris', 45, 'Norland', 'Mate', 'yes'),
  (4, 'Dov', 'Lund', 29, 'Velden', 'Engineer', 'no'), (5, 'Edda', 'Quill', 51, 'Ostia', 'Captain', 'no'), (6, 'Finn', 'Tarrow', 19, 'Norland', 'Deckhand', 'yes'),
  (7, 'Gita', 'Rao', 38, 'Velden', 'Mate', 'no'), (8, 'Hugo', 'Marsh', 41, 'Norland', 'Engineer', 'no'), (9, 'Ines', 'Bell', 27, 'Ostia', 'Deckhand', 'yes'),
  (10, 'Jon', 'Quill', 63, 'Tessia', 'Captain', 'no');
INSERT INTO crew VALUES
  (1, 1, 'Command'), (1, 2, 'Deck'), (1, 3, 'Bridge'), (2, 5, 'Command'), (2, 6, 'Galley'), (3, 1, 'Command'), (3, 9, 'Galley'),
  (4, 5, 'Command'), (4, 7, 'Bridge'), (4, 8, 'Engine'), (4, 2, 'Deck'), (5, 1, 'Command'), (5, 3, 'Bridge'), (6, 5, 'Command'),
  (6, 8, 'Engine'), (7, 7, 'Command'), (7, 6, 'Deck'), (8, 1, 'Command'), (8, 9, 'Deck'), (9, 3, 'Command'), (9, 2, 'Deck'), (10, 5, 'Command'), (10, 8, 'Engine'), (11, 1, 'Command');
INSERT INTO pet_aboard VALUES
  (1, 'cat', 3, 4.5, 1), (2, 'dog', 5, 21.0, 1), (3, 'cat', 1, 3.2, 3), (4, 'parrot', 12, 0.6, 5), (5, 'dog', 2, 14.5, 8),
  (6, 'cat', 7, 5.1, 7), (7, 'parrot', 30, 0.9, 10), (8, 'dog', 9, 30.0, 6);
