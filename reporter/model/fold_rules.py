"""The rule of every report, in words: how its status follows from its checks and facts (domain.md B2, A7, A8)."""

from typing import Final

from reporter.model.registry import ReportKind

_FOLD: Final = "needs attention when a check fails; else ready"
_WHERE_ASKED: Final = "not requested when the mode is not promoted and no document of it is configured; "
_FROM_RECORDS: Final = (
    "not requested when the mode is not promoted and there are no evidence records; needs attention when a check fails;"
    " due soon when something in it is due and none of it is critical; else ready"
)

_OWN: Final = {
    "backend": f"disabled when the mode is disabled, and then no check applies; {_FOLD}",
    "deployment": f"not configured when the mode is disabled and no release file is configured; {_FOLD}",
    "schedule": f"{_WHERE_ASKED}needs attention when a check fails; due soon within the window before the drill is due;"
    " else ready",
    "notification-plan": "needs attention when a check fails; else what the drill schedule is (not requested, ready,"
    " due soon or needs attention)",
    "production": "needs attention when one of its reports is in a status that blocks; disabled when the mode is"
    " disabled; due soon when one of its reports is; else ready",
}


def rule_of(kind: ReportKind) -> str:
    """Say how the status of a report is made."""
    return _OWN.get(kind.name) or (_FROM_RECORDS if kind.from_records else f"{_WHERE_ASKED}{_FOLD}")
