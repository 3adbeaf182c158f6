"""`reporter recovery`: open and close the recovery of a provider."""

from datetime import datetime

import click

from reporter.cli.answering import decided_at, finish, recording_options, signature_options, signed, start
from reporter.jobs.answers import close_recovery, open_recovery


@click.group
def recovery() -> None:
    """Open and close the recovery of a provider.

    \b
    Examples:
      reporter recovery open jira --by lead --reason "deliveries fail" --ref INC-7
      reporter recovery close jira --state resolved --verification gordackexec-1 --by lead --reason mended --ref INC-7
    """  # noqa: D301 - \b is click's mark for text that keeps its lines


@recovery.command("open")
@click.argument("provider")
@signature_options
@recording_options
def open_(  # noqa: PLR0913, PLR0917 - one for each option
    provider: str,
    by: str,
    reason: str,
    ref: str,
    environment: str | None,
    as_of: datetime | None,
    settings_file: str | None,
    execute: bool,  # noqa: FBT001 - a flag of click
    as_json: bool,  # noqa: FBT001 - a flag of click
) -> int:
    """Open the recovery of PROVIDER: its connector is being mended. One at a time.

    \b
    Example:
      reporter recovery open jira --by lead --reason "deliveries fail" --ref INC-7
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    signature = signed(by, reason, ref)
    settings, name = start(settings_file, environment)
    prepared = open_recovery(settings, name, decided_at(as_of, execute=execute), provider, signature)
    return finish(settings, prepared, execute=execute, as_json=as_json)


@recovery.command
@click.argument("provider")
@click.option("--playbook", default="", metavar="ID", help="The playbook it is about. Default: the last one.")
@click.option("--state", required=True, metavar="WORD", help="resolved, mitigated, deferred, escalated or reopened.")
@click.option(
    "--verification",
    "verification_refs",
    multiple=True,
    metavar="REF",
    help="What proves it: the id of a delivery or execution; may be repeated. Needed for resolved and mitigated.",
)
@signature_options
@recording_options
def close(  # noqa: PLR0913, PLR0917 - one for each option
    provider: str,
    playbook: str,
    state: str,
    verification_refs: tuple[str, ...],
    by: str,
    reason: str,
    ref: str,
    environment: str | None,
    as_of: datetime | None,
    settings_file: str | None,
    execute: bool,  # noqa: FBT001 - a flag of click
    as_json: bool,  # noqa: FBT001 - a flag of click
) -> int:
    """Decide about the recovery of PROVIDER. Only resolved and mitigated close it, and only with proof.

    \b
    Example:
      reporter recovery close jira --state resolved --verification gordackexec-1 --by lead --reason mended --ref INC-7
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    signature = signed(by, reason, ref)
    settings, name = start(settings_file, environment)
    prepared = close_recovery(
        settings, name, decided_at(as_of, execute=execute), provider, playbook, state, verification_refs, signature
    )
    return finish(settings, prepared, execute=execute, as_json=as_json)
