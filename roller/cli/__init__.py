"""The command line: one door to the model and to the pictures."""
