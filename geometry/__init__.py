"""Shapes: needle, drum, skin layers, region, exact area of a union of discs, meshes."""
