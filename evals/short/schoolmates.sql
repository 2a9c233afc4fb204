-- Who is a friend of whom, and who likes whom: two relations that lead from a pupil to a pupil.
CREATE TABLE Pupil (ID INTEGER PRIMARY KEY, name TEXT, grade INTEGER);
CREATE TABLE Friendship (
  pupil_id INTEGER, friend_id INTEGER,
  PRIMARY KEY (pupil_id, friend_id),
  FOREIGN KEY (pupil_id) REFERENCES Pupil (ID),
  FOREIGN KEY (friend_id) REFERENCES Pupil (ID)
);
CREATE TABLE Crush (
  pupil_id INTEGER, liked_id INTEGER,
  PRIMARY KEY (pupil_id, liked_id),
  FOREIGN KEY (pupil_id) REFERENCES Pupil (ID),
  FOREIGN KEY (liked_id) REFERENCES Pupil (ID)
);
INSERT INTO Pupil VALUES
  (1101, 'Marta', 7), (1102, 'Oskar', 7), (1103, 'Nils', 8), (1104, 'Zofia', 8), (1105, 'Petra', 8), (1106, 'Hugo', 9), (1107, 'Adam', 9), (1108, 'Elin', 10), (1109, 'Viktor', 10), (1110, 'Rosa', 10), (1111, 'Jonas', 10);
INSERT INTO Friendship VALUES
  (1101, 1102), (1101, 1103), (1102, 1104), (1103, 1104), (1103, 1101), (1103, 1108), (1103, 1106), (1104, 1108), (1106, 1107), (1107, 1109), (1108, 1109), (1108, 1110), (1109, 1110);
INSERT INTO Crush VALUES (1101, 1108), (1102, 1108), (1104, 1106), (1106, 1101), (1107, 1104), (1109, 1108), (1103, 1110), (1103, 1106);
