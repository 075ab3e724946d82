"""What a clinician relies on in the shipped documents."""
