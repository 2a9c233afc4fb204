"""What a model drafted, put right without it: each file finds one kind of mistake, and mends the tree.

A mend acts only where nothing else can be meant, and leaves right SQL alone.
"""
