"""The private connector configuration (domain.md B1.13): read, checked, and never shown.

A connector that is not usable says why, and stops none of the others.
"""

from reporter.deliver.config.entry import ConnectorConfig
from reporter.deliver.config.loading import LoadedConnectors, load_connectors
from reporter.deliver.config.values import ConnectorFault

__all__ = ["ConnectorConfig", "ConnectorFault", "LoadedConnectors", "load_connectors"]
