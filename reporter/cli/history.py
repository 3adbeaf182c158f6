"""`reporter history`: the chain of bundles."""

import json
from pathlib import Path

import click

from reporter.cli.options import environments_option, json_option, settings_option
from reporter.cli.terminal import print_json, remark, say
from reporter.cli.verdict import overall
from reporter.environments import chosen_environments
from reporter.errors import ExitCode, UsageFault
from reporter.jobs.standing import public_key_of
from reporter.jobs.standing.chain import Link, chain_of, lost_of
from reporter.model.text import count
from reporter.settings import load_settings

CHAIN = {
    "first": "the first",
    "follows": "follows",
    "skips": "made before the bundle of {before} was added",
    "gap": "GAP: the bundle that it names is gone",
}


@click.command
@environments_option
@click.option(
    "--last", type=click.IntRange(min=1), default=30, show_default=True, metavar="N", help="So many bundles of each."
)
@settings_option
@json_option
def history(
    environments: tuple[str, ...],
    last: int,
    settings_file: str | None,
    as_json: bool,  # noqa: FBT001 - a flag of click
) -> int:
    """List the bundles of an environment, and whether their chain holds.

    The newest first: verdict, release readiness, closure, alert level, failed checks, open items, digest, and how it
    stands to the bundle before it. Reads the signed statements alone; `reporter verify` goes over the files. Exits 5
    when a seal is broken, or a bundle in the chain or the latest one is gone.

    \b
    Examples:
      reporter history
      reporter history --environment production-pilot --last 7 --json
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    settings, remarks = load_settings(settings_file)
    for line in remarks:
        remark(line)
    names, key = chosen_environments(settings, environments), public_key_of(settings)
    if key is None:
        raise UsageFault("no bundle yet, and no key to verify one with: `reporter run` makes both")
    chains = {name: list(chain_of(settings, name, key, last)) for name in names}
    lost = {name: gone for name in names if (gone := lost_of(settings, name))}
    if as_json:
        print_json(
            json.dumps({"environments": [_as_json(*one, lost.get(one[0], "")) for one in chains.items()]}, indent=1)
        )
    else:
        for name, links in chains.items():
            say(f"{name}: {_count(links)}")
            if name in lost:
                say(f"  GONE: `latest` shows {lost[name]}: bring it back, or run again")
            for link in links:
                say(f"  {_line(link)}")
    broken = any(link.statement.fault or link.chain == "gap" for links in chains.values() for link in links)
    return ExitCode.VERIFICATION_FAILED if broken or lost else ExitCode.DONE


def _count(links: list[Link]) -> str:
    return f"{count(len(links), 'bundle')}, the newest first" if links else "no bundle yet"


def _line(link: Link) -> str:
    one = link.statement
    if one.fault:
        return f"{one.as_of}  NOT VERIFIED  {one.fault}  {Path(one.path).name}"
    verdict = overall(one.word("status"), one.word("readiness_state"), one.word("closure_state"))
    states = f"readiness {_word(one.word('readiness_state'))}, closure {_word(one.word('closure_state'))}"
    counts = f"failed checks {one.count('failed_check_count')}, open items {one.count('open_item_count')}"
    level, chain = _word(one.word("alert_level")), CHAIN[link.chain].format(before=link.before)
    chain += "; pruned" if one.pruned else ""
    return f"{one.as_of}  {verdict:<15}  {level:<8}  {states}; {counts}  {one.digest[:12]}  {chain}"


def _word(state: str) -> str:
    return state.replace("_", " ") or "not said"


def _as_json(environment: str, links: list[Link], lost: str) -> dict[str, object]:
    return {
        "environment": environment,
        "lost_latest": lost,
        "bundles": [
            {
                "bundle": one.path,
                "as_of": one.as_of,
                "digest": one.digest,
                "sealed": not one.fault,
                "pruned": one.pruned,
                "fault": one.fault,
                "chain": chain,
                "previous_digest": one.previous_digest,
                "status": one.word("status"),
                "readiness_state": one.word("readiness_state"),
                "closure_state": one.word("closure_state"),
                "alert_level": one.word("alert_level"),
                "failed_check_count": one.count("failed_check_count"),
                "open_item_count": one.count("open_item_count"),
            }
            for one, chain, _ in links
        ],
    }
