-- Who works where, under whom, and what they learned: a relation that refers to itself, a key that is not declared, codes.
CREATE TABLE offices (office_code CHAR(3) PRIMARY KEY, office_name VARCHAR(40), city VARCHAR(40), country VARCHAR(40), phone VARCHAR(20));
CREATE TABLE job_titles (job_code CHAR(3) PRIMARY KEY, job_title VARCHAR(40), min_pay INTEGER, max_pay INTEGER);
CREATE TABLE staff (
  staff_id INTEGER PRIMARY KEY, first_name VARCHAR(20), last_name VARCHAR(20), email VARCHAR(60), gender CHAR(1), hire_date DATE, salary INTEGER, job_code CHAR(3), division_id INTEGER, reports_to INTEGER,
  FOREIGN KEY (job_code) REFERENCES job_titles (job_code), FOREIGN KEY (reports_to) REFERENCES staff (staff_id)
);
CREATE TABLE divisions (
  division_id INTEGER PRIMARY KEY, division_name VARCHAR(30), office_code CHAR(3), head_id INTEGER, budget INTEGER,
  FOREIGN KEY (office_code) REFERENCES offices (office_code), FOREIGN KEY (head_id) REFERENCES staff (staff_id)
);
CREATE TABLE trainings (training_id INTEGER PRIMARY KEY, title VARCHAR(40), hours INTEGER, provider VARCHAR(40));
CREATE TABLE attended (
  staff_id INTEGER, training_id INTEGER, completed_on DATE, score INTEGER, PRIMARY KEY (staff_id, training_id),
  FOREIGN KEY (staff_id) REFERENCES staff (staff_id), FOREIGN KEY (training_id) REFERENCES trainings (training_id)
);
CREATE TABLE bonuses (bonus_id INTEGER PRIMARY KEY, staff_id INTEGER, year_awarded INTEGER, amount INTEGER, FOREIGN KEY (staff_id) REFERENCES staff (staff_id));
INSERT INTO offices VALUES
  ('LIS', 'Lisbon Hub', 'Lisbon', 'Portugal', '+351 21 000'), ('GOT', 'Gothenburg', 'Gothenburg', 'Sweden', '+46 31 000'), ('POR', 'Porto Lab', 'Porto', 'Portugal', NULL), ('GRA', 'Graz Works', 'Graz', 'Austria', '+43 316 00'),
  ('MAL', 'Malmo Desk', 'Malmo', 'Sweden', '+46 40 00');
INSERT INTO job_titles VALUES
  ('ENG', 'Engineer', 2800, 5200), ('SEN', 'Senior Engineer', 4200, 7100), ('ACC', 'Accountant', 2500, 4300), ('SAL', 'Sales Agent', 1900, 4000), ('MGR', 'Manager', 5000, 9800), ('CLK', 'Clerk', 1600, 2600),
  ('LAW', 'Counsel', 4500, 8000);
INSERT INTO staff VALUES
  (1, 'Farid', 'Hult', 'farid.hult1@firm.example', 'M', '2022-08-17', 8750, 'MGR', 1, NULL);
INSERT INTO staff VALUES
  (6, 'Edith', 'Reis', NULL, 'F', '2017-08-01', 9200, 'MGR', 2, 1), (11, 'Denis', 'Dahl', 'denis.dahl11@firm.example', 'M', '2021-02-19', 9000, 'MGR', 3, 1),
  (16, 'Carla', 'Ivarsson', 'carla.ivarsson16@firm.example', 'M', '2021-04-01', 6700, 'MGR', 4, 1), (21, 'Boris', 'Steiner', 'boris.steiner21@firm.example', 'M', '2012-07-06', 9000, 'MGR', 5, 1);
INSERT INTO staff VALUES
  (2, 'Karin', 'Ohlin', 'karin.ohlin2@firm.example', 'M', '2013-02-15', 5150, 'SEN', 2, 6), (3, 'Peder', 'Wolf', 'peder.wolf3@firm.example', 'F', '2020-08-21', 5150, 'ENG', 1, 1),
  (4, 'Vera', 'Costa', 'vera.costa4@firm.example', 'F', '2009-01-07', 3550, 'ENG', 1, 1), (5, 'Nuno', 'Jung', 'nuno.jung5@firm.example', 'M', '2022-10-27', 3400, 'ENG', 6, 21),
  (7, 'Jonas', 'Berg', 'jonas.berg7@firm.example', 'M', '2021-09-27', 3050, 'ENG', 6, 21), (8, 'Olga', 'Egger', 'olga.egger8@firm.example', 'F', '2017-01-03', 4300, 'ACC', 5, 21),
  (9, 'Uwe', 'Lopes', 'uwe.lopes9@firm.example', 'F', '2017-07-03', 2850, 'ENG', 5, 21), (10, 'Alma', 'Thor', 'alma.thor10@firm.example', 'F', '2009-08-13', 5050, 'ENG', 3, 11),
  (12, 'Irene', 'Graf', NULL, 'M', '2010-05-11', 4200, 'SEN', 4, 16), (13, 'Nuno', 'Nunes', 'nuno.nunes13@firm.example', 'F', '2015-12-04', 1900, 'SAL', 1, 1),
  (14, 'Tilda', 'Vaz', 'tilda.vaz14@firm.example', 'M', '2013-11-18', 3400, 'ENG', 6, 21), (15, 'Yves', 'Berg', 'yves.berg15@firm.example', 'F', '2021-11-13', 1750, 'CLK', 3, 11),
  (17, 'Hakan', 'Pinto', 'hakan.pinto17@firm.example', 'F', '2013-07-28', 4300, 'ACC', 1, 1), (18, 'Mona', 'Costa', NULL, 'F', '2014-08-09', 2800, 'ENG', 1, 1),
  (19, 'Simon', 'Dahl', 'simon.dahl19@firm.example', 'M', '2010-02-03', 2550, 'SAL', 4, 16), (20, 'Xenia', 'Krantz', 'xenia.krantz20@firm.example', 'M', '2019-10-15', 4600, 'SEN', 1, 1),
  (22, 'Greta', 'Graf', 'greta.graf22@firm.example', 'F', '2015-12-07', 3300, 'ENG', 4, 16), (23, 'Luis', 'Faria', 'luis.faria23@firm.example', 'M', '2023-10-03', 2250, 'CLK', 3, 11),
  (24, 'Rita', 'Maier', NULL, 'F', '2009-09-09', 3550, 'ENG', 1, 1), (25, 'Walt', 'Unger', 'walt.unger25@firm.example', 'M', '2023-05-17', 2450, 'SAL', 4, 16),
  (26, 'Alma', 'Alves', 'alma.alves26@firm.example', 'F', '2023-09-21', 4750, 'ENG', 2, 6), (27, 'Farid', 'Hult', 'farid.hult27@firm.example', 'F', '2014-12-01', 3000, 'ENG', 4, 16),
  (28, 'Karin', 'Ohlin', 'karin.ohlin28@firm.example', 'M', '2015-01-02', 3050, 'ACC', 5, 21), (29, 'Peder', 'Wolf', 'peder.wolf29@firm.example', 'F', '2010-06-05', 3900, 'ACC', 5, 21),
  (30, 'Vera', 'Costa', NULL, 'F', '2008-08-12', 2850, 'SAL', NULL, 6), (31, 'Nuno', 'Jung', 'nuno.jung31@firm.example', 'F', '2023-02-24', 3750, 'ENG', 1, 1),
  (32, 'Edith', 'Reis', 'edith.reis32@firm.example', 'F', '2010-08-18', 3050, 'SAL', 2, 6), (33, 'Jonas', 'Berg', 'jonas.berg33@firm.example', 'M', '2019-02-22', 4300, 'ENG', 2, 6),
  (34, 'Olga', 'Egger', 'olga.egger34@firm.example', 'F', '2023-10-01', 4750, 'ENG', 5, 21);
INSERT INTO divisions VALUES
  (1, 'Research', 'LIS', 1, 900000), (2, 'Sales', 'GOT', 6, 420000), (3, 'Finance', 'LIS', 11, 350000), (4, 'Support', 'GRA', 16, 150000), (5, 'Production', 'POR', 21, 780000), (6, 'Legal', 'GOT', NULL, 200000),
  (7, 'Archive', 'LIS', NULL, NULL);
INSERT INTO trainings VALUES
  (1, 'First Aid', 8, 'Red Line'), (2, 'Data Protection', 4, 'LexCo'), (3, 'Public Speaking', 12, 'Voices'), (4, 'Welding', 40, 'Red Line'), (5, 'Python Basics', 24, 'CodeBarn'), (6, 'Negotiation', 16, 'Voices'),
  (7, 'Fire Drill', 2, 'Red Line');
INSERT INTO attended VALUES
  (1, 1, '2020-04-27', 80), (2, 2, '2020-12-01', 98), (3, 2, '2023-12-02', 61), (5, 2, '2021-06-18', 94), (6, 1, '2023-10-25', 60), (6, 5, '2020-02-14', 96), (7, 5, '2020-08-15', 62), (8, 2, '2019-07-18', 86),
  (8, 5, '2023-06-15', 70), (9, 5, '2020-02-24', 91), (10, 1, '2019-04-08', NULL), (10, 2, '2021-09-26', 70), (11, 1, '2019-06-17', NULL), (13, 1, '2022-06-18', 76), (14, 2, '2021-08-01', 63), (14, 4, '2019-07-26', 52),
  (15, 1, '2023-06-22', 100), (15, 3, '2022-03-17', 96), (17, 1, '2022-08-19', NULL), (17, 2, '2020-08-17', 85), (18, 2, '2023-11-06', 83), (20, 1, '2023-05-10', 92), (21, 1, '2023-04-10', 59), (21, 4, '2023-05-19', 81),
  (21, 5, '2022-09-04', NULL), (22, 5, '2023-07-01', NULL), (23, 1, '2023-07-18', NULL), (23, 2, '2022-02-23', NULL), (24, 1, '2023-08-14', 75), (24, 2, '2020-08-16', 58), (25, 4, '2022-08-17', NULL), (25, 5, '2020-07-20', 51),
  (26, 5, '2020-12-25', NULL), (27, 3, '2020-03-08', 50), (27, 4, '2021-06-24', 72), (28, 2, '2023-08-04', 81), (29, 5, '2023-02-28', 82), (31, 1, '2021-12-07', 94), (32, 2, '2022-01-13', 90), (32, 5, '2023-10-06', 84),
  (33, 1, '2023-11-07', 83), (33, 2, '2023-10-19', 58), (34, 2, '2021-03-11', 88), (34, 5, '2020-04-25', NULL);
INSERT INTO bonuses VALUES
  (1, 4, 2021, 750), (2, 21, 2020, 1000), (3, 11, 2020, 1500), (4, 11, 2021, 750), (5, 11, 2020, 500), (6, 6, 2022, 3100), (7, 9, 2020, 2600), (8, 16, 2022, 2000), (9, 16, 2021, 3100), (10, 2, 2023, 500), (11, 1, 2020, 3100),
  (12, 16, 2023, 750), (13, 6, 2021, 500), (14, 6, 2021, 3100), (15, 4, 2022, 2600), (16, 2, 2020, 750), (17, 16, 2023, 500), (18, 25, 2020, 1000), (19, 11, 2023, 1500), (20, 16, 2022, 1500), (21, 6, 2022, 500),
  (22, 16, 2020, 3100), (23, 6, 2021, 1500), (24, 14, 2022, 2600);
