"""Words that the demo's rows are made of."""

from __future__ import annotations

TEAMS: tuple[tuple[str, str, str], ...] = (
    ("Editorial", "Lisbon", "2021-03-01"),
    ("Sales North", "Hamburg", "2021-03-01"),
    ("Sales South", "Lyon", "2021-06-15"),
    ("Analytics", "Lisbon", "2021-09-01"),
    ("Support", "Porto", "2021-09-01"),
    ("Letterpress", "Kraków", "2022-01-10"),
    ("Bookbinding", "Edinburgh", "2022-01-10"),
    ("Calligraphy", "Kyoto", "2022-02-21"),
    ("Paper Making", "Amalfi", "2022-05-02"),
    ("Screen Printing", "Berlin", "2022-09-12"),
    ("Watercolour", "Dublin", "2023-01-16"),
    ("Fountain Pens", "Zürich", "2023-02-06"),
    ("Zines", "Portland", "2023-08-28"),
    ("Typography", "Brno", "2024-03-04"),
    ("Origami", "Sapporo", "2025-11-03"),
    ("Marbling", "İstanbul", "2026-04-20"),
)
"""Name, city, day of founding. The last two have no members yet."""

FIRST_NAMES: tuple[str, ...] = (
    "Alice", "Amara", "Anna", "António", "Aoife", "Arjun", "Bruno", "Camille", "Carlos", "Chloé",
    "Clara", "Daniel", "Diego", "Elif", "Elena", "Emil", "Emma", "Farid", "Fatima", "Femi",
    "Freya", "Gabriel", "Giulia", "Grace", "Hana", "Hugo", "Ines", "Isabel", "Jakob", "Jan",
    "José", "Jürgen", "Karin", "Lars", "Leila", "Liam", "Lucía", "Łukasz", "Maja", "Marco",
    "Maria", "Mateo", "Nadia", "Nina", "Noah", "Olga", "Oscar", "Paula", "Priya", "Rafael",
    "Rosa", "Samuel", "Sara", "Søren", "Tariq", "Teresa", "Tomasz", "Viktor", "Yuki", "Zoë",
)  # fmt: skip

LAST_NAMES: tuple[str, ...] = (
    "Adeyemi", "Almeida", "Álvarez", "Andersen", "Bauer", "Becker", "Bernard", "Bianchi", "Brandt", "Byrne",
    "Costa", "Demir", "Dubois", "Eriksson", "Fernandes", "Ferrari", "Fischer", "Garcia", "Girard", "Gruber",
    "Haddad", "Hansen", "Hoffmann", "Horvat", "Ivanova", "Jansen", "Kaya", "Keller", "Kelly", "Kowalska",
    "Kumar", "Laurent", "Lindqvist", "López", "MacLeod", "Marino", "Martins", "Meyer", "Moreau", "Müller",
    "Murphy", "Nakamura", "Novák", "Nowak", "O'Brien", "Okafor", "Olsen", "Patel", "Pereira", "Petit",
    "Popescu", "Ramos", "Ricci", "Romano", "Rossi", "Santos", "Sato", "Schmidt", "Silva", "Smith",
    "Sørensen", "Suzuki", "Tanaka", "Taylor", "Van Dijk", "Varga", "Virtanen", "Weber", "Wójcik",
    "Zimmermann",
)  # fmt: skip

NON_LATIN_NAMES: tuple[str, ...] = ("田中 さくら", "Ελένη Παπαδάκη", "Олена Шевченко", "김민준")

COUNTRIES: tuple[tuple[str, tuple[str, ...], int], ...] = (
    ("Germany", ("Berlin", "Hamburg", "München", "Köln", "Leipzig"), 22),
    ("France", ("Paris", "Lyon", "Nantes", "Marseille"), 16),
    ("United Kingdom", ("London", "Edinburgh", "Bristol", "Leeds"), 14),
    ("Italy", ("Milano", "Torino", "Bologna", "Amalfi"), 10),
    ("Spain", ("Madrid", "Barcelona", "Málaga"), 9),
    ("Portugal", ("Lisbon", "Porto"), 7),
    ("Poland", ("Kraków", "Gdańsk", "Łódź"), 7),
    ("Japan", ("Kyoto", "Tokyo", "Sapporo"), 5),
    ("Ireland", ("Dublin", "Cork"), 4),
    ("Denmark", ("Copenhagen", "Aarhus"), 3),
    ("Nigeria", ("Lagos",), 2),
    ("Iceland", ("Reykjavík",), 1),
)
"""English name, cities, weight."""

TOPICS: tuple[tuple[str, tuple[str, ...], int], ...] = (
    ("bookbinding", ("a Coptic binding", "linen covers", "sewing on tapes", "rounding a spine"), 20),
    ("calligraphy", ("italic capitals", "a steady hand", "brush pens", "uncial letters"), 17),
    ("letterpress", ("a tabletop press", "wood type", "packing and pressure", "mixing ink"), 15),
    ("watercolour", ("wet on wet", "a travel palette", "skies in one wash", "stretching paper"), 13),
    ("fountain pens", ("flex nibs", "iron gall ink", "restoring a filler", "smoothing a nib"), 11),
    ("paper making", ("cotton pulp", "a first mould and deckle", "watermarks", "drying sheets"), 9),
    ("screen printing", ("halftones at home", "a cheap exposure unit", "two colours", "clean screens"), 7),
    ("typography", ("choosing a text face", "small capitals", "margins", "old-style figures"), 5),
    ("zines", ("one sheet, eight pages", "a stapler that reaches", "swapping by post", "photocopies"), 3),
)
"""Topic, subjects, weight."""

TITLES: tuple[str, ...] = (
    "Notes on {}", "What I learned about {}", "A beginner's guide to {}", "Five mistakes with {}",
    "In praise of {}", "Rethinking {}", "A weekend with {}", "Why I came back to {}", "Troubleshooting {}",
    "The quiet joy of {}", "{}: questions and answers", "Ten years of {}", "{} without tears",
    "Everything but {}", "An honest look at {}", "{} on a small budget",
)  # fmt: skip

COMMENTS: tuple[str, ...] = (
    "Thank you, this is just what I was looking for.", "Which paper did you use?",
    "I tried it yesterday & it worked!", "Could you post a picture of the second step?",
    "I'm not convinced: mine came out uneven.", "Lovely work.", "Is there a cheaper alternative?",
    "Saved for the weekend.", "100% agree.", "The link in the third paragraph is broken.",
    "Merci beaucoup !", "Wunderschön, danke.", "How long did it take to dry?",
    "Please write more of these.", "That explains a lot.", "We did this at school in the 70s.",
)  # fmt: skip

PRODUCTS: tuple[tuple[str, str, tuple[tuple[str, int], ...], tuple[tuple[str, int], ...]], ...] = (
    (
        "Paper",
        "PAP",
        (
            ("Cotton Paper", 980),
            ("Laid Paper", 620),
            ("Kozo Paper", 1480),
            ("Marbled Paper", 740),
            ("Proof Paper", 480),
        ),
        (("A5", 100), ("A4", 170), ("A3", 310), ("Roll", 640)),
    ),
    (
        "Ink",
        "INK",
        (
            ("Iron Gall Ink", 1240),
            ("Sumi Ink", 960),
            ("Letterpress Ink", 2180),
            ("Walnut Ink", 860),
            ("Screen Ink", 1520),
        ),
        (("Black", 100), ("Indigo", 115), ("Vermilion", 130), ("Sepia", 110)),
    ),
    (
        "Pens",
        "PEN",
        (
            ("Fountain Pen", 7900),
            ("Dip Pen Holder", 640),
            ("Brush Pen", 480),
            ("Ruling Pen", 1860),
            ("Glass Pen", 2740),
        ),
        (("Fine", 100), ("Medium", 100), ("Broad", 120), ("Flex", 190)),
    ),
    (
        "Tools",
        "TOO",
        (("Bone Folder", 460), ("Awl", 720), ("Book Press", 9800), ("Cutting Mat", 1180), ("Brayer", 1640)),
        (("Small", 100), ("Standard", 140), ("Large", 210), ("Professional", 330)),
    ),
    (
        "Books",
        "BOO",
        (
            ("The Binder's Year", 2200),
            ("Letters by Hand", 1800),
            ("Press and Platen", 2460),
            ("Pulp", 1940),
            ("One Sheet, Eight Pages", 1200),
        ),
        (("Paperback", 100), ("Hardback", 160), ("Workbook", 80), ("Signed Copy", 260)),
    ),
    (
        "Kits",
        "KIT",
        (
            ("Bookbinding Kit", 3400),
            ("Calligraphy Kit", 2860),
            ("Linocut Kit", 3120),
            ("Papermaking Kit", 4480),
            ("Marbling Kit", 3760),
        ),
        (("Starter", 100), ("Classic", 150), ("Deluxe", 280), ("Classroom", 620)),
    ),
)
"""Category, prefix of its codes, things with a price in cents, variants with a percentage of that price."""

COMPANY_FIRST: tuple[str, ...] = (
    "Amber", "Anchor", "Atlas", "Beech", "Blue Door", "Bright", "Cedar", "Clover", "Copper", "Corner",
    "Curlew", "Dovetail", "Ember", "Fern", "Finch", "Foxglove", "Granite", "Harbour", "Hazel", "Heron",
    "Ivy", "Juniper", "Kestrel", "Lantern", "Linden", "Lüneburg", "Magpie", "Meadow", "Mill Lane",
    "North Sea", "Oak & Ash", "Old Town", "Otter", "Pebble", "Quill", "Rowan", "São Bento", "Sparrow",
    "Thistle", "Wren",
)  # fmt: skip

COMPANY_SECOND: tuple[str, ...] = (
    "Bindery", "Bookshop", "Cards", "Design", "Gallery", "Gifts", "Museum Shop", "Paperie", "Press",
    "Prints", "School of Art", "Stationers", "Studio", "Supplies", "Workshop",
)  # fmt: skip

COMPANY_FORMS: tuple[str, ...] = ("Ltd", "GmbH", "S.A.", "& Co.")
