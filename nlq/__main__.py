"""`python -m nlq` is `nlq`."""

from nlq.cli import main

if __name__ == "__main__":
    main()
