"""Bring what was computed to people and systems, and say truly how far it came (domain.md A5, A10; integrations.md).

`connectors` tell providers, `approvals` attach bundles to release records, `mail` reaches executives; `outbox` sends
each message once as far as the other side can tell. What a sender learns is a `Receipt`, never an exception.
"""
