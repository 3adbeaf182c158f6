"""Evidence records as plain JSON values: the envelope, and what every payload has (domain.md B, B3).

What each step puts into it is said by `deliveries`, `retries`, `workers` and `releases`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from reporter.loops.loop import Kind, Loop
from reporter.model.ids import make_id
from reporter.model.instants import format_instant

RecordValue = dict[str, Any]
Counts = tuple[int, int, int]

GOVERNANCE: Final = "release-governance"
ONE: Final[Counts] = (1, 0, 0)


def envelope(  # noqa: PLR0913 - what an envelope holds
    kind: Kind,
    record_id: str,
    at: datetime,
    payload: RecordValue,
    *,
    signer: str,
    counts: Counts = ONE,
    lifted: Iterable[str] = (),
) -> RecordValue:
    """Wrap a payload. `counts` are of decisions, blocked ones, and those that want approval; `lifted` are copied."""
    decided, blocked, approvals = counts
    return {
        "schema_version": "cavra.evidence.metadata.v1",
        "product": "CAVRA",
        "session_id": record_id,
        "created_at": format_instant(at),
        "signer": signer,
        "decision_count": decided,
        "blocked_count": blocked,
        "approval_required_count": approvals,
        "metadata_kind": kind.word,
        **{key: payload[key] for key in lifted if key in payload},
        kind.payload: payload,
    }


def make_record(  # noqa: PLR0913 - what a record is made of
    kind: Kind,
    own_id: str,
    at: datetime,
    fields: Mapping[str, object],
    *,
    by: str,
    done: str = "generated",
    record_id: str = "",
    counts: Counts = ONE,
    lifted: Iterable[str] = (),
) -> RecordValue:
    """Make a record whose payload names itself by `own_id`, and says that it was `done` then, and by whom.

    Without a `record_id` its id follows from its kind, its time and all that it says.
    """
    own_id = kind.own_id or own_id
    dated = {**fields, f"{done}_at": format_instant(at), f"{done}_by": by}
    name = record_id or make_id(kind.prefix, said=dated)
    payload = {"schema_version": kind.schema_id, "product": "CAVRA", own_id: name, **dated}
    return envelope(kind, name, at, payload, signer=by, counts=counts, lifted=(own_id, *lifted))


def given(**fields: object) -> dict[str, object]:
    """Keep the fields that say anything: neither None nor an empty text."""
    return {key: value for key, value in fields.items() if value not in (None, "")}


def name_subject(loop: Loop, subject: str | None) -> dict[str, str]:
    """Name a subject by the loop's own key; None names none."""
    return {} if subject is None else {loop.subject_keys[0]: subject}
