"""Studies of many settings: axes, outputs, parts, the folder of results, who works, and runs that survive a stop."""
