-- Chess players, their games and ratings. Two keys to the players beside columns that repeat what they say.
CREATE TABLE players (
  player_id INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT, style TEXT, birth_date TEXT, country_code TEXT
);
CREATE TABLE games (
  game_id INTEGER PRIMARY KEY, winner_id INTEGER, loser_id INTEGER, winner_name TEXT, loser_name TEXT, winner_age REAL,
  loser_age REAL, tournament TEXT, round TEXT, year INTEGER, minutes INTEGER,
  FOREIGN KEY (winner_id) REFERENCES players (player_id),
  FOREIGN KEY (loser_id) REFERENCES players (player_id)
);
CREATE TABLE ratings (
  rating_date TEXT, player_id INTEGER, rating INTEGER, tours INTEGER,
  FOREIGN KEY (player_id) REFERENCES players (player_id)
);
CREATE TABLE clubs (club_id INTEGER PRIMARY KEY, club_name TEXT, city TEXT, founded INTEGER, number_of_boards INTEGER);
CREATE TABLE visits (
  club_id INTEGER, player_id INTEGER, number_of_evenings INTEGER, total_paid REAL,
  FOREIGN KEY (club_id) REFERENCES clubs (club_id),
  FOREIGN KEY (player_id) REFERENCES players (player_id)
);
INSERT INTO players VALUES
  (1, 'Ana', 'Kovac', 'attack', '1990-04-11', 'CRO'), (2, 'Bela', 'Nagy', 'defence', '1985-09-30', 'HUN'), (3, 'Chidi', 'Obi', 'attack', '1999-01-05', 'NGR'),
  (4, 'Dora', 'Nagy', 'attack', '2001-12-24', 'HUN'), (5, 'Emre', 'Aydin', 'defence', '1978-07-19', 'TUR'), (6, 'Fay', 'Olsen', 'attack', '1995-03-03', 'NOR'), (7, 'Goran', 'Kovac', 'defence', '1970-02-28', 'CRO');
INSERT INTO games VALUES
  (1, 1, 2, 'Ana Kovac', 'Bela Nagy', 25.1, 29.6, 'Spa Open', 'R1', 2015, 190), (2, 1, 3, 'Ana Kovac', 'Chidi Obi', 25.1, 16.4, 'Spa Open', 'F', 2015, 240),
  (3, 4, 1, 'Dora Nagy', 'Ana Kovac', 15.5, 27.2, 'Harbour Cup', 'F', 2017, 95), (4, 3, 5, 'Chidi Obi', 'Emre Aydin', 18.4, 38.9, 'Harbour Cup', 'R1', 2017, 130),
  (5, 6, 2, 'Fay Olsen', 'Bela Nagy', 23.2, 32.7, 'Spa Open', 'R1', 2018, 260), (6, 1, 6, 'Ana Kovac', 'Fay Olsen', 28.2, 23.2, 'Spa Open', 'F', 2018, 205),
  (7, 4, 5, 'Dora Nagy', 'Emre Aydin', 17.5, 40.9, 'Winter Masters', 'R1', 2019, 80), (8, 4, 6, 'Dora Nagy', 'Fay Olsen', 17.5, 24.0, 'Winter Masters', 'F', 2019, 175),
  (9, 6, 1, 'Fay Olsen', 'Ana Kovac', 24.5, 29.5, 'Harbour Cup', 'F', 2019, 310),
  (10, 4, 7, 'Dora Nagy', 'Goran Kovac', 17.4, 49.2, 'Harbour Cup', 'R1', 2019, 110);
INSERT INTO ratings VALUES
  ('2018-01-01', 1, 2480, 14), ('2018-01-01', 4, 2390, 9), ('2018-01-01', 6, 2410, 11), ('2019-01-01', 1, 2455, 10), ('2019-01-01', 4, 2475, 16), ('2019-01-01', 6, 2430, 12), ('2019-01-01', 2, 2200, 3);
INSERT INTO clubs VALUES (1, 'White Rook', 'Osk', 1921, 12), (2, 'The Gambit', 'Tarn', 1998, 30), (3, 'Night Knights', 'Osk', 2006, 8), (4, 'Endgame', 'Hollin', 2011, 22);
INSERT INTO visits VALUES (1, 1, 4, 40.0), (2, 1, 2, 30.0), (1, 3, 7, 70.0), (3, 4, 1, 5.0), (2, 6, 3, 55.0), (3, 6, 5, 25.0);
