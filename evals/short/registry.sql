-- What students are registered for: programmes, sections, terms and transcripts; two keys to addresses, another that nobody declared.
CREATE TABLE Addresses (address_id INTEGER PRIMARY KEY, line_1 VARCHAR(255), line_2 VARCHAR(255), city VARCHAR(255), zip_postcode VARCHAR(20), country VARCHAR(255));
CREATE TABLE Faculties (faculty_id INTEGER PRIMARY KEY, faculty_name VARCHAR(255), faculty_description VARCHAR(255));
CREATE TABLE Degrees (degree_id INTEGER PRIMARY KEY, faculty_id INTEGER NOT NULL, degree_summary_name VARCHAR(255), degree_summary_description VARCHAR(255), FOREIGN KEY (faculty_id) REFERENCES Faculties (faculty_id));
CREATE TABLE Modules (module_id INTEGER PRIMARY KEY, module_name VARCHAR(255), module_description VARCHAR(255));
CREATE TABLE Sections (section_id INTEGER PRIMARY KEY, module_id INTEGER NOT NULL, section_name VARCHAR(255), section_description VARCHAR(255), FOREIGN KEY (module_id) REFERENCES Modules (module_id));
CREATE TABLE Terms (term_id INTEGER PRIMARY KEY, term_name VARCHAR(255), term_description VARCHAR(255));
CREATE TABLE Students (
  student_id INTEGER PRIMARY KEY, current_address_id INTEGER NOT NULL, permanent_address_id INTEGER NOT NULL, first_name VARCHAR(80), middle_name VARCHAR(40), last_name VARCHAR(40), cell_mobile_number VARCHAR(40), email_address VARCHAR(40), ssn VARCHAR(40), date_first_registered TIMESTAMP, date_left TIMESTAMP,
  FOREIGN KEY (current_address_id) REFERENCES Addresses (address_id),
  FOREIGN KEY (permanent_address_id) REFERENCES Addresses (address_id)
);
CREATE TABLE Registrations (
  registration_id INTEGER PRIMARY KEY, degree_id INTEGER NOT NULL, term_id INTEGER NOT NULL, student_id INTEGER NOT NULL,
  FOREIGN KEY (degree_id) REFERENCES Degrees (degree_id), FOREIGN KEY (term_id) REFERENCES Terms (term_id), FOREIGN KEY (student_id) REFERENCES Students (student_id)
);
CREATE TABLE Registered_Modules (
  registered_module_id INTEGER PRIMARY KEY, module_id INTEGER NOT NULL, registration_id INTEGER NOT NULL,
  FOREIGN KEY (module_id) REFERENCES Modules (module_id), FOREIGN KEY (registration_id) REFERENCES Registrations (registration_id)
);
CREATE TABLE Transcripts (transcript_id INTEGER PRIMARY KEY, transcript_date TIMESTAMP, other_details VARCHAR(255));
CREATE TABLE Transcript_Contents (registered_module_id INTEGER NOT NULL, transcript_id INTEGER NOT NULL, FOREIGN KEY (registered_module_id) REFERENCES Registered_Modules (registered_module_id), FOREIGN KEY (transcript_id) REFERENCES Transcripts (transcript_id));
INSERT INTO Addresses VALUES
  (1, '2294 Grant Sq', 'Apt. 370', 'Port Chelsea', '14479', 'Norway'), (2, '376 Rice Loop', 'Suite 999', 'Linnea', '86', 'Peru'), (3, '5 Fahey Road', 'Suite 14', 'Nicole', '25', 'Norway'), (4, '17 Abbie Way', 'Apt. 8', 'Port Chelsea', '14480', 'Norway'), (5, '8 Quay', 'Suite 2', 'Lake Beulah', '77', 'Haiti');
INSERT INTO Faculties VALUES (1, 'computer science', 'error'), (2, 'history', 'nostrum'), (3, 'art', 'ut'), (4, 'law', 'qui'), (5, 'engineering', 'odit');
INSERT INTO Degrees VALUES (1, 1, 'Bachelor', 'vel'), (2, 2, 'Master', 'qui'), (3, 1, 'Master', 'naturi'), (4, 3, 'PHD', 'et'), (5, 5, 'Bachelor', 'unde'), (6, 5, 'Master', 'est'), (7, 5, 'PHD', 'quo');
INSERT INTO Modules VALUES (1, 'topology', 'd'), (2, 'algebra', 'a'), (3, 'databases', 'b'), (4, 'drawing', 'm'), (5, 'contracts', 'p'), (6, 'robotics', 'p');
INSERT INTO Sections VALUES (1, 1, 'a', 'non'), (2, 1, 'b', 'voluptas'), (3, 2, 'c', 'qui'), (4, 3, 'd', 'aut'), (5, 3, 'e', 'rerum'), (6, 3, 'f', 'hic'), (7, 4, 'h', 'vel');
INSERT INTO Terms VALUES (1, 'spring 2010', 'x'), (2, 'autumn 2010', 'g'), (3, 'spring 2018', 'w'), (4, 'summer 2012', 'j'), (5, 'winter 2011', 'k');
INSERT INTO Students VALUES
  (1, 1, 2, 'Timmothy', 'Anna', 'Ward', '(096)889', 'tim@mail.example', '965', '1971-02-05 07:28:23', '1971-05-17 19:28:49'), (2, 3, 3, 'Hobart', 'Lorenz', 'Balis', '1-777', 'hob@mail.example', '304', '1976-10-26 02:33:06', '2013-10-05 17:41:28'), (3, 5, 1, 'Warren', 'Merle', 'Lind', '1-009', 'war@mail.example', '682', '1997-07-04 18:29:13', '1979-09-24 04:20:56'),
  (4, 4, 3, 'Jarrell', 'Shanie', 'Senger', '593', 'jar@mail.example', '953', '1989-04-14 01:59:53', '2001-11-29 14:13:50'), (5, 1, 5, 'Rosalia', 'Otis', 'Balis', '(746)', 'ros@mail.example', '303', '1979-04-24 08:35:34', '2002-04-28 11:07:45'), (6, 2, 4, 'Nikki', 'Karen', 'Walt', '1-634', 'nik@mail.example', '175', '1994-07-14 15:22:29', '1998-07-04 14:38:13'), (7, 1, 1, 'Ola', 'Marie', 'Nord', '1-222', 'ola@mail.example', '411', '1999-01-02 10:11:12', '2015-06-30 12:00:00');
INSERT INTO Registrations VALUES (1, 1, 1, 1), (2, 3, 2, 1), (3, 2, 1, 2), (4, 5, 3, 3), (5, 3, 3, 4), (6, 6, 3, 4), (7, 3, 4, 5), (8, 1, 2, 4);
INSERT INTO Registered_Modules VALUES (1, 1, 1), (2, 2, 1), (3, 3, 2), (4, 5, 3), (5, 6, 4), (6, 3, 5), (7, 6, 6), (8, 3, 7), (9, 2, 8);
INSERT INTO Transcripts VALUES (1, '1988-04-30 01:19:47', 'a'), (2, '1975-10-28 15:16:51', 'b'), (3, '1994-05-25 06:23:49', 'c'), (4, '2004-10-21 21:06:24', 'd');
INSERT INTO Transcript_Contents VALUES (1, 1), (2, 1), (3, 2), (4, 3), (5, 3), (6, 3), (3, 4);
