"""The parts of the screens, each named for what the user sees."""
