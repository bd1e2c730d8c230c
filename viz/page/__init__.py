"""The HTML report: numbers and where they stand, first screen, charts, tables, 3D data, how to run it again."""
