"""Jobs that bring what was computed to people and systems, and record what came of it."""
