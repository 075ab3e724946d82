"""Data sets: what a set of sessions holds, in files that statistics programs and other machines read."""
