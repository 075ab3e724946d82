"""The battery of `check-model`: does the score move with the state, and not with the form of the question."""
