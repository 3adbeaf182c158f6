"""`reporter attach`: a sealed bundle to the records that its release is approved on."""

import json
from collections.abc import Iterator

import click

from reporter.cli.options import json_option, settings_option
from reporter.cli.terminal import complain, print_json, remark, say
from reporter.clock import utc_now
from reporter.deliver.approvals.attaching import FileResult
from reporter.errors import ExitCode, UsageFault
from reporter.jobs.delivery.attaching import BundleAttached, RecordResult, attach_bundle
from reporter.jobs.runs.lock import patiently
from reporter.jobs.runs.results import Ending
from reporter.jobs.runs.watched import watched
from reporter.jobs.standing import public_key_of
from reporter.model.release_records import KINDS
from reporter.seal.keys import read_public_key
from reporter.settings import load_settings
from reporter.stopping import exit_code_when_asked

WIDEST = max(len(kind.form) for kind in KINDS.values())
FORMS = "Release records (REF):\n\n\b\n" + "\n".join(
    f"  {kind.form:<{WIDEST}}  {kind.becomes}" for kind in KINDS.values()
)


@click.command(epilog=FORMS)
@click.argument("bundle")
@click.option("--to", "references", multiple=True, required=True, metavar="REF", help="A release record; repeatable.")
@click.option("--by", default="", metavar="NAME", help="Who attaches: a name or a role. Default: the executor.")
@click.option("--execute", is_flag=True, help="Attach, and record it in the ledger. Default: only say what would be.")
@click.option(
    "--key", metavar="PUB", type=click.Path(), help="The public key to trust (PEM). Default: that of the settings."
)
@settings_option
@json_option
def attach(  # noqa: PLR0913, PLR0917 - one for each option
    bundle: str,
    references: tuple[str, ...],
    by: str,
    execute: bool,  # noqa: FBT001 - a flag of click
    key: str | None,
    settings_file: str | None,
    as_json: bool,  # noqa: FBT001 - a flag of click
) -> int:
    """Attach a bundle to the records that its release is approved on.

    BUNDLE is a path, the first digits of a digest, or NAME/latest. Attached are the whole bundle as one archive, which
    has the same bytes every time, and beside it what is opened there: readiness.pdf, runbook.pdf, executive.pdf and
    attestation.json. Their names hold environment, instant and digest.

    The bundle is verified first (exit 5) and searched for what may not leave (exit 7). What is there is looked at, what
    is missing is added and read back. Nothing is overwritten, approved or published; the same call again changes
    nothing, and completes what was interrupted. A record that fails does not stop the next (exit 6).

    \b
    Example:
      reporter attach production-pilot/latest --to github:example/pilot@v1.4.0 --to jira:REL-12
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    settings, remarks = load_settings(settings_file)
    trusted = read_public_key(key) if key else public_key_of(settings)
    if trusted is None:
        raise UsageFault("no key to verify with: give --key PUB, the public key that the bundle was sealed with")
    now = utc_now()
    if execute:
        with watched(settings, "attach", [], now, now, remark, patiently(remark)) as watch:
            found = attach_bundle(settings, bundle, references, trusted, now, by=by, execute=True)
            watch.end(Ending(_code(found)))
    else:
        found = attach_bundle(settings, bundle, references, trusted, now, by=by)
    for line in remarks:
        remark(line)
    if as_json:
        print_json(json.dumps(_as_json(found), indent=1))
    else:
        say("\n".join(_lines(found)))
    if not execute:
        remark("nothing was attached; --execute attaches it")
    complain(fault for one in found.records for fault in _faults(one))
    return _code(found)


def _code(found: BundleAttached) -> int:
    """Give the exit code: that of the signal, where one asked for the end."""
    if code := exit_code_when_asked():
        return code
    return ExitCode.DELIVERY_INCOMPLETE if found.failed else ExitCode.DONE


def _lines(found: BundleAttached) -> Iterator[str]:
    yield f"{found.environment}: bundle {found.digest[:12]}, as of {found.as_of}, verified"
    for one in found.records:
        yield f"{_state(one):<9}  {one.reference.text}"
        if one.attached is None:
            continue
        for name, value in one.attached.facts:
            yield f"{'':<9}  {name}: {value}"
        widest = max(len(each.file.name) for each in one.attached.files)
        for each in one.attached.files:
            yield f"  {each.file.name:<{widest}}  {each.file.size_bytes:>9,} bytes  {_became(each)}"


def _state(one: RecordResult) -> str:
    if one.failed:
        return "waiting" if one.put_off else "MISSING"
    return one.attached.level.value if one.attached and one.complete else "to attach"


def _became(one: FileResult) -> str:
    if one.receipt is None:
        return f"to attach ({one.presence})" if one.presence is not one.presence.ABSENT else "to attach"
    if one.receipt.delivered:
        return f"{one.level}{'' if one.added else ', there already'}"
    return f"MISSING: {one.receipt.error_class or one.receipt.outcome}".replace("_", " ")


def _faults(one: RecordResult) -> Iterator[str]:
    """Say in a line for each file that is missing what came of it, and what to do."""
    if one.attached is None:
        yield f"{one.reference.text}: {one.fault}"
        return
    by_word: dict[str, list[str]] = {}
    for each in one.attached.files:
        if each.receipt and not each.receipt.delivered:
            by_word.setdefault(each.receipt.error_class or each.receipt.outcome, []).append(each.file.name)
    for word, names in by_word.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        yield f"{one.reference.text}: {names[0]}{more}: {word.replace('_', ' ')}; {_remedy(one.reference.kind, word)}"


def _remedy(kind: str, word: str) -> str:
    return (_OF_DIRECTORIES if kind == "directory" else {}).get(word) or _REMEDIES.get(word, _LATER)


_LATER = "the next call looks again and adds what is missing"
_OF_DIRECTORIES = {
    "not_found": "there is no such directory; make it, or mount the share, for none is made here",
    "not_authorised": "this user may not read or write there; see who owns it",
}
_REMEDIES = {
    "different_content": "other content stands under this name and is kept; find out who put it there",
    "there_already": "something stands under this name and cannot be read back; let the token read it, or look there",
    "not_compared": "something of its size stands under this name, cannot be read back, and was not sent from here;"
    " let the token read it, or look there",
    "locked": "another process keeps the lock of this directory; see which, then attach again",
    "deadline": "it took longer than one record may; the next call looks again and adds what is missing",
    "release_is_published": "a published release takes nothing; attach while it is a draft",
    "several_releases": "several releases have this tag; keep one of them",
    "not_found": "it is not there, or not for this token; see the reference and the token's rights",
    "not_authorised": "the token is refused; see its rights and whether it has expired",
    "too_large": "it is larger than the other side takes; have its limit raised",
    "attachments_disabled": "the site takes no attachments; have them enabled",
    "bad_answer": "it answered as no such system does; see the address in the connector configuration",
    "redirect": "redirects are never followed; configure the address that it leads to",
    "host_not_allowed": "the upload's host is not allowed; add it to allowed_hosts of the connector",
}


def _as_json(found: BundleAttached) -> dict[str, object]:
    return {
        "environment": found.environment,
        "bundle": found.bundle,
        "digest": found.digest,
        "as_of": found.as_of,
        "executed": found.executed,
        "files": [
            {"name": one.name, "sha256": one.sha256, "size_bytes": one.size_bytes, "role": one.role}
            for one in found.files
        ],
        "records": [_record_as_json(one) for one in found.records],
    }


def _record_as_json(one: RecordResult) -> dict[str, object]:
    done = one.attached
    return {
        "kind": one.reference.kind,
        "reference": one.reference.text,
        "complete": one.complete,
        "outcome": done.outcome if done else None,
        "level": done.level if done else None,
        "added": done.added if done else False,
        "fault": one.fault,
        "facts": dict(done.facts) if done else {},
        "files": [_file_as_json(each) for each in done.files] if done else [],
        "recorded": list(one.recorded),
    }


def _file_as_json(one: FileResult) -> dict[str, object]:
    return {
        "name": one.file.name,
        "presence": one.presence,
        "level": one.level,
        "outcome": one.receipt.outcome if one.receipt else None,
        "error_class": one.receipt.error_class if one.receipt else "",
        "status_code": one.receipt.status_code if one.receipt else None,
        "added": one.added,
        "ids": dict(one.receipt.ids) if one.receipt else {},
    }
