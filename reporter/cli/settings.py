"""`reporter settings`: check what is in force, print an example with every key."""

import click

from reporter.cli.options import settings_option
from reporter.cli.terminal import print_json, remark, say
from reporter.loop_jobs import load_checked_settings
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
@click.option("--json", "as_json", is_flag=True, help="Print the settings in force as JSON.")
def check(settings_file: str | None, as_json: bool) -> None:  # noqa: FBT001 - a flag of click
    """Validate the settings; report every fault at once, or print what is in force. Secrets are never shown.

    \b
    Example:
      reporter settings check --settings reporter.toml --json
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    found, remarks = load_checked_settings(settings_file)
    for line in remarks:
        remark(line)
    if as_json:
        print_json(settings_in_force(found, as_json=True))
    else:
        say(settings_in_force(found, as_json=False))


@settings.command
def example() -> None:
    """Print a reporter.toml with every key, its type, unit, default and variable.

    \b
    Example:
      reporter settings example > reporter.toml
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    say(example_text())
