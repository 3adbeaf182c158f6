"""`reporter prune`: take away the bundles that retention lets go, and put bundles on hold."""

import json
from datetime import datetime

import click

from reporter.cli.answering import decided_at, finish, signed, start
from reporter.cli.options import as_of_option, environments_option, json_option, settings_option
from reporter.cli.terminal import print_json, remark, say
from reporter.clock import utc_now
from reporter.environments import chosen_environments
from reporter.errors import ExitCode, UsageFault
from reporter.jobs.retention import Choice, Rules, choose_bundles, prepare_hold
from reporter.jobs.retention import prune as prune_environment
from reporter.jobs.retention.pruning import rules_of
from reporter.jobs.runs.lock import patiently
from reporter.jobs.runs.results import Ending
from reporter.jobs.runs.watched import watched
from reporter.jobs.standing import public_key_of
from reporter.settings import load_settings
from reporter.settings_model import Settings


@click.command
@environments_option
@click.option("--keep-days", type=click.IntRange(min=1), metavar="N", help="Keep bundles of so many days.")
@click.option(
    "--keep-count", type=click.IntRange(min=1), metavar="N", help="Keep so many of the newest bundles of each."
)
@click.option("--hold", metavar="DIGEST", help="Put this bundle on hold instead; wants --by, --reason and --ref.")
@click.option("--release", metavar="DIGEST", help="Lift the hold on this bundle instead; wants the same three.")
@click.option("--by", default="", metavar="NAME", help="Who decides on a hold: a name or a role, no address.")
@click.option("--reason", default="", metavar="TEXT", help="Why, in one line.")
@click.option("--ref", default="", metavar="REF", help="The ticket or order that holds the decision.")
@click.option("--execute", is_flag=True, help="Do it. Default: only say what would be done.")
@as_of_option
@settings_option
@json_option
def prune(  # noqa: PLR0913, PLR0917 - one for each option
    environments: tuple[str, ...],
    keep_days: int | None,
    keep_count: int | None,
    hold: str | None,
    release: str | None,
    by: str,
    reason: str,
    ref: str,
    execute: bool,  # noqa: FBT001 - a flag of click
    as_of: datetime | None,
    settings_file: str | None,
    as_json: bool,  # noqa: FBT001 - a flag of click
) -> int:
    """Take away the bundles that retention lets go; put bundles on hold.

    Dry unless --execute. A bundle goes only where every rule that is given lets it go; the flags stand over [retention]
    of the settings, and without any nothing goes. Never goes: the newest, one on hold, one that does not verify, one
    that a record or an open item refers to. What goes is recorded in the ledger, and its seal stays in `pruned/`, so
    that the chain of bundles holds.

    \b
    Examples:
      reporter prune --keep-days 400 --keep-count 90
      reporter prune --keep-days 400 --execute
      reporter prune --hold 58e1f2c07b9d --by counsel --reason "audit of June" --ref CASE-12 --execute
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    if hold or release:
        if (hold and release) or keep_days or keep_count or len(environments) > 1:
            raise UsageFault("--hold and --release are about one bundle: leave out all other rules")
        signature = signed(by, reason, ref)
        settings, name = start(settings_file, environments[0] if environments else None)
        at = decided_at(as_of, execute=execute)
        prepared = prepare_hold(settings, name, at, hold or release or "", signature, release=bool(release))
        return finish(settings, prepared, execute=execute, as_json=as_json)
    if by or reason or ref:
        raise UsageFault("--by, --reason and --ref are for --hold and --release")
    settings, remarks = load_settings(settings_file)
    for line in remarks:
        remark(line)
    rules = rules_of(settings, keep_days, keep_count)
    if rules == Rules(None, None):
        remark("no rule of retention, so nothing goes: give --keep-days or --keep-count, or [retention] days or count")
    names = chosen_environments(settings, environments)
    choices, recorded = _apply(settings, names, decided_at(as_of, execute=execute), rules, execute=execute)
    if as_json:
        print_json(json.dumps({"executed": execute, "environments": _as_json(choices, recorded)}, indent=1))
    else:
        for name, judged in choices.items():
            _print(name, judged, recorded, execute=execute)
    if not execute and any(one.goes for judged in choices.values() for one in judged):
        remark("nothing was taken away; --execute does it")
    return ExitCode.DONE


def _apply(
    settings: Settings, names: list[str], now: datetime, rules: Rules, *, execute: bool
) -> tuple[dict[str, list[Choice]], dict[str, str]]:
    """Judge every bundle, and with `execute` take away what may go; give the id of each record by digest."""
    key = public_key_of(settings)
    if key is None:
        raise UsageFault("no bundle yet, and no key to verify one with: `reporter run` makes both")
    if not execute:
        return {name: choose_bundles(settings, name, now, key, rules) for name in names}, {}
    wall_now = utc_now()
    with watched(settings, "prune", names, now, wall_now, remark, patiently(remark)) as watch:
        choices = {name: choose_bundles(settings, name, now, key, rules) for name in names}
        gone = [one for name in names for one in prune_environment(settings, name, now, key, rules, wall_now)]
        watch.end(Ending(ExitCode.DONE))
    return choices, {one.choice.candidate.digest: one.record_id for one in gone}


def _print(name: str, judged: list[Choice], recorded: dict[str, str], *, execute: bool) -> None:
    goes = [one for one in judged if one.goes]
    verb = "pruned" if execute else "would be pruned"
    say(f"{name}: {len(goes)} of {len(judged)} bundle{'' if len(judged) == 1 else 's'} {verb}")
    for one in judged:
        if one.goes:
            record = recorded.get(one.candidate.digest)
            say(f"  goes   {one.candidate.name}{f'  record {record}' if record else ''}")
        else:
            say(f"  stays  {one.candidate.name}  {'; '.join(one.reasons)}")


def _as_json(choices: dict[str, list[Choice]], recorded: dict[str, str]) -> list[dict[str, object]]:
    return [
        {
            "environment": name,
            "bundles": [
                {
                    "bundle": one.candidate.path,
                    "digest": one.candidate.digest,
                    "goes": one.goes,
                    "reasons": list(one.reasons),
                    "record_id": recorded.get(one.candidate.digest, ""),
                }
                for one in judged
            ],
        }
        for name, judged in choices.items()
    ]
