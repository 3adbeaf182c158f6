"""Seal a rendered bundle, and verify one: digests, statement, envelope, keys, directory."""
