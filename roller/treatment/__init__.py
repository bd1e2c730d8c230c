"""One treatment from end to end: replicates, the result object, what follows a session, comparison, text tables."""
