"""`reporter records`: import evidence records into the ledger, export it, verify it."""

import json
from pathlib import Path

import click

from reporter.cli.options import settings_option
from reporter.cli.progress import is_watched, shown
from reporter.cli.terminal import print_json, remark, say
from reporter.errors import ExitCode
from reporter.jobs.records import MOST_NOTED as MOST_FAULTS
from reporter.jobs.records import Imported, export_records, import_records, verify_records
from reporter.model.text import count
from reporter.settings import load_settings
from reporter.settings_model import Settings


class HeadType(click.ParamType[tuple[int, str]]):
    """The head of a ledger, as `records verify` prints it: SEQUENCE:HASH."""

    name = "head"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, str]:
        """Read the text of the option."""
        sequence, _, digest = value.strip().partition(":")
        if not sequence.isdecimal() or len(digest) != 64 or set(digest.lower()) - set("0123456789abcdef"):  # noqa: PLR2004 - hex digits of SHA-256
            self.fail(
                f"{value!r} is not a head; wanted SEQUENCE:HASH as `reporter records verify` prints it", param, ctx
            )
        return int(sequence), digest.lower()


@click.group
def records() -> None:
    """Import evidence records into the ledger; export it; verify it.

    \b
    Examples:
      reporter records import evidence.jsonl
      reporter records export --format sqlite evidence.db
      reporter records verify
    """  # noqa: D301 - \b is click's mark for text that keeps its lines


@records.command("import")
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@settings_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout, and nothing else there.")
def import_(sources: tuple[str, ...], settings_file: str | None, as_json: bool) -> int:  # noqa: FBT001 - a flag of click
    """Append the records of each SOURCE to the ledger; without one, those of all environments.

    A SOURCE is JSON Lines or JSON (plain, gzip, zstd), upstream's SQLite index, an https:// address, a quoted pattern
    of files, or another ledger. What is there already is not added again, and a file that did not change is not read
    again. A damaged record is named, each time, and the rest counts. Exits 2 when nothing of a source can be read.

    \b
    Examples:
      reporter records import evidence.jsonl 'archive/*.jsonl.zst'
      reporter records import https://evidence.example.org/api/evidence
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    settings = _settings(settings_file)
    done: list[Imported] = []
    watched = is_watched()
    try:
        with shown() as tick:
            for one in import_records(settings, sources, tick):
                done.append(one)
                if not watched:
                    _tell(one, as_json=as_json)
    finally:
        # The bar is gone: what it stood in the way of is told.
        for one in done if watched else ():
            _tell(one, as_json=as_json)
    if as_json:
        print_json(json.dumps({"sources": [_as_json(one) for one in done]}, indent=1))
    return ExitCode.USAGE if any(one.unreadable for one in done) else ExitCode.DONE


def _tell(one: Imported, *, as_json: bool) -> None:
    """Say what a source brought, and what is damaged in it."""
    if not as_json:
        say(_line(one))
    for fault in one.faults[:MOST_FAULTS]:
        remark(str(fault))
    if one.faulty > MOST_FAULTS:
        remark(f"{one.source}: and {one.faulty - MOST_FAULTS} more")


@records.command
@click.option("--format", "form", type=click.Choice(["jsonl", "json", "sqlite"]), required=True, help="What to write.")
@click.argument("file", type=click.Path(path_type=Path))
@settings_option
def export(form: str, file: Path, settings_file: str | None) -> None:
    """Write the ledger to FILE in one of upstream's formats. Never overwrites.

    jsonl holds every version in the order of the ledger; json ({"items": [...]}) and sqlite (upstream's index) hold the
    newest one of each id, sorted by id.

    \b
    Example:
      reporter records export --format json evidence.json
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    from reporter.ledger import Format

    written = export_records(_settings(settings_file), Format(form), file)
    say(f"{file}  {count(written, 'record')}")


@records.command
@click.option("--expect", type=HeadType(), metavar="SEQUENCE:HASH", help="A head that was noted elsewhere.")
@settings_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON: result, head, failures.")
def verify(expect: tuple[int, str] | None, settings_file: str | None, as_json: bool) -> int:  # noqa: FBT001 - a flag of click
    """Go over every row of the ledger: edits, gaps, moved rows, a tail that is cut off.

    Whoever can rewrite the whole database leaves a chain that holds: it is compared with what the newest sealed bundles
    noted of records and of runs, and with --expect. Exits 0 only when everything holds, 5 otherwise.

    \b
    Example:
      reporter records verify --json
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    from reporter.jobs.standing.noted import noted_heads
    from reporter.ledger import Head

    settings = _settings(settings_file)
    noted = noted_heads(settings)
    records = expect or noted.records
    verified = verify_records(settings, Head(*records) if records else None, Head(*noted.runs) if noted.runs else None)
    if as_json:
        document = {
            "result": "failed" if verified.faults else "passed",
            "head": {"sequence": verified.head.sequence, "hash": verified.head.hash} if verified.head else None,
            "failures": [fault._asdict() for fault in verified.faults],
        }
        print_json(json.dumps(document, indent=1))
    else:
        for fault in verified.faults:
            say(f"FAILED  {fault}")
        say(f"{'FAILED' if verified.faults else 'passed'}  head {verified.head}")
    return ExitCode.VERIFICATION_FAILED if verified.faults else ExitCode.DONE


def _settings(settings_file: str | None) -> Settings:
    settings, remarks = load_settings(settings_file)
    for line in remarks:
        remark(line)
    return settings


def _line(one: Imported) -> str:
    if one.unchanged:
        before = f"; {count(one.faulty_before, 'fault')} when it was read" if one.faulty_before else ""
        return f"{one.source}  unchanged{before}"
    counts = one.appended
    parts = [f"{counts.added} added", f"{counts.repeated} there already"]
    parts += [f"{counts.changed} of them with an id that was there with other content"] if counts.changed else []
    parts += [count(counts.faulty, "fault")] if counts.faulty else []
    return f"{one.source}  {', '.join(parts)}"


def _as_json(one: Imported) -> dict[str, object]:
    counts = one.appended
    return {
        "source": one.source,
        "unchanged": one.unchanged,
        "added": counts.added,
        "repeated": counts.repeated,
        "changed": counts.changed,
        "changed_ids": list(counts.changed_ids),
        "faulty": counts.faulty,
        "faulty_before": one.faulty_before,
        "unreadable": one.unreadable,
        "faults": [{**fault._asdict(), "where": fault.where} for fault in one.faults],
    }
