"""The ways a questionnaire is put to a model and its answers are read."""
