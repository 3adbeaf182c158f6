"""`reporter recovery`: open and close the recovery of a provider."""

import click

from reporter.cli.answering import Deciding, decision_options
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
@decision_options
def open_(provider: str, deciding: Deciding) -> int:
    """Open the recovery of PROVIDER: its connector is being mended. One at a time.

    \b
    Example:
      reporter recovery open jira --by lead --reason "deliveries fail" --ref INC-7
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    return deciding.decide(
        lambda settings, name, now, signature: open_recovery(settings, name, now, provider, signature)
    )


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
@decision_options
def close(provider: str, playbook: str, state: str, verification_refs: tuple[str, ...], deciding: Deciding) -> int:
    """Decide about the recovery of PROVIDER. Only resolved and mitigated close it, and only with proof.

    \b
    Example:
      reporter recovery close jira --state resolved --verification gordackexec-1 --by lead --reason mended --ref INC-7
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    return deciding.decide(
        lambda settings, name, now, signature: close_recovery(
            settings, name, now, provider, playbook, state, verification_refs, signature
        )
    )
