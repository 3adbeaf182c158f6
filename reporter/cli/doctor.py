"""`reporter doctor`: whether this machine and these settings are fit for the runs to come."""

import json

import click

from reporter.cli.options import json_option, settings_option
from reporter.cli.terminal import print_json, say
from reporter.clock import utc_now
from reporter.errors import ExitCode


@click.command
@settings_option
@json_option
def doctor(settings_file: str | None, as_json: bool) -> int:  # noqa: FBT001 - a flag of click
    """Check machine, settings, key, ledger, clock, disk and connectors.

    Changes nothing and sends nothing. One line for each look: ok, warn or FAIL, what was found, and what to do. Exits 2
    when something fails.

    \b
    Examples:
      reporter doctor
      reporter doctor --settings myproject/reporter.toml --json
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    from reporter.jobs.doctor import Level, examine

    found = list(examine(settings_file, utc_now()))
    failed = sum(one.level is Level.FAIL for one in found)
    if as_json:
        checks = [one._asdict() for one in found]
        print_json(json.dumps({"result": "failed" if failed else "passed", "checks": checks}, indent=1))
    else:
        for one in found:
            say(f"{'FAIL' if one.level is Level.FAIL else one.level:<4}  {one.what}: {one.found}")
            if one.step:
                say(f"      -> {one.step}")
        warned = sum(one.level is Level.WARN for one in found)
        say(f"{len(found)} looked at, {failed} failed, {warned} to watch")
    return ExitCode.USAGE if failed else ExitCode.DONE
