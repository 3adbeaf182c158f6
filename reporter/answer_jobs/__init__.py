"""Jobs for what people decide: answering, approving retries, opening and closing recoveries, planning retries.

Each checks that the decision is about something that is there and wants it, and that it counts, before a record is made
of it. Nothing is recorded but by `record_answer` and `record_plans`.
"""

from reporter.answer_jobs.answers import acknowledge, approve_retry
from reporter.answer_jobs.plans import LoopPlan, RetryPlans, plan_retries, record_plans
from reporter.answer_jobs.recording import Prepared, record_answer, stored
from reporter.answer_jobs.recoveries import close_recovery, open_recovery
from reporter.answer_jobs.signature import Signature, sign

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
    "record_answer",
    "record_plans",
    "sign",
    "stored",
]
