-- Football clubs: two keys from a game to a club, players without a club, texts that differ in case.
CREATE TABLE stadium (Stadium_ID INTEGER PRIMARY KEY, Name TEXT, Capacity INTEGER, Opened INTEGER, Location TEXT);
CREATE TABLE club (Club_ID INTEGER PRIMARY KEY, Name TEXT, City TEXT, Founded INTEGER, Stadium_ID INTEGER, FOREIGN KEY (Stadium_ID) REFERENCES stadium (Stadium_ID));
CREATE TABLE player (Player_ID INTEGER PRIMARY KEY, Name TEXT, Nationality TEXT, Position TEXT, Height REAL, Birth_Date TEXT, Club_ID INTEGER, FOREIGN KEY (Club_ID) REFERENCES club (Club_ID));
CREATE TABLE coach (Coach_ID INTEGER PRIMARY KEY, Name TEXT, Age INTEGER, Country TEXT, Club_ID INTEGER, FOREIGN KEY (Club_ID) REFERENCES club (Club_ID));
CREATE TABLE game (
  Game_ID INTEGER PRIMARY KEY, Home_Club INTEGER, Away_Club INTEGER, Stadium_ID INTEGER, Game_Date TEXT, Home_Goals INTEGER, Away_Goals INTEGER, Attendance INTEGER,
  FOREIGN KEY (Home_Club) REFERENCES club (Club_ID), FOREIGN KEY (Away_Club) REFERENCES club (Club_ID), FOREIGN KEY (Stadium_ID) REFERENCES stadium (Stadium_ID)
);
CREATE TABLE goal (Goal_ID INTEGER PRIMARY KEY, Game_ID INTEGER, Player_ID INTEGER, Minute INTEGER, Kind TEXT, FOREIGN KEY (Game_ID) REFERENCES game (Game_ID), FOREIGN KEY (Player_ID) REFERENCES player (Player_ID));
CREATE TABLE sponsor (Sponsor_ID INTEGER PRIMARY KEY, Company TEXT, Industry TEXT);
CREATE TABLE club_sponsor (
  Club_ID INTEGER, Sponsor_ID INTEGER, Amount INTEGER, Since INTEGER, PRIMARY KEY (Club_ID, Sponsor_ID),
  FOREIGN KEY (Club_ID) REFERENCES club (Club_ID), FOREIGN KEY (Sponsor_ID) REFERENCES sponsor (Sponsor_ID)
);
INSERT INTO stadium VALUES
  (1, 'North Bank', 18500, 1931, 'Velden'), (2, 'Harbour Park', 9200, 1968, 'Osterby'), (3, 'The Quarry', 30400, 2004, 'Marn'), (4, 'Mill Field', 4100, 1955, 'Tolbeck'), (5, 'Crown Ground', 22750, 1988, 'Velden'),
  (6, 'Fen Lane', 6100, 2011, 'Sloe'), (7, 'Old Arena', 12000, 1931, 'Marn');
INSERT INTO club VALUES
  (1, 'Velden Rovers', 'Velden', 1898, 1), (2, 'Osterby Town', 'Osterby', 1921, 2), (3, 'Marn United', 'Marn', 1905, 3), (4, 'Tolbeck', 'Tolbeck', 1933, 4), (5, 'Crown Athletic', 'Velden', 1921, 5),
  (6, 'Sloe Wanderers', 'Sloe', 1977, 6), (7, 'Marn City', 'Marn', 1949, 7), (8, 'Hexley', 'Hexley', 2009, NULL);
INSERT INTO player VALUES
  (1, 'Hamo Lindt', 'Spain', 'midfielder', 1.86, '2004-01-27', 5), (2, 'Otto Weiss', 'denmark', 'midfielder', 1.7, '1993-02-12', 5), (3, 'Vito Ilic', 'denmark', 'forward', 1.93, '1991-10-08', 1),
  (4, 'Dario Toth', 'denmark', 'forward', 1.83, '1993-07-06', 1), (5, 'Kaj Falk', 'Brazil', 'defender', 1.96, '2002-03-05', 1), (6, 'Rui Quist', 'Denmark', 'defender', 1.81, '1993-03-10', 3),
  (7, 'Zeno Cole', 'denmark', 'defender', 1.81, '1993-12-07', 4), (8, 'Goran Novak', 'Spain', 'goalkeeper', 1.86, '2001-03-05', 3), (9, 'Nico Zeman', 'Croatia', 'midfielder', 1.83, '2006-01-20', 7),
  (10, 'Udo Kovac', 'Norway', 'goalkeeper', 1.83, '1999-05-16', NULL), (11, 'Ciro Vidal', 'Norway', 'defender', 1.9, '2003-12-06', 1), (12, 'Jari Holm', 'Spain', 'goalkeeper', 1.86, '2000-01-18', 4),
  (13, 'Quim Sand', 'Norway', 'forward', 1.96, '1988-08-02', NULL), (14, 'Yan Ekman', 'Brazil', 'defender', 1.81, '1991-04-27', 5), (15, 'Fynn Pires', 'Norway', 'defender', 1.86, '2004-05-25', 5),
  (16, 'Milo Brandt', 'Croatia', 'defender', 1.86, '1997-01-14', 1), (17, 'Tomo Moser', 'denmark', 'midfielder', 1.93, '1999-03-11', 3), (18, 'Bela Young', 'Brazil', 'goalkeeper', 1.83, '1998-05-06', 1),
  (19, 'Ivo Jansen', 'Brazil', 'midfielder', 1.83, '2003-03-24', 1), (20, 'Pavel Urban', 'Croatia', 'defender', 1.93, '2000-01-08', NULL), (21, 'Wim Gruber', 'Norway', 'forward', 1.83, '2002-11-14', 1),
  (22, 'Emil Ruiz', 'Denmark', 'midfielder', 1.7, '2003-06-27', 2), (23, 'Lenn Duda', 'Brazil', 'midfielder', 1.96, '1992-11-26', 4), (24, 'Sven Olsen', 'Croatia', 'defender', 1.88, '1999-03-02', 4),
  (25, 'Aron Brandt', 'Spain', 'defender', 1.9, '1993-09-15', 5), (26, 'Hamo Moser', 'Norway', 'forward', 1.83, '1997-08-13', 1), (27, 'Otto Young', 'Croatia', 'forward', 1.93, '1993-11-16', 3),
  (28, 'Vito Jansen', 'Brazil', 'goalkeeper', 1.9, '1996-09-26', 5), (29, 'Dario Urban', 'Brazil', 'midfielder', 1.74, '1999-12-19', 7), (30, 'Kaj Gruber', 'Denmark', 'forward', 1.83, '1999-09-23', 7),
  (31, 'Rui Ruiz', 'Spain', 'forward', 1.9, '1996-12-23', 3), (32, 'Zeno Duda', 'Norway', 'midfielder', 1.78, '2006-01-16', 5), (33, 'Goran Olsen', 'Spain', 'midfielder', 1.83, '2002-05-27', 5),
  (34, 'Nico Abt', 'Norway', 'midfielder', 1.83, '1999-12-27', 4), (35, 'Udo Lindt', 'Norway', 'forward', 1.78, '2002-06-11', 5), (36, 'Ciro Weiss', 'Brazil', 'defender', 1.78, '1994-06-28', 5),
  (37, 'Jari Ilic', 'Spain', 'midfielder', 1.74, '2001-03-20', 6), (38, 'Quim Toth', 'Brazil', 'midfielder', 1.88, '1997-10-18', 7);
INSERT INTO coach VALUES
  (1, 'Ulf Berg', 51, 'Norway', 1), (2, 'Ana Ruiz', 44, 'Spain', 2), (3, 'Paul Stone', 62, 'England', 3), (4, 'Ivan Kos', 39, 'Croatia', 4), (5, 'Leo Brandt', 51, 'Denmark', 5), (6, 'Marta Sol', 47, 'Spain', 6),
  (7, 'Dirk Hauer', 58, 'Austria', NULL), (8, 'Ivan Kos', 55, 'Croatia', 7);
INSERT INTO game VALUES
  (1, 3, 6, 2, '2021-10-15', 2, 3, 7122), (2, 7, 6, 7, '2023-01-16', 1, 0, 2974), (3, 1, 3, 4, '2021-09-02', 2, 1, 12704), (4, 6, 5, 6, '2021-04-23', 1, 0, 12685), (5, 3, 4, 6, '2023-06-02', 2, 2, 11075),
  (6, 3, 5, 3, '2023-05-12', 4, 0, 14933), (7, 7, 5, 7, '2022-08-05', 1, 2, 13741), (8, 2, 7, 2, '2022-11-01', 2, 0, 11883), (9, 3, 6, 5, '2022-07-14', 1, 1, 10751), (10, 6, 4, 6, '2021-10-20', 1, 3, 11056),
  (11, 3, 4, 3, '2022-08-10', 1, 1, 1979), (12, 6, 5, 2, '2022-01-26', 1, 1, 1632), (13, 5, 7, 5, '2022-01-08', 2, 1, 6271), (14, 3, 4, 3, '2022-09-21', 4, 2, NULL), (15, 7, 2, 7, '2023-12-11', 2, 1, 2072),
  (16, 3, 7, 3, '2023-03-02', 0, 1, 16129), (17, 6, 5, 6, '2022-07-20', 2, 3, 16990), (18, 4, 7, 4, '2023-04-10', 2, 0, NULL), (19, 6, 4, 6, '2023-08-10', 1, 0, 16876), (20, 3, 5, 3, '2023-09-26', 0, 0, 8737),
  (21, 7, 1, 7, '2023-01-11', 3, 1, 3451), (22, 6, 4, 6, '2021-04-20', 3, 0, 5611), (23, 6, 4, 6, '2023-03-14', 4, 0, 3402), (24, 1, 5, 1, '2022-12-03', 1, 0, 5078), (25, 5, 2, 5, '2021-06-22', 2, 1, 17242),
  (26, 6, 3, 2, '2023-05-05', 2, 3, 17775), (27, 5, 7, 5, '2022-02-18', 1, 1, 10487), (28, 7, 2, 4, '2023-07-06', 1, 3, 1812), (29, 1, 5, 1, '2021-02-17', 2, 1, 9017), (30, 4, 7, 1, '2023-01-18', 3, 1, 2958);
INSERT INTO goal VALUES
  (1, 1, 14, 15, 'header'), (2, 1, 33, 28, 'penalty'), (3, 1, 21, 46, 'header'), (4, 2, 20, 43, 'free kick'), (5, 3, 21, 49, 'penalty'), (6, 3, 21, 83, 'volley'), (7, 4, 21, 67, 'header'), (8, 4, 12, 24, 'Penalty'),
  (9, 4, 5, 13, 'header'), (10, 6, 12, 26, 'header'), (11, 7, 33, 85, 'header'), (12, 7, 21, 1, 'Penalty'), (13, 7, 33, 39, 'free kick'), (14, 8, 21, 60, 'Penalty'), (15, 8, 8, 25, 'penalty'), (16, 8, 9, 10, 'volley'),
  (17, 9, 33, 20, 'free kick'), (18, 9, 17, 15, 'volley'), (19, 9, 9, 37, 'volley'), (20, 10, 3, 62, 'header'), (21, 11, 21, 41, 'header'), (22, 11, 1, 87, 'Penalty'), (23, 12, 9, 16, 'header'), (24, 12, 21, 38, 'Penalty'),
  (25, 12, 14, 21, 'header'), (26, 13, 1, 74, 'penalty'), (27, 15, 21, 88, 'volley'), (28, 15, 9, 60, 'volley'), (29, 15, 20, 9, 'volley'), (30, 16, 9, 31, 'penalty'), (31, 16, 12, 6, 'volley'), (32, 16, 26, 35, 'header'),
  (33, 17, 3, 58, 'header'), (34, 17, 26, 22, 'header'), (35, 17, 3, 71, 'header'), (36, 18, 8, 10, 'penalty'), (37, 18, 33, 12, 'Penalty'), (38, 20, 3, 64, 'Penalty'), (39, 23, 26, 58, 'volley'), (40, 23, 3, 5, 'penalty'),
  (41, 24, 21, 25, 'free kick'), (42, 25, 5, 41, 'header'), (43, 28, 5, 28, 'free kick'), (44, 30, 21, 63, 'Penalty'), (45, 30, 21, 67, 'volley'), (46, 30, 9, 2, 'header');
INSERT INTO sponsor VALUES
  (1, 'Nordlys', 'energy'), (2, 'Tasty Oats', 'food'), (3, 'Blue Bank', 'banking'), (4, 'Kites Air', 'travel'), (5, 'Bolt', 'energy'), (6, 'Green Farm', 'food'), (7, 'Lumen', 'lighting');
INSERT INTO club_sponsor VALUES
  (1, 1, 250000, 2018), (1, 3, 90000, 2020), (2, 2, 30000, 2016), (3, 1, 310000, 2021), (3, 4, 120000, 2019), (3, 5, 45000, 2022), (4, 2, 12000, 2016), (5, 3, 150000, 2017), (5, 6, 60000, 2020), (6, 6, 20000, 2021),
  (7, 4, 70000, 2022);
