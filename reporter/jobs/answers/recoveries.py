"""Opening and closing the recovery of a provider (domain.md A9, B2.20)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from reporter.errors import NotKnown, UsageFault
from reporter.jobs.answers.finding import find_state, unknown
from reporter.jobs.answers.privacy import refuse_private
from reporter.jobs.answers.proofs import check_refs, proofs_of
from reporter.jobs.answers.recording import Prepared, draft, own_records, sealed_for
from reporter.jobs.answers.signature import LONGEST_REF, Signature, check_texts
from reporter.jobs.loops import states_of
from reporter.loops.facts import Attempt, is_undated
from reporter.loops.routes import LoopStates
from reporter.loops.states import CLOSED_STATES, CLOSURE_STATES
from reporter.loops.table import OUTSIDE
from reporter.loops.writing import ProviderFailures, RecordValue, write_closure, write_playbook
from reporter.model.instants import format_instant
from reporter.model.providers import PROVIDERS, normalise
from reporter.model.records import Step
from reporter.model.routes import RecoveryState
from reporter.model.text import count
from reporter.settings_model import Settings

REOPENED: Final = "reopened"
MOST_VERIFICATIONS: Final = 20


def open_recovery(settings: Settings, environment: str, now: datetime, provider: str, signature: Signature) -> Prepared:
    """Prepare a playbook for a provider. Raise UsageFault for an unknown one, and while one is open for it."""
    refuse_private(settings, signature)
    states = states_of(settings, environment, now).states
    name = _find_provider(states, provider)
    known = _recoveries(states, name)
    own = own_records(settings, environment, now)
    last = known[-1] if known else None
    about = f"recovery of {name}"
    if last and not last.closed:
        said = (signature.by, signature.reason, signature.ref)
        for one in own.records:
            if one["session_id"] in last.playbooks and _opened(one) == said:
                return Prepared(environment, about, one, repeats=True)
        raise UsageFault(
            f"{name}: a recovery is open already: {last.playbooks[0]}, {'; '.join(last.reasons)};"
            " see `reporter recovery close`"
        )
    closed_at = last.closed_at if last else None
    if closed_at and now <= closed_at:
        wanted = f"a time after the last recovery was closed, {format_instant(closed_at)}"
        raise UsageFault(f"dated {format_instant(now)}: wanted {wanted}")
    failures = [one for one in states.recent_failures.get(name, ()) if closed_at is None or one.at > closed_at]
    rules = states.policies.recovery
    drafted = draft(
        lambda record_id: sealed_for(
            environment,
            signature.recorded_at,
            write_playbook(
                now,
                {name: _failures(failures)},
                policy=rules,
                by=signature.by,
                record_id=record_id,
                external_ref=signature.ref,
                notes=signature.reason,
            ),
        ),
        OUTSIDE[Step.PLAYBOOK],
        (),
        own._replace(records=()),
        since=closed_at,
        in_force=last.playbooks[-1] if last else "",
    )
    counted = f"{len(failures)} failed attempts {_since(closed_at)}"
    few = len(failures) < rules.min_failures
    return Prepared(
        environment,
        about,
        drafted.record,
        changes=(
            f"opens a recovery: {counted}",
            f"to be closed within {count(int(rules.slo.total_seconds() // 60), 'minute')}",
        ),
        remarks=(f"{counted}: fewer than the {rules.min_failures} that call for a recovery by themselves",) * few,
    )


def close_recovery(  # noqa: PLR0913, PLR0917 - the words of the command
    settings: Settings,
    environment: str,
    now: datetime,
    provider: str,
    playbook: str,
    state: str,
    verification_refs: Sequence[str],
    signature: Signature,
) -> Prepared:
    """Prepare a decision about the recovery of a provider. Raise UsageFault where there is none, or nothing to decide.

    `resolved` and `mitigated` close it, and need at least one verification ref.
    """
    check_texts(("--verification", ref, LONGEST_REF) for ref in verification_refs)
    refuse_private(settings, signature, verification_refs)
    refs = [ref.strip() for ref in verification_refs]
    states = states_of(settings, environment, now).states
    name = _find_provider(states, provider)
    chosen = find_state(state, CLOSURE_STATES, "a recovery")
    if len(refs) > MOST_VERIFICATIONS:
        raise UsageFault(f"--verification: found {len(refs)} refs, wanted at most {MOST_VERIFICATIONS}")
    recovery, book = _find_recovery(_recoveries(states, name), name, playbook)
    proofs = proofs_of(states, name, None if recovery.undated else recovery.opened_at)
    if chosen in CLOSED_STATES and not refs:
        wanted = "; ".join((f"wanted at least one to call a recovery {chosen}", *proofs))
        raise UsageFault(f"--verification: found none, {wanted}")
    check_refs(settings, environment, now, name, refs)
    drafted = draft(
        lambda record_id: sealed_for(
            environment,
            signature.recorded_at,
            write_closure(
                now,
                book,
                name,
                chosen,
                by=signature.by,
                verification_refs=refs,
                external_ref=signature.ref,
                notes=signature.reason,
                record_id=record_id,
            ),
        ),
        OUTSIDE[Step.CLOSURE],
        ("playbook_id", "provider"),
        own_records(settings, environment, now),
        since=None if recovery.undated else recovery.opened_at,
        in_force=recovery.record,
    )
    if not drafted.repeats:
        _refuse_needless(recovery, chosen)
        _refuse_early(now, recovery, drafted.last_at)
    effect = "closes the recovery" if chosen in CLOSED_STATES else "the recovery is open"
    return Prepared(
        environment,
        f"decision about the recovery of {name}, {book}",
        drafted.record,
        drafted.repeats,
        (f"state: {recovery.state} -> {chosen} ({effect})", *proofs),
    )


def _find_provider(states: LoopStates, provider: str) -> str:
    """Find a provider among the known ones and those of the evidence."""
    name = normalise(provider)
    seen = {one.route.provider for one in states.routes} | {one.provider for one in states.recoveries}
    if not name or name not in {*PROVIDERS, *seen}:
        raise NotKnown(unknown("provider", provider, sorted({*PROVIDERS, *seen})))
    return name


def _recoveries(states: LoopStates, provider: str) -> list[RecoveryState]:
    return sorted((one for one in states.recoveries if one.provider == provider), key=lambda one: one.opened_at)


def _find_recovery(recoveries: Sequence[RecoveryState], provider: str, playbook: str) -> tuple[RecoveryState, str]:
    """Find the recovery that a playbook belongs to; without one, the last."""
    if not recoveries:
        raise NotKnown(f"{provider}: found no recovery, wanted one to decide about; see `reporter recovery open`")
    if not playbook:
        return recoveries[-1], recoveries[-1].playbooks[-1]
    for recovery in reversed(recoveries):
        if playbook in recovery.playbooks:
            return recovery, playbook
    known = [name for recovery in reversed(recoveries) for name in recovery.playbooks]
    raise NotKnown(unknown(f"--playbook of {provider}", playbook, known))


def _refuse_needless(recovery: RecoveryState, state: str) -> None:
    if recovery.closed and state != REOPENED:
        closed = f" since {format_instant(recovery.closed_at)}" if recovery.closed_at else ""
        raise UsageFault(
            f"{recovery.provider}: its recovery is closed{closed} ({recovery.state}); --state {REOPENED} opens it again"
        )
    if not recovery.closed and state == REOPENED:
        raise UsageFault(f"{recovery.provider}: its recovery is open: {'; '.join(recovery.reasons)}")


def _refuse_early(now: datetime, recovery: RecoveryState, last_at: datetime | None) -> None:
    """Refuse a decision of an instant at which it would not count: before the opening, or not after the last one."""
    last_at = max((at for at in (last_at, recovery.closed_at) if at), default=None)
    if now < recovery.opened_at and not recovery.undated:
        wanted = f"a time after it was opened, {format_instant(recovery.opened_at)}"
    elif last_at and now <= last_at:
        wanted = f"a time after the last decision, {format_instant(last_at)}"
    else:
        return
    raise UsageFault(f"dated {format_instant(now)}: wanted {wanted}")


def _opened(record: RecordValue) -> tuple[str, str, str]:
    payload = record[OUTSIDE[Step.PLAYBOOK].payload]
    return payload["generated_by"], payload.get("notes", ""), payload.get("external_ref", "")


def _failures(failures: Iterable[Attempt]) -> ProviderFailures:
    listed = list(failures)
    newest = max((one.at for one in listed if not is_undated(one.at)), default=None)
    return ProviderFailures(len(listed), newest)


def _since(closed_at: datetime | None) -> str:
    """Say since when failures were counted."""
    return f"since the recovery was closed at {format_instant(closed_at)}" if closed_at else "since its last success"
