"""What the commands that send share: how they say what became of each message."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from reporter.cli.terminal import complain, remark
from reporter.errors import ExitCode
from reporter.jobs.delivery.alone import code_of, sender_for
from reporter.jobs.delivery.running import StageResult, Unit, deliver_environment, is_complete, wanted_stages
from reporter.jobs.delivery.sending import Delivery
from reporter.model.instants import FUTURE_TOLERANCE, format_instant
from reporter.seal.keys import PublicKey
from reporter.settings_model import Settings
from reporter.stopping import exit_code_when_asked

MOST_SHOWN = 20

Delivered: TypeAlias = Mapping[str, Sequence[StageResult]]
"""What a run delivered, by environment."""


def delivery_lines(delivery: Delivery) -> Iterator[str]:
    """Say what became of each message: those that are wanting first."""
    for one in delivery.lines[:MOST_SHOWN]:
        provider = one.route.provider or "nobody"
        yield f"  {one.fate:<9}  {one.route.loop} {one.route.subject} -> {provider}  {one.why}"
    if len(delivery.lines) > MOST_SHOWN:
        yield f"  and {len(delivery.lines) - MOST_SHOWN} more; --json lists them"


def counted(delivery: Delivery) -> str:
    """Count the messages by what became of them."""
    return ", ".join(f"{count} {fate}" for fate, count in delivery.counts.items()) or "nothing to send"


def ended(delivery: Delivery) -> int:
    """Tell the faults; give the exit code."""
    complain(delivery.faults)
    return code_of(delivery)


def deliver_all(
    settings: Settings, bundles: Mapping[str, str], key: PublicKey, now: datetime, wall_now: datetime
) -> Delivered:
    """Deliver for each environment that asks for anything; only as of now, for people act on it when they read it.

    `bundles` are the environments with their bundles, empty where there is none.
    """
    wanted = [name for name in bundles if wanted_stages(settings.environments[name].deliver)]
    if wanted and abs(now - wall_now) > FUTURE_TOLERANCE:
        remark(f"nothing was delivered: it would tell people of {format_instant(now)} as if it were now")
        return {}
    return {name: deliver_environment(Unit(sender_for(settings, name), now, key, bundles[name])) for name in wanted}


def missing_lines(delivered: Delivered) -> Iterator[str]:
    """List what a run could not bring where it belongs, as a table; the next run completes it."""
    for environment, stages in delivered.items():
        if is_complete(stages):
            continue
        yield f"{environment}: delivery incomplete; the next run completes it"
        for stage in stages:
            yield from (f"  {stage.stage:<7}  {'error':<9}  {fault}" for fault in stage.faults)
            for row in stage.missing[:MOST_SHOWN]:
                yield f"  {stage.stage:<7}  {row.fate:<9}  {row.what}  {row.why}"
            if len(stage.missing) > MOST_SHOWN:
                yield f"  {stage.stage:<7}  and {len(stage.missing) - MOST_SHOWN} more; --json lists them"


def outcomes(delivered: Delivered) -> dict[str, int]:
    """Count everything that a run delivered or did not, by what became of it."""
    counts: Counter[str] = Counter()
    for stages in delivered.values():
        for one in stages:
            counts.update(one.counts)
    return dict(sorted(counts.items()))


def delivery_code(delivered: Delivered) -> int:
    """Give the exit code of what a run delivered: 0 where nothing is missing."""
    if code := exit_code_when_asked():
        return code
    stages = [one for each in delivered.values() for one in each]
    if any(one.is_unsafe for one in stages):
        return ExitCode.NOT_PUBLIC_SAFE
    return ExitCode.DONE if is_complete(stages) else ExitCode.DELIVERY_INCOMPLETE


def stages_as_json(stages: Sequence[StageResult]) -> list[dict[str, object]]:
    """Give what a run delivered for one environment as JSON."""
    return [
        {
            "stage": one.stage,
            "complete": one.is_complete,
            "counts": dict(one.counts),
            "rows": [row._asdict() for row in one.rows],
            "faults": list(one.faults),
        }
        for one in stages
    ]
