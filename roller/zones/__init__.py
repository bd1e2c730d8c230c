"""A treatment over the zones of a body: strokes on its surface, results by zone and ring, maps."""
