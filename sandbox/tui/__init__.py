"""The terminal app: screens and widgets that listen to the engine's events. No session logic of its own."""
