"""What answers say that are no reports, for the OpenAPI document. The jobs write them (`as_json`)."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Values = dict[str, Any]


class Shape(BaseModel):
    """What an answer says."""

    model_config = ConfigDict(extra="forbid")


class Hello(Shape):
    """The server lives."""

    status: Literal["ok"] = "ok"


class Start(Shape):
    """Where to go from here."""

    product: Literal["reporter"] = "reporter"
    console: str = Field(
        default="/console", description="The page for operators. It needs no token until it asks for data."
    )
    openapi: str = Field(default="/openapi.json", description="Every path with all that it may answer. Needs a token.")
    health: str = Field(default="/healthz", description="Whether the server lives. Needs no token.")
    token: str = Field(
        default="Authorization: Bearer and a token of serve.tokens, for every path but /, /console and /healthz",
        description="What all other paths need.",
    )


class Environment(Shape):
    """One environment of the settings."""

    name: str
    mode: str


class Environments(Shape):
    """The environments that may be asked for, and who asks."""

    environments: list[Environment]
    caller: str
    role: str


class Decision(Shape):
    """A decision, recorded or not."""

    environment: str
    about: str
    executed: bool
    added: bool = Field(description="Whether the ledger has a record more.")
    repeated: bool
    record_id: str
    changes: list[str]
    remarks: list[str]
    record: Values


class Plans(Shape):
    """Retry plans."""

    environment: str
    executed: bool
    added: int
    plans: list[Values]
    faults: list[str]


class Notifications(Shape):
    """Who is told of the next drill."""

    environment: str
    plan_id: str
    routes: list[Values]
    told_already: dict[str, str]
    record: Values | None
    executed: bool
    delivery: Values | None
    remarks: list[str]


class Alerts(Shape):
    """Who is told of which worker."""

    environment: str
    executed: bool
    alerts: list[Values]
    delivery: Values | None
    remarks: list[str]


class WorkerRun(Shape):
    """What a retry worker selected, and what became of it."""

    environment: str
    executed: bool
    runs: list[Values]
    delivery: Values
    remarks: list[str]


class Acknowledgement(Shape):
    """Whether somebody answered for a route."""

    required: bool
    state: str
    outstanding: bool
    breached: bool
    since: str
    due_at: str
    by: str
    at: str
    external_ref: str


class Route(Shape):
    """One route: what was delivered to whom, and who answered."""

    loop: str
    subject: str
    provider: str
    outcome: str
    alert_level: str
    failures: int
    plan_id: str
    owner: str
    last_attempt_at: str
    last_success_at: str
    last_failure_at: str
    next_retry_at: str
    fate: str
    reason: str
    gate_state: str
    gate_reason: str
    acknowledgement: Acknowledgement


class Routes(Shape):
    """The routes of one loop."""

    environment: str
    generated_at: str
    loop: str
    title: str
    alert_level: str
    routes: list[Route]


class Dashboard(Shape):
    """How the alerts of one loop stand."""

    environment: str
    generated_at: str
    loop: str
    title: str
    alert_level: str
    delivered_count: int
    failed_delivery_count: int
    outstanding_acknowledgement_count: int
    suppressed_count: int
