-- Cars and who makes them: keys called otherwise on either side, a text that a foreign key refers to, numbers kept as text.
CREATE TABLE regions (RegionId INTEGER PRIMARY KEY, Region TEXT);
CREATE TABLE nations (NationId INTEGER PRIMARY KEY, NationName TEXT, Region INTEGER, FOREIGN KEY (Region) REFERENCES regions (RegionId));
CREATE TABLE makers (Id INTEGER PRIMARY KEY, Maker TEXT, FullName TEXT, Nation INTEGER, FOREIGN KEY (Nation) REFERENCES nations (NationId));
CREATE TABLE model_names (
  ModelId INTEGER PRIMARY KEY, Maker INTEGER, Model TEXT UNIQUE,
  FOREIGN KEY (Maker) REFERENCES makers (Id)
);
CREATE TABLE cars (MakeId INTEGER PRIMARY KEY, Model TEXT, Make TEXT, FOREIGN KEY (Model) REFERENCES model_names (Model));
CREATE TABLE cars_figures (
  Id INTEGER PRIMARY KEY, MPG TEXT, Cylinders INTEGER, Edispl REAL, Horsepower TEXT, Weight INTEGER, Accelerate REAL, Year INTEGER,
  FOREIGN KEY (Id) REFERENCES cars (MakeId)
);
INSERT INTO regions VALUES (1, 'america'), (2, 'europe'), (3, 'asia'), (4, 'africa');
INSERT INTO nations VALUES (1, 'usa', 1), (2, 'germany', 2), (3, 'france', 2), (4, 'japan', 3), (5, 'italy', 2), (6, 'korea', 3), (7, 'nigeria', 4), (8, 'egypt', 4);
INSERT INTO makers VALUES
  (1, 'arrow', 'Arrow Motor Company', 1), (2, 'bolten', 'Bolten Werke', 2), (3, 'cygne', 'Automobiles Cygne', 3), (4, 'daito', 'Daito Heavy Industries', 4), (5, 'elgin', 'Elgin Motors', 1), (6, 'falco', 'Officine Falco', 5), (7, 'gyeon', 'Gyeon Motor', 6), (8, 'hoshi', 'Hoshi', 4), (9, 'imber', 'Imber GmbH', 2), (10, 'jotun', 'Jotun Cars', 1);
INSERT INTO model_names VALUES (1, 1, 'lancer'), (2, 5, 'prairie'), (3, 2, 'tell'), (4, 3, 'plume'), (5, 4, 'koi'), (6, 8, 'nova'), (7, 1, 'dart'), (8, 6, 'vespro'), (9, 5, 'mesa'), (10, 4, 'sora'), (11, 1, 'ranger');
INSERT INTO cars VALUES
  (1, 'lancer', 'arrow lancer gt'), (2, 'prairie', 'elgin prairie'), (3, 'tell', 'bolten tell 100'), (4, 'plume', 'cygne plume'), (5, 'koi', 'daito koi 1200'), (6, 'nova', 'hoshi nova'), (7, 'dart', 'arrow dart'), (8, 'vespro', 'falco vespro'),
  (9, 'lancer', 'arrow lancer (sw)'), (10, 'koi', 'daito koi wagon'), (11, 'mesa', 'elgin mesa'), (12, 'sora', 'daito sora'), (13, 'nova', 'hoshi nova ii'), (14, 'lancer', 'arrow lancer xl');
INSERT INTO cars_figures VALUES
  (1, '18', 8, 307, '130', 3504, 12, 1970), (2, '15', 8, 350, '165', 3693, 11.5, 1970), (3, '24', 4, 107, '90', 2430, 14.5, 1970), (4, '25', 4, 110, '87', 2672, 17.5, 1970), (5, '31', 4, 71, '65', 1773, 19, 1971), (6, '27', 4, 97, '88', 2130, 14.5, 1971), (7, '22', 6, 198, '95', 2833, 15.5, 1974),
  (8, '38', 4, 91, '67', 1995, 16.2, 1982), (9, '12', 8, 400, '167', 4906, 12.5, 1973), (10, '35', 4, 81, '60', 1760, 16.1, 1981), (11, '14', 8, 455, '225', 4425, 10, 1974), (12, '20', 6, 232, '100', 2914, 16, 1979), (13, '33', 4, 91, '53', 1795, 17.4, 1976), (14, '16', 6, 250, '105', 3897, 18.5, 1975);
