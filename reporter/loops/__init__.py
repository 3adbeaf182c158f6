"""The loops: evidence records to the state of every route, worker health, closure and readiness. Pure."""
