"""`reporter mail`: bring the executive report of a bundle to its readers."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from reporter.cli.options import json_option, settings_option
from reporter.cli.terminal import complain, print_json, remark, say
from reporter.clock import utc_now
from reporter.errors import ExitCode, NotPublicSafe, UsageFault
from reporter.jobs.delivery.alone import sending
from reporter.jobs.delivery.mailing import Mailed, Mailing, ReaderState, guard_mailing, plan_mail, send_mail
from reporter.jobs.guards import proved_guard
from reporter.jobs.runs.lock import patiently
from reporter.jobs.runs.results import Ending
from reporter.jobs.standing.difference import find_bundle
from reporter.model.text import count
from reporter.settings import load_settings
from reporter.settings_model import Settings
from reporter.stopping import exit_code_when_asked

MOST_SHOWN = 50

WORDS = {
    "has_it": "has it",
    "not_mailed": "not mailed",
    "accepted": "accepted",
    "rejected_permanent": "refused",
    "throttled": "later",
    "unreachable": "not reached",
    "timeout_unknown": "may have it",
    "refused_locally": "not sent",
}


@click.command
@click.argument("bundle")
@click.option(
    "--execute", is_flag=True, help="Mail it, and record that in the ledger. Default: only say what would be."
)
@click.option(
    "--to",
    "addresses",
    multiple=True,
    metavar="ADDRESS",
    help="Mail it to this address instead of to the executives of the settings; may be repeated.",
)
@click.option("--again", is_flag=True, help="Mail it to those who have it, too: a new mail of its own.")
@click.option("--preview", metavar="FILE", type=click.Path(), help="Write the mail to FILE (.eml), without addresses.")
@click.option("--preview-html", metavar="FILE", type=click.Path(), help="Write its HTML to FILE.")
@settings_option
@json_option
def mail(  # noqa: PLR0913, PLR0917 - one for each option
    bundle: str,
    execute: bool,  # noqa: FBT001 - a flag of click
    addresses: tuple[str, ...],
    again: bool,  # noqa: FBT001 - a flag of click
    preview: str | None,
    preview_html: str | None,
    settings_file: str | None,
    as_json: bool,  # noqa: FBT001 - a flag of click
) -> int:
    """Mail the executive report of a bundle to its readers.

    Its subject is the verdict; it has text, HTML and the sealed PDF. BUNDLE is a path, the first digits of a digest, or
    NAME/latest. It is verified first (exit 5) and searched for what may not leave (exit 7). The same bundle goes to
    nobody twice: called again it goes to whoever has not got it. Exits 6 where somebody is missing.

    \b
    Examples:
      reporter mail production-pilot/latest
      reporter mail production-pilot/latest --execute
      reporter mail 58e1f2c07b9d --preview report.eml
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    settings, remarks = load_settings(settings_file)
    for line in remarks:
        remark(line)
    _refuse_bad(addresses)
    path = find_bundle(settings, bundle)
    mailing = _planned(settings, path, addresses, again=again)
    for name, content in ((preview, mailing.letter), (preview_html, mailing.report.mail.html.encode())):
        if name:
            _write(Path(name), content)
    if not execute:
        _print(mailing, None, as_json=as_json)
        remark("nothing was mailed; --execute mails it")
        return ExitCode.DONE
    with sending(settings, mailing.environment, "mail", remark, alone=True, patience=patiently(remark)) as (
        sender,
        watch,
    ):
        # Whoever held the lock until here may have mailed it.
        mailing = _planned(settings, path, addresses, again=again)
        mailed = send_mail(sender, mailing)
        incomplete = ExitCode.DELIVERY_INCOMPLETE if mailed.missing or mailed.faults else ExitCode.DONE
        code = exit_code_when_asked() or incomplete
        watch.end(
            Ending(code, deliveries=dict(Counter("delivered" if one.has_it else "failed" for one in mailed.states)))
        )
    _print(mailing, mailed, as_json=as_json)
    complain(mailed.faults)
    return code


def _planned(settings: Settings, path: str, addresses: tuple[str, ...], *, again: bool) -> Mailing:
    """Plan the mail as of this moment. Raise NotPublicSafe for what may not leave."""
    mailing = plan_mail(settings, path, utc_now(), only=addresses, again=again)
    found = guard_mailing(mailing, proved_guard(settings).private)
    if found:
        raise NotPublicSafe(*dict.fromkeys(map(str, found)))
    return mailing


def _refuse_bad(addresses: tuple[str, ...]) -> None:
    from reporter.deliver.letter import is_usable

    faults = [
        f"--to[{number}]: found something else (not shown), wanted one e-mail address: NAME@DOMAIN"
        for number, one in enumerate(addresses)
        if not is_usable(one)
    ]
    if faults:
        raise UsageFault(*faults)


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        message = f"{path}: cannot be written: {error.strerror}"
        raise UsageFault(message) from None
    remark(f"wrote {path}")


def _print(mailing: Mailing, mailed: Mailed | None, *, as_json: bool) -> None:
    if as_json:
        print_json(json.dumps(_as_json(mailing, mailed), indent=1))
        return
    for line in _lines(mailing, mailed):
        say(line)


def _lines(mailing: Mailing, mailed: Mailed | None) -> Iterator[str]:
    states = mailed.states if mailed else mailing.states
    has = sum(one.has_it for one in states)
    yield mailing.report.mail.subject
    attached = ", ".join(f"{one.name} attached" for one in mailing.report.attachments) or "nothing attached"
    yield f"  {len(mailing.letter):,} bytes, {attached}; bundle {mailing.report.name}"
    if mailed is None:
        yield f"  to {count(len(states), 'reader')}, of whom {has} have it already"
        return
    have, before = "has" if len(states) == 1 else "have", "" if mailed.delivery else ", all of them before"
    yield f"  {has} of {count(len(states), 'reader')} {have} it{before}"
    missing = [one for one in states if not one.has_it]
    if missing:
        yield f"  {'reader':<20}  {'state':<11}  {'code':<4}  why, and where the address stands"
    for one in missing[:MOST_SHOWN]:
        why = ", ".join(filter(None, (one.error_class, one.place)))
        yield f"  {one.alias:<20}  {WORDS.get(one.state, one.state):<11}  {one.status_code or '-':<4}  {why}"
    if len(missing) > MOST_SHOWN:
        yield f"  and {len(missing) - MOST_SHOWN} more; --json lists all"


def _as_json(mailing: Mailing, mailed: Mailed | None) -> dict[str, object]:
    states = mailed.states if mailed else mailing.states
    return {
        "environment": mailing.environment,
        "bundle": mailing.report.name,
        "digest": mailing.report.digest,
        "run_id": mailing.report.run_id,
        "message_id": mailing.message.message_id,
        "subject": mailing.report.mail.subject,
        "bytes": len(mailing.letter),
        "attached": [one.name for one in mailing.report.attachments],
        "executed": mailed is not None,
        "sent": bool(mailed and mailed.delivery),
        "readers": [_reader_as_json(one) for one in states],
        "missing": sum(not one.has_it for one in states),
    }


def _reader_as_json(one: ReaderState) -> dict[str, object]:
    return {**one._asdict(), "has_it": one.has_it}
