"""What leaves the app."""

NOTICE = (
    "Simulated affect: text and probabilities a language model produces, not a feeling."
    " A test bench for intervention scripts, never a treatment; it says nothing about a person."
)
"""The line that every file leaving the app carries."""
