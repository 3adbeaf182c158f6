"""A complete small world to try the reporter on: what `reporter init --sample` writes."""
