"""What kinds of evidence records are called: by the loop that they belong to, and what they do in its life."""

from functools import cache
from typing import Final

from reporter.loops.table import BUNDLE_ATTACHMENT, BUNDLE_RETENTION, BY_WORD, LOOPS, OUTSIDE, SHARED
from reporter.model.records import Step
from reporter.render.wording import spelt

NAMED_KINDS: Final = {
    BY_WORD["acknowledgement_audit"].health.word: "Ack audit worker health",
    BY_WORD["acknowledgement_audit"].acknowledgement.word: "Retry acknowledgement",
}
"""Kinds that upstream's users know by a name."""

_STEPS: Final = {
    Step.SUBJECT: "what is delivered",
    Step.EXPORT: "plan",
    Step.ACKNOWLEDGEMENT: "answer",
    Step.APPROVAL_PLAN: "plan of approvals",
    Step.EXECUTION: "retry executed",
    Step.HEALTH: "worker health",
}
"""Steps whose own word says less."""


def kind_title(word: str) -> str:
    """Give the title of a kind; one that nobody knows is shown as it is."""
    return _titles().get(word) or spelt(word)


@cache
def _titles() -> dict[str, str]:
    titles = {
        kind.word: f"{loop.title}: {_STEPS.get(step) or step.replace('_', ' ')}"
        for loop in LOOPS
        for step, kind in loop.kinds()
    }
    titles |= {kind.word: f"Release: {step.replace('_', ' ')}" for step, kind in OUTSIDE.items()}
    titles |= {word: spelt(step) for step, word in SHARED.items()}
    titles |= {BUNDLE_ATTACHMENT.word: "Bundle: attachment", BUNDLE_RETENTION.word: "Bundle: retention"}
    return {**titles, **NAMED_KINDS}
