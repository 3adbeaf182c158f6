"""Attaching a sealed bundle to the record that a release is approved on. It attaches and reads; it never approves.

`package` says what is attached, `target` what every kind of record can do, `registry` which kinds there are, and
`attaching` brings the one to the other: look first, add what is missing, read back, never overwrite.
"""
