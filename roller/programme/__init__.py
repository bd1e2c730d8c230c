"""Sessions over months on one skin, and the course of what they build."""
