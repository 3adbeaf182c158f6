"""Recovery times and their targets (domain.md A3)."""

import math
from collections.abc import Iterator
from typing import Any

from reporter.assess.conditions import Condition, faults_under, holds
from reporter.model.documents import Document, Manifest
from reporter.model.manifests.rollback import LONGEST_RECOVERY_MINUTES, RollbackPlan
from reporter.model.wants import ABSENT_NUMBER


def number(value: float) -> float | None:
    """Give a number, or None for one that was not given."""
    return None if math.isnan(value) else value


def plan_target(plan: Manifest[RollbackPlan]) -> float:
    """Give the plan's recovery target in minutes, ABSENT_NUMBER when it has no usable one."""
    target = plan.value.max_recovery_minutes if plan.value else ABSENT_NUMBER
    in_doubt = faults_under(plan.document, "/max_recovery_minutes")
    return target if 0 < target <= LONGEST_RECOVERY_MINUTES and not in_doubt else ABSENT_NUMBER


def recovery_conditions(
    document: Document,
    at: str,
    minutes: float,
    own_target: float,
    plan: Manifest[Any],
) -> Iterator[Condition]:
    """Want a recovery within its target, and a target that does not exceed the plan's.

    `at` is the pointer of the object that holds `recovery_minutes`. Without a target of its own the plan's
    decides. A plan that nobody configured sets no target; one that is configured but unusable fails.
    """
    promised = plan_target(plan)
    target = promised if math.isnan(own_target) else own_target
    wanted = "a known target" if math.isnan(target) else f"{target:g} at most"
    yield holds(
        document,
        f"{at}/recovery_minutes",
        f"a positive number of minutes, {wanted}",
        met=0 < minutes <= target,
    )
    if math.isnan(own_target):
        return
    own = f"{at}/max_recovery_minutes"
    if plan.configured:
        limit = f"no more than the plan's target, {'which is unknown' if math.isnan(promised) else f'{promised:g}'}"
        yield holds(document, own, limit, met=0 < own_target <= promised)
    else:
        limit = f"a positive number of minutes, {LONGEST_RECOVERY_MINUTES:g} at most"
        yield holds(document, own, limit, met=0 < own_target <= LONGEST_RECOVERY_MINUTES)
