-- A school of evening classes. Many relations with long names, codes, dates as text, people with middle names.
CREATE TABLE Departments (department_id INTEGER PRIMARY KEY, department_name TEXT, department_description TEXT);
CREATE TABLE Diplomas (
  diploma_id INTEGER PRIMARY KEY, department_id INTEGER, diploma_title TEXT,
  FOREIGN KEY (department_id) REFERENCES Departments (department_id)
);
CREATE TABLE Terms (term_id INTEGER PRIMARY KEY, term_name TEXT);
CREATE TABLE Learners (
  learner_id INTEGER PRIMARY KEY, first_name TEXT, middle_name TEXT, last_name TEXT, cell_phone TEXT,
  date_first_enrolled TEXT, date_left TEXT
);
CREATE TABLE Classes (class_id INTEGER PRIMARY KEY, class_name TEXT, class_description TEXT);
CREATE TABLE Groups (
  group_id INTEGER PRIMARY KEY, class_id INTEGER, group_name TEXT, room TEXT,
  FOREIGN KEY (class_id) REFERENCES Classes (class_id)
);
CREATE TABLE Learner_Enrolment (
  enrolment_id INTEGER PRIMARY KEY, diploma_id INTEGER, term_id INTEGER, learner_id INTEGER,
  FOREIGN KEY (diploma_id) REFERENCES Diplomas (diploma_id),
  FOREIGN KEY (term_id) REFERENCES Terms (term_id),
  FOREIGN KEY (learner_id) REFERENCES Learners (learner_id)
);
INSERT INTO Departments VALUES (1, 'languages', 'all that is spoken'), (2, 'crafts', 'wood, clay and cloth'), (3, 'music', 'from choir to brass'), (4, 'numbers', 'books and accounts');
INSERT INTO Diplomas VALUES (1, 1, 'Basic Spanish'), (2, 1, 'Business Spanish'), (3, 2, 'Carpentry'), (4, 2, 'Pottery'), (5, 2, 'Weaving'), (6, 3, 'Choir Leading'), (7, 1, 'Sign Language'), (8, 2, 'Printing');
INSERT INTO Terms VALUES (1, 'spring 2019'), (2, 'autumn 2019'), (3, 'spring 2020'), (4, 'autumn 2020');
INSERT INTO Learners VALUES
  (1, 'Agnes', 'Maria', 'Lindt', '555-0101', '2018-09-01', '2020-06-30'), (2, 'Boris', 'Ivan', 'Hale', '555-0102', '2019-02-11', '2021-01-20'), (3, 'Clara', 'Jane', 'Moss', '555-0103', '2017-09-05', '2019-12-18'),
  (4, 'Dieter', 'Paul', 'Hale', '555-0104', '2019-09-02', '2020-07-01'), (5, 'Esme', 'Ruth', 'Quint', '555-0105', '2020-02-03', '2021-02-27'), (6, 'Fyodor', 'Lev', 'Orlov', '555-0106', '2016-09-07', '2018-03-15');
INSERT INTO Classes VALUES (1, 'Grammar', 'rules of a tongue'), (2, 'Joinery', 'how wood holds wood'), (3, 'Harmony', 'chords and voices'), (4, 'Glazing', 'colour on clay'), (5, 'Conversation', 'speaking freely');
INSERT INTO Groups VALUES (1, 1, 'a', 'R1'), (2, 1, 'b', 'R2'), (3, 2, 'a', 'W1'), (4, 3, 'c', 'H1'), (5, 1, 'd', 'R1'), (6, 5, 'h', 'R3'), (7, 2, 'b', 'W2');
INSERT INTO Learner_Enrolment VALUES (1, 1, 1, 1), (2, 3, 1, 2), (3, 2, 2, 1), (4, 4, 2, 3), (5, 1, 2, 4), (6, 6, 3, 5), (7, 3, 3, 4), (8, 5, 3, 1), (9, 2, 3, 2), (10, 3, 2, 3), (11, 6, 1, 3), (12, 7, 2, 6);
