-- A clinic for pets. Codes with relations that describe them, two kinds of people with the same columns, flags.
CREATE TABLE Breed_Codes (breed_code TEXT PRIMARY KEY, breed_name TEXT);
CREATE TABLE Care_Kinds (care_kind_code TEXT PRIMARY KEY, care_kind_description TEXT);
CREATE TABLE Keepers (
  keeper_id INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT, street TEXT, county TEXT, email TEXT
);
CREATE TABLE Vets (
  vet_id INTEGER PRIMARY KEY, role_code TEXT, first_name TEXT, last_name TEXT, county TEXT, cell_number TEXT
);
CREATE TABLE Pets (
  pet_id INTEGER PRIMARY KEY, keeper_id INTEGER, breed_code TEXT, name TEXT, age INTEGER, weight REAL, gender TEXT,
  is_adopted_yn TEXT,
  FOREIGN KEY (keeper_id) REFERENCES Keepers (keeper_id),
  FOREIGN KEY (breed_code) REFERENCES Breed_Codes (breed_code)
);
CREATE TABLE Cares (
  care_id INTEGER PRIMARY KEY, pet_id INTEGER, vet_id INTEGER, care_kind_code TEXT, date_of_care TEXT, cost_of_care REAL,
  FOREIGN KEY (pet_id) REFERENCES Pets (pet_id),
  FOREIGN KEY (vet_id) REFERENCES Vets (vet_id),
  FOREIGN KEY (care_kind_code) REFERENCES Care_Kinds (care_kind_code)
);
INSERT INTO Breed_Codes VALUES ('COL', 'Collie'), ('PUG', 'Pug'), ('SIA', 'Siamese'), ('TAB', 'Tabby');
INSERT INTO Care_Kinds VALUES ('CHK', 'Check-up'), ('VAC', 'Vaccination'), ('SUR', 'Surgery');
INSERT INTO Keepers VALUES
  (1, 'Alma', 'Reed', '4 Elm Row', 'Northshire', 'alma@reed.example'), (2, 'Bert', 'Stone', '9 Mill Lane', 'Westmark', 'bert@stone.example'), (3, 'Cora', 'Vane', '1 High Street', 'Northshire', 'cora@vane.example'),
  (4, 'Dean', 'Reed', '77 Quay', 'Hillcrest', 'dean@reed.example'), (5, 'Ella', 'Wolf', '5 Park End', 'Westmark', 'ella@wolf.example');
INSERT INTO Vets VALUES
  (1, 'Surgeon', 'Gwen', 'Stone', 'Northshire', '0700-1'), (2, 'Nurse', 'Hank', 'Moor', 'Westmark', '0700-2'), (3, 'Nurse', 'Iris', 'Lane', 'Southdale', '0700-3'), (4, 'Surgeon', 'Jack', 'Yule', 'Eastmoor', '0700-4');
INSERT INTO Pets VALUES
  (1, 1, 'COL', 'Bess', 6, 22.5, 'F', 'N'), (2, 1, 'TAB', 'Tom', 3, 4.5, 'M', 'Y'), (3, 2, 'PUG', 'Otto', 9, 8.0, 'M', 'Y'), (4, 3, 'SIA', 'Mimi', 2, 3.5, 'F', 'N'), (5, 3, 'COL', 'Rex', 11, 25.0, 'M', 'N'),
  (6, 3, 'TAB', 'Ginger', 7, 5.5, 'F', 'Y'), (7, 4, 'PUG', 'Dot', 1, 6.0, 'F', 'N'), (8, 4, 'TAB', 'Puss', 4, 4.0, 'F', 'N');
INSERT INTO Cares VALUES
  (1, 1, 1, 'SUR', '2021-03-02', 480.0), (2, 1, 2, 'CHK', '2021-05-11', 35.0), (3, 2, 2, 'VAC', '2021-05-11', 28.0), (4, 3, 1, 'SUR', '2021-06-20', 610.0), (5, 4, 2, 'CHK', '2022-01-15', 40.0),
  (6, 5, 1, 'CHK', '2022-02-01', 45.0), (7, 5, 4, 'SUR', '2022-02-09', 530.0), (8, 6, 2, 'VAC', '2022-04-30', 28.0), (9, 3, 2, 'VAC', '2022-06-06', 30.0), (10, 1, 4, 'CHK', '2022-08-19', 38.0);
