"""YAML with the place of every value: read, explained where it is broken, edited in place."""
