"""From a readiness document to the pages, the paper and the JSON that people and machines read."""
