-- Furniture that is let by contract. Long names in snake_case, codes with relations that describe them, dates as text.
CREATE TABLE Ref_Item_Kinds (item_kind_code TEXT PRIMARY KEY, item_kind_description TEXT);
CREATE TABLE Customers (
  customer_id INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT, email_address TEXT, home_city TEXT,
  date_became_customer TEXT
);
CREATE TABLE Staff (staff_id INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT, nickname TEXT, role_code TEXT);
CREATE TABLE Items (
  item_id INTEGER PRIMARY KEY, item_kind_code TEXT NOT NULL, item_name TEXT, colour TEXT, daily_price REAL,
  FOREIGN KEY (item_kind_code) REFERENCES Ref_Item_Kinds (item_kind_code)
);
CREATE TABLE Hire_Contracts (
  contract_id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, staff_id INTEGER, contract_status_code TEXT,
  date_from TEXT, total_amount REAL,
  FOREIGN KEY (customer_id) REFERENCES Customers (customer_id),
  FOREIGN KEY (staff_id) REFERENCES Staff (staff_id)
);
CREATE TABLE Contract_Items (
  contract_id INTEGER NOT NULL, item_id INTEGER NOT NULL, quantity INTEGER,
  FOREIGN KEY (contract_id) REFERENCES Hire_Contracts (contract_id),
  FOREIGN KEY (item_id) REFERENCES Items (item_id)
);
INSERT INTO Ref_Item_Kinds VALUES
  ('CHR', 'Chairs and stools'), ('TBL', 'Tables'), ('LMP', 'Lamps and lights'), ('BED', 'Beds'), ('SHF', 'Shelves');
INSERT INTO Customers VALUES
  (1, 'Olga', 'Brandt', 'olga@brandt.example', 'Lindow', '2017-03-02'), (2, 'Peter', 'Osei', 'peter.o@post.example', 'Marl', '2018-11-20'),
  (3, 'Ruth', 'Brandt', 'ruth@brandt.example', 'Lindow', '2016-01-15'), (4, 'Sven', 'Ilic', 'sven@ilic.example', 'Torp', '2019-07-08'),
  (5, 'Tamar', 'Vogel', 'tv@vogel.example', 'Marl', '2018-02-27'), (6, 'Uma', 'Nair', 'uma@nair.example', 'Lindow', '2020-05-30'),
  (7, 'Olga', 'Petit', 'petit@post.example', 'Oberau', '2015-09-09'), (8, 'Wim', 'Zander', 'wim@zander.example', 'Torp', '2021-12-01');
INSERT INTO Staff VALUES
  (1, 'Hana', 'Ruiz', 'Han', 'MGR'), (2, 'Ivo', 'Stahl', 'Ironman', 'DRV'), (3, 'Jule', 'Kern', 'JK', 'DRV'), (4, 'Karim', 'Brandt', 'Kay', 'CLK'), (5, 'Lotte', 'Moor', 'Lo', 'CLK');
INSERT INTO Items VALUES
  (1, 'CHR', 'folding chair', 'white', 1.5), (2, 'CHR', 'armchair', 'green', 9.0), (3, 'TBL', 'trestle table', 'brown', 6.0), (4, 'TBL', 'round table', 'white', 12.0),
  (5, 'LMP', 'floor lamp', 'black', 4.0), (6, 'LMP', 'paper lantern', 'white', 2.0), (7, 'BED', 'camp bed', 'green', 7.5), (8, 'CHR', 'bar stool', 'black', 3.0),
  (9, 'TBL', 'desk', 'black', 10.0), (10, 'BED', 'four-poster bed', 'brown', 30.0),
  (11, 'LMP', 'desk lamp', 'white', 5.0);
INSERT INTO Hire_Contracts VALUES
  (1, 1, 4, 'Closed', '2018-04-01', 310.0), (2, 2, 4, 'Closed', '2019-01-10', 95.5), (3, 1, 5, 'Open', '2019-06-21', 480.0), (4, 3, 1, 'Cancelled', '2018-08-14', 60.0),
  (5, 5, 4, 'Closed', '2018-10-02', 720.0), (6, 6, 5, 'Open', '2020-07-11', 150.0), (7, 2, 5, 'Cancelled', '2020-02-03', 42.0), (8, 3, 4, 'Closed', '2019-09-19', 265.0),
  (9, 1, 1, 'Closed', '2020-12-24', 1010.0), (10, 7, 4, 'Open', '2021-03-05', 88.0), (11, 5, 1, 'Open', '2021-05-17', 199.0);
INSERT INTO Contract_Items VALUES
  (1, 1, 40), (1, 3, 5), (2, 5, 2), (3, 4, 6), (3, 1, 60), (3, 6, 12), (4, 8, 4), (5, 9, 10), (5, 2, 4), (6, 7, 3), (7, 5, 1), (8, 4, 3), (8, 8, 10), (9, 1, 80),
  (9, 3, 10), (9, 2, 8), (9, 6, 30), (10, 5, 4), (11, 2, 2), (11, 6, 5);
