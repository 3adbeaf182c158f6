"""Where things lie by the settings: all that a question which is asked often needs of them.

Read without the model of the settings, which takes longer to import than such an answer takes. Only what is plainly
right is taken: of anything else there are no places here, and the model judges it and tells every fault.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

LEDGERS: Final = ("sqlite:///", "postgresql+psycopg://")
DEFAULT_BUNDLES_DIR: Final = "bundles"
DEFAULT_LEDGER: Final = "sqlite:///state/ledger.db"
DEFAULT_SIGNING_KEY: Final = "file:keys/signing.key"
ENVIRONMENT_NAME: Final = r"^[a-z0-9][a-z0-9._-]{0,62}$"
KEYS: Final = frozenset(
    [
        "bundles_dir",
        "connector_config",
        "environments",
        "heartbeat_url",
        "https",
        "ledger",
        "ledger_password",
        "log_format",
        "log_level",
        "manifest_max_bytes",
        "metrics_file",
        "retention",
        "schedule",
        "serve",
        "signing_key",
        "state_dir",
    ]
)
"""Every key of the settings: beside one that is misspelt, a default that is taken would be a wrong place."""


class Places(NamedTuple):
    """Where things lie, with the names that `Settings` has for them; of an environment there is the name alone."""

    base_dir: Path
    bundles_dir: str
    signing_key: str
    signing_key_given: bool
    ledger: str
    state_dir: str
    environments: Mapping[str, object]

    def resolve(self, path: str) -> str:
        """Make a path absolute."""
        return str(self.base_dir / path)

    @property
    def state_path(self) -> Path:
        """The directory of what belongs to this machine."""
        return state_path_of(self.base_dir, self.ledger, self.state_dir)


def state_path_of(base_dir: Path, ledger: str, state_dir: str) -> Path:
    """Give the directory of what belongs to this machine: that of an SQLite ledger where none is named."""
    kind, _, path = ledger.partition(":///")
    beside = str(Path(path).parent) if kind == "sqlite" else "state"
    return base_dir / (state_dir or beside)


def places_in(values: Mapping[str, Any], base_dir: Path) -> Places | None:
    """Take the places from the values of a settings file; None where one is not plainly right."""
    environments = values.get("environments", {})
    bundles_dir = values.get("bundles_dir", DEFAULT_BUNDLES_DIR)
    signing_key = values.get("signing_key", DEFAULT_SIGNING_KEY)
    ledger = values.get("ledger", DEFAULT_LEDGER)
    state_dir = values.get("state_dir", "")
    is_plain = (
        KEYS.issuperset(values)
        and all(_is_path(one) for one in (bundles_dir, state_dir))
        and bool(bundles_dir)
        and _follows(signing_key, "file:")
        and _follows(ledger, LEDGERS[0])
        and isinstance(environments, dict)
        and all(re.match(ENVIRONMENT_NAME, name) and isinstance(one, dict) for name, one in environments.items())
    )
    if not is_plain:
        return None
    return Places(base_dir, bundles_dir, signing_key, "signing_key" in values, ledger, state_dir, environments)


def _is_path(value: object) -> bool:
    return isinstance(value, str) and "://" not in value and "\0" not in value


def _follows(value: object, kind: str) -> bool:
    """Say whether something stands behind the kind, and nothing that only the model can judge."""
    return (
        isinstance(value, str)
        and value.startswith(kind)
        and _is_path(rest := value[len(kind) :])
        and bool(rest.strip())
        and not {*"@=?"} & {*rest}
    )
