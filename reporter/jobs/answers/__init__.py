"""Jobs for what people decide: answering, approving retries, opening and closing recoveries, planning retries.

Each checks that the decision is about something that is there and wants it, and that it counts, before a record is made
of it. Nothing is recorded but by `record_once` and `record_plans`.
"""

from reporter.jobs.answers.answers import acknowledge, approve_retry
from reporter.jobs.answers.as_json import plans_as_json, prepared_as_json, route_as_json
from reporter.jobs.answers.plans import LoopPlan, RetryPlans, plan_retries, record_plans
from reporter.jobs.answers.recording import Prepared, record_answer, record_once, stored
from reporter.jobs.answers.recoveries import close_recovery, open_recovery
from reporter.jobs.answers.signature import Signature, sign

__all__ = [
    "LoopPlan",
    "Prepared",
    "RetryPlans",
    "Signature",
    "acknowledge",
    "approve_retry",
    "close_recovery",
    "open_recovery",
    "plan_retries",
    "plans_as_json",
    "prepared_as_json",
    "record_answer",
    "record_once",
    "record_plans",
    "route_as_json",
    "sign",
    "stored",
]
