"""Why a verdict is what it is: of one report as it is assessed, and of a bundle as it was sealed."""

from collections.abc import Iterable
from datetime import datetime

from reporter.assess.readiness import list_inputs
from reporter.jobs.readiness import check_reports
from reporter.jobs.standing.difference import read_verified
from reporter.model.case import EVERYBODY, Request
from reporter.model.explanation import Explanation
from reporter.render.explain import explain_readiness, explain_reports
from reporter.seal.keys import PublicKey
from reporter.settings_model import Settings


def explain_check(
    settings: Settings, environment: str, name: str, now: datetime, request: Request = EVERYBODY
) -> Explanation:
    """Assess one report and explain it, with those that it builds on and that are not in order."""
    reports, case = check_reports(settings, environment, [name], now, request)
    return explain_reports(reports, [name], list(list_inputs(case)))


def explain_bundles(paths: Iterable[str], key: PublicKey) -> list[Explanation]:
    """Explain the verdicts of bundles. Raise VerificationFailed unless all verify."""
    return [explain_readiness(one) for one in read_verified(*paths, key=key)]
