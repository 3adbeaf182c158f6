"""Where things are asked for over HTTP begins with these: upstream's own paths (domain.md B5.5)."""

from typing import Final

PILOT: Final = "/runtime/go-pilot"
TOLD: Final = f"{PILOT}/rollback-drill-notifications"
AUDIT: Final = f"{TOLD}/acknowledgements/audit-delivery"
