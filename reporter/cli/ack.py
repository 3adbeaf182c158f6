"""`reporter ack`: answer for a route."""

import click

from reporter.cli.answering import Deciding, decision_options
from reporter.cli.options import complete_loop
from reporter.jobs.answers import acknowledge


@click.command
@click.argument("loop", shell_complete=complete_loop)
@click.argument("subject")
@click.option("--provider", required=True, metavar="NAME", help="Who was told: slack, jira, ...")
@click.option(
    "--state",
    default="",
    metavar="WORD",
    help="acknowledged, accepted, resolved, dismissed, deferred or escalated. Default: what the loop accepts.",
)
@click.option("--plan-id", default="", metavar="ID", help="The plan that is answered. Default: the one in force.")
@decision_options
def ack(  # noqa: PLR0913, PLR0917 - one for each option
    loop: str, subject: str, provider: str, state: str, plan_id: str, deciding: Deciding
) -> int:
    """Answer for what was delivered: LOOP and SUBJECT, as told to a provider.

    What is not known, or asks for no answer, is refused with what is. Recorded only with --execute, in the ledger; it
    counts in the next run. dismissed, deferred and escalated are shown, and stay outstanding.

    \b
    Example:
      reporter ack drill-notification monthly --provider slack --by lead --reason "drill is planned" --ref CHG-1
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    route = (loop, subject, provider)
    return deciding.decide(
        lambda settings, name, now, signature: acknowledge(settings, name, now, route, state, plan_id, signature)
    )
