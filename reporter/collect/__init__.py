"""Reading. What cannot be read becomes a document with faults; nothing here stops a run."""
