"""From a goal to settings: needles, passes and loads that serve enough people."""
