"""The model against published measurements: rows, what the model says to them, fits of constants."""
