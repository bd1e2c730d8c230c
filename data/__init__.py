"""Facts: one table a topic, a source on every row, and the reader that turns rows into typed records."""
