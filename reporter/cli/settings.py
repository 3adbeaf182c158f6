"""`reporter settings`: check what is in force, try the connectors, print an example with every key."""

import json

import click

from reporter.cli.options import settings_option
from reporter.cli.terminal import complain, print_json, remark, say
from reporter.errors import ExitCode
from reporter.jobs.loops import load_checked_settings
from reporter.jobs.probes import Connectors, check_connectors
from reporter.settings_text import example_text, settings_in_force


@click.group
def settings() -> None:
    """Check the settings; print an example with every key.

    \b
    Examples:
      reporter settings check
      reporter settings example > reporter.toml
    """  # noqa: D301 - \b is click's mark for text that keeps its lines


@settings.command
@settings_option
@click.option("--connect", is_flag=True, help="Try every connector that is configured, without sending anything.")
@click.option("--json", "as_json", is_flag=True, help="Print the settings in force, or the connectors, as JSON.")
def check(settings_file: str | None, connect: bool, as_json: bool) -> int:  # noqa: FBT001 - flags of click
    """Validate the settings and the connector configuration; report every fault at once, or print what is in force.

    Secrets are never shown. With --connect, print a line for each connector instead: exits 6 when one that is
    configured cannot be used. Nothing is sent: hosts are connected to, and vendors that allow it are asked who we are.

    \b
    Examples:
      reporter settings check --settings reporter.toml --json
      reporter settings check --connect
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    found, remarks = load_checked_settings(settings_file)
    connectors = check_connectors(found, connect=connect)
    for line in (*remarks, *connectors.remarks):
        remark(line)
    if connect:
        _print_connectors(connectors, as_json=as_json)
    elif as_json:
        print_json(settings_in_force(found, as_json=True))
    else:
        say(settings_in_force(found, as_json=False))
    complain(connectors.faults)
    if connectors.faults:
        return ExitCode.USAGE
    return ExitCode.DONE if connectors.all_reached else ExitCode.DELIVERY_INCOMPLETE


def _print_connectors(connectors: Connectors, *, as_json: bool) -> None:
    if as_json:
        rows = [
            {
                "provider": row.provider,
                "state": row.state,
                "outcome": row.receipt.outcome if row.receipt else None,
                "error_class": row.receipt.error_class if row.receipt else "",
                "status_code": row.receipt.status_code if row.receipt else None,
            }
            for row in connectors.rows
        ]
        print_json(json.dumps({"connectors": rows}, indent=1))
    elif not connectors.rows:
        say("no connectors are configured")
    else:
        widest = max(len(row.provider) for row in connectors.rows)
        for row in connectors.rows:
            say(f"{row.provider:<{widest}}  {row.state:<10}  {row.reach}".rstrip())


@settings.command
def example() -> None:
    """Print a reporter.toml with every key, its type, unit, default and variable.

    \b
    Example:
      reporter settings example > reporter.toml
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    say(example_text())
