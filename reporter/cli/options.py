"""Options that several commands share."""

from datetime import datetime
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from reporter.clock import utc_now, whole_second
from reporter.model.instants import parse_instant
from reporter.model.providers import ALL, PROVIDERS, normalise


def _instant(text: str) -> datetime:
    """Read an ISO 8601 timestamp as aware UTC, in whole seconds."""
    instant = parse_instant(text)
    if instant is None:
        raise click.BadParameter(f"found {text!r}, wanted an ISO 8601 time such as 2026-06-11T15:40:00Z")
    return whole_second(instant.at)


def provider_names(text: str) -> tuple[str, ...]:
    """Read `all`, or known providers separated by commas; all is none in particular."""
    names = tuple(dict.fromkeys(normalise(name) for name in text.split(",")))
    unknown = [name for name in names if name not in (ALL, *PROVIDERS)]
    if unknown:
        known = ", ".join((ALL, *PROVIDERS))
        raise click.BadParameter(f"found {', '.join(map(repr, unknown))}, wanted some of {known}")
    return () if ALL in names else tuple(sorted(names))


settings_option = click.option(
    "--settings",
    "settings_file",
    metavar="FILE",
    help="The settings file. Default: $REPORTER_SETTINGS, then reporter.toml here, then the environment alone.",
)


def complete_environment(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Complete the name of an environment from the settings that the call names."""
    del parameter
    from reporter.settings import environment_names

    return [name for name in environment_names(context.params.get("settings_file")) if name.startswith(incomplete)]


def complete_report(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a report, with what it asks."""
    del context, parameter
    from reporter.model.registry import REPORTS

    return [CompletionItem(kind.name, help=kind.question) for kind in REPORTS if kind.name.startswith(incomplete)]


def complete_loop(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a loop as commands print it."""
    del context, parameter
    from reporter.loops.table import LOOPS

    names = ((loop.word.replace("_", "-"), loop.title) for loop in LOOPS)
    return [CompletionItem(name, help=title) for name, title in names if name.startswith(incomplete)]


environments_option = click.option(
    "--environment",
    "-e",
    "environments",
    multiple=True,
    metavar="NAME",
    shell_complete=complete_environment,
    help="Only this environment; may be repeated.",
)
start_environment_option = click.option(
    "--environment",
    "-e",
    metavar="NAME",
    shell_complete=complete_environment,
    help="The environment of the settings to start from.",
)
output_option = click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write this file. Default: stdout."
)
as_of_option = click.option(
    "--as-of", type=_instant, metavar="T", help="Judge as of this time (ISO 8601). Default: now."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout, and nothing else there.")
explain_option = click.option(
    "--explain", is_flag=True, help="Say why each verdict is what it is, check by check, from the sealed bundle."
)
providers_option = click.option(
    "--provider",
    "providers",
    type=provider_names,
    default=ALL,
    metavar="NAMES",
    help="These providers only, separated by commas. Default: all.",
)
fail_on_option = click.option(
    "--fail-on",
    type=click.Choice(["due_soon", "needs_attention"]),
    help="Exit 3 when something is due soon, 4 when something needs attention. needs_attention lets due soon pass.",
)


def instant_of(as_of: datetime | None) -> datetime:
    """Give the instant of the whole call: read the clock once, here."""
    return as_of or utc_now()
