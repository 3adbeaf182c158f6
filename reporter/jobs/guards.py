"""What is private by the settings and the connector configuration, in a searcher that was proved on this very run."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from reporter.errors import UsageFault
from reporter.settings_model import Settings

if TYPE_CHECKING:
    from reporter.deliver.private_values import PrivateValues


class Guard(NamedTuple):
    """A searcher that found its canary in every disguise, and remarks on the configuration that it is made from."""

    private: "PrivateValues"
    remarks: tuple[str, ...] = ()

    def results_for(self, environment: str, files: Mapping[str, bytes], predicate: Mapping[str, Any]) -> dict[str, Any]:
        """Search what is about to be sealed; give what the signed statement says of it: ids and counts, no values.

        Raise NotPublicSafe where something private is found.
        """
        from reporter.deliver.canary import DISGUISES
        from reporter.deliver.guard import guard_files
        from reporter.model.guards import RULES
        from reporter.seal.envelope import ATTESTATION_NAME

        statement = json.dumps(predicate, ensure_ascii=False).encode()
        guard_files({**files, f"{ATTESTATION_NAME}#payload": statement}, self.private, environment)
        return {
            "rules": [rule.id for rule in RULES],
            "private_values": {"searched": self.private.searched, "unsearched": self.private.unsearched},
            "self_test": {"result": "passed", "disguises": list(DISGUISES)},
            "files": len(files),
            "hits": 0,
        }


def proved_guard(settings: Settings) -> Guard:
    """Make the guard of one run and prove it.

    Raise UsageFault where the connector configuration cannot be read: nobody knows then what has to be kept private.
    """
    from reporter.deliver.canary import prove
    from reporter.deliver.private_sources import private_in_settings
    from reporter.deliver.private_values import PrivateValues

    if not settings.connector_config:
        return Guard(prove(PrivateValues(private_in_settings(settings))))

    from reporter.deliver.config import load_connectors

    loaded = load_connectors(settings)
    if not loaded.is_read:
        raise UsageFault(*map(str, loaded.faults))
    return Guard(loaded.private, (*loaded.remarks, *(f"not used: {fault}" for fault in loaded.faults)))
