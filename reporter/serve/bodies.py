"""What a POST may say. What a type does not name is refused; who asks is known by the token, and cannot be said."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from reporter.jobs.answers.signature import LONGEST_REASON, LONGEST_REF
from reporter.loops.loop import GateKind, Loop
from reporter.loops.retry import MOST_DELIVERIES
from reporter.loops.states import ACKNOWLEDGEMENT_STATES, ANSWERED_STATES, APPROVAL_STATES, CLOSURE_STATES
from reporter.model.providers import ALL, PROVIDERS

LONGEST_ID = 200

SomeProvider = StrEnum("SomeProvider", {name.upper(): name for name in (ALL, *PROVIDERS)})  # type: ignore[misc] # named after the table
ApprovalState = StrEnum("ApprovalState", {name.upper(): name for name in sorted(APPROVAL_STATES)})  # type: ignore[misc] # likewise
ClosureState = StrEnum("ClosureState", {name.upper(): name for name in sorted(CLOSURE_STATES)})  # type: ignore[misc] # likewise

Provider = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Name = Annotated[str, Field(max_length=LONGEST_ID)]


class Body(BaseModel):
    """What every POST may say."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    execute: bool = Field(default=False, description="Do it. Without it, the answer says what would be done.")


class DeliverBody(Body):
    """Tell people."""

    provider: SomeProvider = Field(default=SomeProvider(ALL), description="This provider only, or all.")
    force: bool = Field(
        default=False, description="Tell again, though it was told; of a drill also though none is due."
    )
    retries: int = Field(
        default=0,
        ge=0,
        le=10,
        description="As upstream's callers say it. What fails is tried again by the retry worker, under its rules.",
    )


class PlanBody(Body):
    """Plan retries."""


class WorkerBody(Body):
    """Run a retry worker."""

    max_retry_deliveries: int | None = Field(
        default=None, ge=1, le=MOST_DELIVERIES, description="At most so many retries. Default: as the rules say."
    )


class SignedBody(Body):
    """A decision. The caller signs it by the token."""

    reason: str = Field(min_length=1, max_length=LONGEST_REASON, description="Why, in one line.")
    ref: str = Field(min_length=1, max_length=LONGEST_REF, description="The ticket or change that holds the decision.")


class OpenBody(SignedBody):
    """Open a recovery."""

    provider: Provider = Field(description="Whose connector is being mended.")


class CloseBody(SignedBody):
    """Decide about a recovery."""

    provider: Provider = Field(description="Whose recovery it is.")
    state: ClosureState = Field(description="Only resolved and mitigated close it, and only with proof.")
    playbook: Name = Field(default="", description="The playbook it is about. Default: the last one.")
    verification_refs: list[Name] = Field(default=[], max_length=20, description="What proves it.")


class ApprovalBody(SignedBody):
    """Decide about the next retry of a route."""

    provider: Provider = Field(description="The provider that the retry goes to.")
    state: ApprovalState = Field(default=ApprovalState("approved"), description="The others revoke.")


class AnswerBody(SignedBody):
    """Answer for a route. Each loop has states of its own."""

    provider: Provider = Field(description="Who was told.")
    plan_id: Name = Field(default="", description="The plan that is answered. Default: the one in force.")


def answer_body(loop: Loop) -> type[AnswerBody]:
    """Make the body of answers of one loop, with the states that may be recorded there."""
    known = sorted((loop.accepted | loop.gate_accepted) | (ACKNOWLEDGEMENT_STATES - ANSWERED_STATES))
    stem = loop.word.title().replace("_", "")
    states: Any = StrEnum(f"{stem}State", {name.upper(): name for name in known})  # type: ignore[misc] # as above
    fields: dict[str, Any] = {
        "state": (states | None, Field(default=None, description="Default: what the loop accepts."))
    }
    if loop.gate is GateKind.APPROVAL:
        subject = Field(default="", description="What was delivered. Default: the only one that waits.")
        fields[loop.subject_keys[0]] = (Name, subject)
    return create_model(f"{stem}AnswerBody", __base__=AnswerBody, __doc__=f"Answer for {loop.title.lower()}.", **fields)
