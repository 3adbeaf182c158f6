"""`reporter check`: one report, from the settings or from upstream's flags alone."""

from datetime import datetime
from typing import get_args

import click

from reporter.cli.options import (
    as_of_option,
    complete_environment,
    complete_report,
    fail_on_option,
    instant_of,
    json_option,
    provider_names,
    settings_option,
)
from reporter.cli.report_text import report_text
from reporter.cli.terminal import print_json, say
from reporter.cli.upstream_flags import settings_for, upstream_flags
from reporter.cli.verdict import exit_code
from reporter.errors import UsageFault
from reporter.jobs.loops import refuse_unknown_schedule
from reporter.jobs.readiness import check_report
from reporter.model.case import Request
from reporter.model.registry import REPORTS, ReportKind, find_report
from reporter.model.words import RouteAction, RouteCategory
from reporter.settings_model import Settings

NOTIFICATION_PLAN = "notification-plan"
FILTERS = {
    "--provider": (NOTIFICATION_PLAN, "routing-trend", "worker-health"),
    "--force": (NOTIFICATION_PLAN, "worker-health"),
    "--schedule": ("routing-trend",),
    "--owner": ("routing-trend",),
    "--action": ("routing-trend",),
    "--category": ("routing-trend",),
}
"""What narrows a report, and the reports that it narrows."""


def _report(word: str) -> ReportKind:
    """Find a report by our word or by upstream's."""
    kind = find_report(word)
    if kind is None:
        raise click.BadParameter(f"found {word!r}, wanted one of {', '.join(one.name for one in REPORTS)}")
    return kind


_WIDTH = max(len(kind.name) for kind in REPORTS)


@click.command(epilog="Reports:\n\n\b\n" + "\n".join(f"{kind.name:<{_WIDTH}} {kind.question}" for kind in REPORTS))
@click.argument("report", type=_report, metavar="REPORT", shell_complete=complete_report)
@upstream_flags
@click.option(
    "--environment",
    "-e",
    metavar="NAME",
    shell_complete=complete_environment,
    help="The environment of the settings to start from.",
)
@click.option(
    "--provider",
    type=provider_names,
    metavar="NAMES",
    help="notification-plan, routing-trend, worker-health: these providers only, separated by commas. Default: all.",
)
@click.option(
    "--force/--no-force",
    default=None,
    help="notification-plan, worker-health: tell people though the schedule is healthy, or though they were told.",
)
@click.option("--schedule", metavar="ID", help="routing-trend: this schedule only.")
@click.option("--owner", metavar="TEXT", help="routing-trend: owners and escalation owners with this text in them.")
@click.option("--action", type=click.Choice(get_args(RouteAction)), help="routing-trend: this action only.")
@click.option("--category", type=click.Choice(get_args(RouteCategory)), help="routing-trend: this category only.")
@click.option(
    "--records",
    multiple=True,
    metavar="SRC",
    help="Evidence records, for environments.NAME.records: a path, a pattern, an https:// address or `ledger`;"
    " may be repeated.",
)
@as_of_option
@settings_option
@json_option
@click.option(
    "--explain",
    is_flag=True,
    help="Say why: the rule, what decided, every condition with what was found and wanted, what would make it better.",
)
@fail_on_option
def check(  # noqa: PLR0913, PLR0917 - one for each option
    report: ReportKind,
    environment: str | None,
    provider: tuple[str, ...] | None,
    force: bool | None,  # noqa: FBT001 - a flag of click
    schedule: str | None,
    owner: str | None,
    action: str | None,
    category: str | None,
    records: tuple[str, ...],
    as_of: datetime | None,
    settings_file: str | None,
    as_json: bool,  # noqa: FBT001 - a flag of click
    explain: bool,  # noqa: FBT001 - a flag of click
    fail_on: str | None,
    **flags: object,
) -> int:
    """Assess one report, from settings or from flags alone.

    Prints its status, the failed checks first, and what to do. With any of upstream's flags and no --environment, the
    flags and upstream's CAVRA_* variables are all there is. Upstream's own words for the reports work too.

    \b
    Examples:
      reporter check production
      reporter check production --explain
      reporter check rollback --mode promoted --rollback-plan-path plan.json --json
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    narrowed = {"--provider": provider, "--force": force, "--schedule": schedule, "--owner": owner}
    narrowed |= {"--action": action, "--category": category}
    _refuse_foreign(report, [flag for flag, value in narrowed.items() if value is not None])
    request = Request(provider or (), bool(force), schedule or "", owner or "", action or "", category or "")
    given = {key: value for key, value in flags.items() if value is not None}
    if records:
        given["records"] = records
    settings, name = settings_for(settings_file, environment, given)
    now = instant_of(as_of)
    if schedule:
        refuse_unknown_schedule(settings, name, now, schedule)
    if explain:
        return _explain((settings, name, report.name, now, request), fail_on, as_json=as_json)
    result, case = check_report(settings, name, report.name, now, request)
    if as_json:
        print_json(result.model_dump_json(indent=1, ensure_ascii=True))
    else:
        say(report_text(result, case))
    return exit_code([result.status], fail_on)


def _explain(asked: tuple[Settings, str, str, datetime, Request], fail_on: str | None, *, as_json: bool) -> int:
    from reporter.cli.explanation_text import explanation_text
    from reporter.jobs.explanation import explain_check

    explanation = explain_check(*asked)
    if as_json:
        print_json(explanation.model_dump_json(indent=1, ensure_ascii=True))
    else:
        say(explanation_text(explanation))
    return exit_code([explanation.reports[0].status], fail_on)


def _refuse_foreign(report: ReportKind, flags: list[str]) -> None:
    """Refuse a flag that would narrow nothing of this report."""
    faults = [
        f"{flag} is for {', '.join(FILTERS[flag])}, not for {report.name}"
        for flag in flags
        if report.name not in FILTERS[flag]
    ]
    if faults:
        raise UsageFault(*faults)
