"""`reporter diff`: what changed between two bundles."""

import json
from collections.abc import Iterator

import click

from reporter.cli.options import json_option, settings_option
from reporter.cli.terminal import print_json, remark, say
from reporter.cli.verdict import overall
from reporter.errors import ExitCode, UsageFault
from reporter.jobs.standing import public_key_of
from reporter.jobs.standing.difference import Difference, compare_bundles, find_bundle
from reporter.model.readiness import Readiness
from reporter.seal.keys import read_public_key
from reporter.settings import load_settings


@click.command
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option(
    "--key", metavar="PUB", type=click.Path(), help="The public key to trust (PEM). Default: that of the settings."
)
@settings_option
@json_option
def diff(before: str, after: str, key: str | None, settings_file: str | None, as_json: bool) -> int:  # noqa: FBT001 - a flag of click
    """Say what changed between two bundles.

    A and B are paths, or the first digits of a digest, as `reporter history` prints them. Both must verify; it exits 5
    otherwise.

    \b
    Example:
      reporter diff 9b277cb5bfd4 bundles/production-pilot/latest
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    settings, remarks = load_settings(settings_file)
    for line in remarks:
        remark(line)
    paths = [find_bundle(settings, named) for named in (before, after)]
    trusted = read_public_key(key) if key else public_key_of(settings)
    if trusted is None:
        raise UsageFault("no key to verify with: give --key PUB, the public key that the bundles were sealed with")
    found = compare_bundles(paths[0], paths[1], trusted)
    if as_json:
        print_json(json.dumps(_as_json(found), indent=1))
    else:
        say("\n".join(_lines(found)))
    return ExitCode.DONE


def _lines(found: Difference) -> Iterator[str]:
    yield f"{found.after.environment}: {_verdict(found.before)} -> {_verdict(found.after)}"
    for change in found.changes:
        mark = "better" if change.better else "WORSE "
        yield f"  {mark}  {change.title}: {_words(change.before)} -> {_words(change.after)}  [{change.subject}]"
    if not found.changes:
        yield "  no verdict, check or open item changed"
    yield from (f"  still   {title}: open" for title in found.still_open)


def _verdict(one: Readiness) -> str:
    return f"{overall(one.status, one.readiness_state, one.closure_state)} ({one.as_of})"


def _words(word: str) -> str:
    return word.replace("_", " ")


def _as_json(found: Difference) -> dict[str, object]:
    return {
        "environment": found.after.environment,
        "before": _side(found.before),
        "after": _side(found.after),
        "changes": [change.model_dump(mode="json") for change in found.changes],
        "still_open": list(found.still_open),
    }


def _side(one: Readiness) -> dict[str, object]:
    return {
        "as_of": one.as_of,
        "status": one.status,
        "readiness_state": one.readiness_state,
        "closure_state": one.closure_state,
        "alert_level": one.alert_level,
        "open_items": [item.code for item in one.loops.closure.open_items],
    }
