"""`reporter check`: one report, from the settings or from upstream's flags alone."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from reporter.cli.options import (
    as_of_option,
    fail_on_option,
    instant_of,
    json_option,
    settings_option,
)
from reporter.cli.report_text import report_text
from reporter.cli.terminal import print_json, remark, say
from reporter.cli.verdict import exit_code
from reporter.errors import UsageFault
from reporter.jobs import check_report, chosen_environments
from reporter.model.registry import REPORTS, ReportKind, find_report
from reporter.model.reports import Mode
from reporter.settings import (
    DEFAULT_ENVIRONMENT,
    EnvironmentSettings,
    Settings,
    load_settings,
    override,
)


class ReportType(click.ParamType):
    """A report by our word or by upstream's."""

    name = "report"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> ReportKind:
        """Look the word up."""
        if isinstance(value, ReportKind):
            return value
        kind = find_report(value)
        if kind is None:
            known = ", ".join(one.name for one in REPORTS)
            self.fail(f"{value!r} is not a report; known: {known}", param, ctx)
        return kind


def _upstream_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add upstream's flags: one for each key of an environment that is not ours alone (domain.md B1.0)."""
    for key, field in reversed(EnvironmentSettings.model_fields.items()):
        if key == "manifests_dir":
            continue
        kind: click.ParamType | None = None
        if key == "mode":
            kind = click.Choice([mode.value for mode in Mode], case_sensitive=False)
        elif field.annotation is float:
            kind = click.FLOAT
        command = click.option(
            f"--{key.replace('_', '-')}", key, type=kind, help=field.description, metavar=None if kind else "PATH"
        )(command)
    return command


@click.command(epilog="Reports:\n\n\b\n" + "\n".join(f"{kind.name:<11} {kind.question}" for kind in REPORTS))
@click.argument("report", type=ReportType())
@_upstream_flags
@click.option("--environment", "-e", metavar="NAME", help="The environment of the settings to start from.")
@as_of_option
@settings_option
@json_option
@fail_on_option
def check(  # noqa: PLR0913, PLR0917 - one for each option
    report: ReportKind,
    environment: str | None,
    as_of: datetime | None,
    settings_file: str | None,
    as_json: bool,  # noqa: FBT001 - a flag of click
    fail_on: str | None,
    **flags: object,
) -> int:
    """Assess one REPORT and print it: status, failed checks first, and what to do.

    With any of upstream's flags and no --environment, the flags and upstream's CAVRA_* variables are all there is.
    Upstream's own words for the reports work too.

    \b
    Examples:
      reporter check production
      reporter check rollback --mode promoted --rollback-plan-path plan.json --json
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    given = {key: value for key, value in flags.items() if value is not None}
    settings, name = _settings_for(settings_file, environment, given)
    result, case = check_report(settings, name, report.name, instant_of(as_of))
    if as_json:
        print_json(result.model_dump_json(indent=1, ensure_ascii=True))
    else:
        say(report_text(result, case))
    return exit_code([result.status], fail_on)


def _settings_for(settings_file: str | None, environment: str | None, flags: dict[str, object]) -> tuple[Settings, str]:
    alone = bool(flags) and environment is None and settings_file is None
    settings, remarks = load_settings(settings_file, from_file=not alone)
    for line in remarks:
        remark(line)
    if alone:
        return override(settings, DEFAULT_ENVIRONMENT, flags), DEFAULT_ENVIRONMENT
    names = chosen_environments(settings, [environment] if environment else [])
    if len(names) > 1:
        raise UsageFault(f"several environments in the settings: choose one with --environment ({', '.join(names)})")
    return (override(settings, names[0], flags) if flags else settings), names[0]
