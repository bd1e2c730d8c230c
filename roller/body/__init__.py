"""A rigid drum on curved skin over bone: strips, tilt, heights, landings, and areas on a mesh."""
