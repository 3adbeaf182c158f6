"""What a run relies on: settings, signing key, ledger, connectors."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from reporter.errors import ReporterError
from reporter.jobs.doctor.diagnosis import Diagnosis, fail, fail_unless_of_a_service, warn, well
from reporter.jobs.keys import own_public_key
from reporter.jobs.loops import is_ledger_there, policies_of
from reporter.jobs.records import open_settings_ledger
from reporter.jobs.standing.noted import noted_heads
from reporter.seal.keys import load_public_key
from reporter.settings_model import Settings


def look_at_rules(settings: Settings) -> Iterator[Diagnosis]:
    """Look at the settings beyond what reading them tells: is there an environment, do the rules of its loops hold."""
    if not settings.environments:
        yield fail("environments", "none", "describe a pilot under [environments.NAME] of the settings, or set CAVRA_*")
    for name in sorted(settings.environments):
        try:
            policies_of(settings, name)
        except ReporterError as error:
            yield fail(f"rules of {name}", "; ".join(error.faults), "correct them under environments.NAME.loops")
        else:
            yield well(f"rules of {name}", f"they hold, mode {settings.environments[name].mode}")


def look_at_key(settings: Settings) -> Diagnosis:
    """Look at the signing key: is it there, ours alone, and of the right kind."""
    try:
        pem = own_public_key(settings)
    except ReporterError as error:
        step = "mend it before the next run: without it nothing is sealed"
        return fail_unless_of_a_service("signing key", error.faults, step)
    if pem is None:
        return warn("signing key", "none yet", "the first run makes one; or make it now: `reporter keys new PATH`")
    found = f"key id {load_public_key(pem).key_id}"
    kind, _, name = settings.signing_key.partition(":")
    if kind == "file":
        path = Path(settings.resolve(name))
        owner = path.stat().st_uid
        if owner not in {os.geteuid(), 0}:
            return warn("signing key", f"{found}, owned by user {owner}", f"chown {os.geteuid()} {path}")
        if path.parent.stat().st_mode & stat.S_IWOTH:
            return warn("signing key", f"{found}, in a directory that everybody writes to", f"chmod o-w {path.parent}")
    return well("signing key", found)


def look_at_ledger(settings: Settings) -> Diagnosis:
    """Open the ledger, and look for the row that the last bundle noted as its head."""
    noted = noted_heads(settings).records
    if not is_ledger_there(settings):
        if noted:
            found = f"gone; the last bundle noted row {noted[0]} of it"
            return fail("ledger", found, "restore its latest backup: what people decided is in it")
        return well("ledger", "none yet; the first record makes it")
    try:
        with open_settings_ledger(settings, write=False) as ledger:
            head = ledger.head()
            row = next(iter(ledger.read(after=noted[0] - 1)), None) if noted else None
    except ReporterError as error:
        step = "see `reporter records verify`; restore its latest backup"
        return fail_unless_of_a_service("ledger", error.faults, step)
    if noted and (row is None or (row.sequence, row.hash) != noted):
        found = f"head {head.sequence}; row {noted[0]} is not the one that the last bundle noted"
        return fail("ledger", found, "see `reporter records verify`; restore its latest backup")
    return well("ledger", f"head {head.sequence}{', holds what the last bundle noted' if noted else ''}")


def look_at_connectors(settings: Settings) -> Iterator[Diagnosis]:
    """Look at the connector configuration: ours alone, and valid; and whether something is asked for without one."""
    asked = [name for name, one in sorted(settings.environments.items()) if one.deliver.notify or one.deliver.alert]
    if not settings.connector_config:
        if asked:
            found = f"none, but {', '.join(asked)} asks for deliveries"
            yield fail("connectors", found, "name the file under connector_config of the settings")
        return
    from reporter.deliver.config import load_connectors

    loaded = load_connectors(settings)
    faults = [fault.text for fault in loaded.faults]
    path = Path(settings.resolve(settings.connector_config))
    if faults:
        yield fail_unless_of_a_service("connectors", faults, "correct the connector configuration")
    elif path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield warn("connectors", f"{path} is open to others", f"chmod 600 {path}")
    else:
        yield well("connectors", f"{len(loaded.connectors)} can be used, {len(loaded.disabled)} disabled")
