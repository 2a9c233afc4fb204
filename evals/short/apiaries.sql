-- Beekeepers, their hives, and who learns from whom: two keys to the same relation, prizes, values in mixed case.
CREATE TABLE Keeper (ID INTEGER PRIMARY KEY, Name TEXT, Years INTEGER, Village TEXT);
CREATE TABLE Mentor (
  Pupil_ID INTEGER, Mentor_ID INTEGER,
  PRIMARY KEY (Pupil_ID, Mentor_ID),
  FOREIGN KEY (Pupil_ID) REFERENCES Keeper (ID),
  FOREIGN KEY (Mentor_ID) REFERENCES Keeper (ID)
);
CREATE TABLE Hive (
  HiveID INTEGER PRIMARY KEY, OwnerID INTEGER, HiveType TEXT, Bees INTEGER, Height REAL,
  FOREIGN KEY (OwnerID) REFERENCES Keeper (ID)
);
CREATE TABLE Honey (
  HoneyID INTEGER PRIMARY KEY, HiveID INTEGER, Flower TEXT, Kilos REAL, HarvestYear INTEGER,
  FOREIGN KEY (HiveID) REFERENCES Hive (HiveID)
);
CREATE TABLE Fair (FairID INTEGER PRIMARY KEY, FairName TEXT, Town TEXT, Visitors INTEGER);
CREATE TABLE Prize (
  FairID INTEGER, HoneyID INTEGER, Medal TEXT, Points REAL,
  FOREIGN KEY (FairID) REFERENCES Fair (FairID),
  FOREIGN KEY (HoneyID) REFERENCES Honey (HoneyID)
);
INSERT INTO Keeper VALUES
  (1, 'Anton', 12, 'Birk'), (2, 'Berta', 3, 'Birk'), (3, 'Cosmo', 25, 'Elm Hollow'), (4, 'Dilara', 7, 'Foxley'), (5, 'Edwin', 1, 'Foxley'), (6, 'Frida', 18, 'Elm Hollow'),
  (7, 'Gerlind', 7, 'Birk'), (8, 'Hamid', 2, 'Gorse');
INSERT INTO Mentor VALUES (2, 1), (2, 3), (5, 3), (5, 4), (5, 6), (8, 4), (4, 3), (7, 6);
INSERT INTO Hive VALUES
  (1, 1, 'Langstroth', 42000, 61.0), (2, 1, 'Warre', 30000, 74.5), (3, 2, 'Langstroth', 18000, 48.0), (4, 3, 'Top Bar', 25500, 39.0), (5, 3, 'Langstroth', 51000, 72.0),
  (6, 3, 'Warre', 33000, 80.0), (7, 4, 'Top Bar', 21000, 41.5), (8, 6, 'Skep', 12000, 35.0), (9, 6, 'Langstroth', 47500, 66.0), (10, 7, 'Warre', 28000, 70.0);
INSERT INTO Honey VALUES
  (1, 1, 'Clover', 14.5, 2018), (2, 1, 'Heather', 9.0, 2019), (3, 2, 'Clover', 8.5, 2019), (4, 3, 'Linden', 4.0, 2019), (5, 4, 'Heather', 7.0, 2018), (6, 5, 'Linden', 19.5, 2018),
  (7, 5, 'Clover', 21.0, 2020), (8, 6, 'Chestnut', 11.0, 2020), (9, 7, 'Clover', 6.5, 2020), (10, 9, 'Heather', 17.0, 2019), (11, 9, 'Linden', 15.0, 2020), (12, 10, 'Acacia', 10.5, 2018);
INSERT INTO Fair VALUES
  (1, 'Spring Show', 'Birk', 850), (2, 'Honey Days', 'Altmark', 4200), (3, 'Harvest Market', 'Altmark', 3100), (4, 'Lantern Fair', 'Corve', 600), (5, 'Bee Parade', 'Duns', 1500);
INSERT INTO Prize VALUES
  (1, 1, 'Gold', 91.5), (1, 5, 'Silver', 88.0), (2, 6, 'Gold', 95.0), (2, 1, 'Silver', 92.5), (2, 10, 'Bronze', 90.0), (3, 7, 'Gold', 97.5), (3, 11, 'Silver', 93.0),
  (4, 12, 'Gold', 84.0), (2, 12, 'Bronze', 89.5), (4, 4, 'Bronze', 71.0);
