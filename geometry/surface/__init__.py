"""Curved skin: triangle meshes with zones, strokes, what lies under a drum, the standard face."""
