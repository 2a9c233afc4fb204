"""What nlq costs, as ratios against a baseline taken in the same run. `make bench` runs all of it."""
