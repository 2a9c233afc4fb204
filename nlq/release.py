"""Which release this is: for those that `nlq` itself imports, and whatever it is installed as."""

VERSION = "0.1.0"
