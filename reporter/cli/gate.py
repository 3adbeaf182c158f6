"""`reporter gate`: which backend may be selected, for wrappers that start one."""

from collections.abc import Iterator
from datetime import datetime

import click

from reporter.cli.options import (
    as_of_option,
    fail_on_option,
    instant_of,
    json_option,
    settings_option,
    start_environment_option,
)
from reporter.cli.terminal import print_json, say
from reporter.cli.upstream_flags import settings_for, upstream_flags
from reporter.cli.verdict import exit_code
from reporter.jobs.readiness import decide_gate
from reporter.model.gate import GateDecision
from reporter.model.reports import Status
from reporter.model.text import visible


@click.command
@upstream_flags
@start_environment_option
@as_of_option
@settings_option
@json_option
@fail_on_option
def gate(
    environment: str | None,
    as_of: datetime | None,
    settings_file: str | None,
    as_json: bool,  # noqa: FBT001 - a flag of click
    fail_on: str | None,
    **flags: object,
) -> int:
    """Say which backend may be selected, go or python, and what speaks against go.

    Prints the backend alone on the first line. Everything is read and judged anew by each call. With --fail-on
    needs_attention it exits 4 where go was asked for and python has to stand in.

    \b
    Examples:
      reporter gate
      reporter gate --mode enforce --runtime-path bin/cavra-runtime --policy-path policy.json --json
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    given = {key: value for key, value in flags.items() if value is not None}
    settings, name = settings_for(settings_file, environment, given)
    decision = decide_gate(settings, name, instant_of(as_of))
    if as_json:
        print_json(decision.model_dump_json(indent=1, ensure_ascii=True))
    else:
        say("\n".join(map(visible, _lines(decision))))
    fallback = [Status.NEEDS_ATTENTION] if decision.fallback_used else []
    return exit_code([*decision.reports.values(), *fallback], fail_on)


def _lines(decision: GateDecision) -> Iterator[str]:
    yield decision.selected_backend
    for reason in decision.reasons:
        yield f"{reason.message}  [{reason.code}]"
        for check in reason.checks:
            yield f"  {check.id}: {check.message}"
            yield f"    -> {check.remedy}"
