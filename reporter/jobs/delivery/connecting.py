"""From the private connector configuration to the channels that can be used."""

from reporter.deliver.config import load_connectors
from reporter.deliver.connectors.email import Email
from reporter.deliver.connectors.registry import CONNECTORS, tells_somebody
from reporter.deliver.guard import guard_payload
from reporter.jobs.delivery.channels import Channel, Channels
from reporter.jobs.delivery.mailroom import Mailroom, mail_guard
from reporter.settings_model import Settings


def open_channels(settings: Settings) -> Channels:
    """Give every connector that can be used; what is wrong with the others is said, and stops nobody.

    Where nobody knows what the configuration holds, nothing can be guarded, and so nothing is sent.
    """
    loaded = load_connectors(settings)
    faults = tuple(map(str, loaded.faults))
    if not loaded.is_read:
        return Channels(faults=faults)
    channels = {}
    for provider, config in loaded.connectors.items():
        if tells_somebody(provider):
            connector = CONNECTORS[provider](config.told)
            is_mail = isinstance(connector, Email)
            channels[provider] = Channel(
                Mailroom(settings, connector) if isinstance(connector, Email) else connector,
                config.hosts,
                mail_guard(loaded.private) if is_mail else lambda payload: guard_payload(payload, loaded.private),
                config.max_connections,
                config.timeout_seconds,
                config.ca_file,
                tells_nobody=isinstance(connector, Email) and not connector.to,
            )
    return Channels(channels, faults)
