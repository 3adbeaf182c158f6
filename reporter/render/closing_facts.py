"""What the reports that close know beside their checks: closure, release readiness, executive, runbook."""

from typing import Final

from reporter.model.closing_reports import (
    ClosureReport,
    ExecutiveReport,
    OpenItemRow,
    ReleaseReadinessReport,
    RunbookReport,
)
from reporter.render.blockers import Named, say, without_name
from reporter.render.references import References
from reporter.render.shapes import Fact, Facts, Listing, Row, Table, Tag
from reporter.render.told_facts import str_route
from reporter.render.wording import (
    CLOSURE_TAGS,
    LEVEL_TAGS,
    NO_MARK,
    given,
    listed,
    moment,
    number_of,
    plain,
    span_of,
    spelt,
    tag_in,
    yes_no,
)

MET: Final = Tag("In order", "good", "✓")
MISSING: Final = Tag("Missing", "bad", "✗")
NAMED_ROUTES: Final = 4


def closure_facts(report: ClosureReport, references: References) -> Facts:
    """Tell what holds the closure open, and which records could not be used."""
    state = tag_in(CLOSURE_TAGS, report.closure_state)
    return Facts(
        pairs=(
            Fact("Closure", f"{state.mark} {state.word}", f"{report.open_item_count:,} open items"),
            Fact("Routes", f"{report.route_count:,}"),
            Fact("Records of one id that differ", listed(report.conflicting_records)),
            Fact("Answers to no known route", listed([str_route(one) for one in report.unmatched_routes])),
            Fact("Kept only in part", listed([spelt(one) for one in report.truncated])),
        ),
        tables=(
            Table(
                "Open items, the worst first",
                ("Open item", "Level", "Since", "Owner", "What to do", "Routes"),
                (24, 12, 13, 14, 20, 17),
                Listing(
                    tuple(_item(one, references) for one in report.open_items),
                    "open items",
                    omitted=max(0, report.open_item_count - len(report.open_items)),
                ),
                empty="Nothing is open.",
            ),
            Table(
                "Records that do not count",
                ("Record", "Where", "Pointer", "Found", "Wanted"),
                (21, 21, 18, 20, 20),
                Listing(
                    tuple(
                        Row(tuple(map(given, (one.record, one.where, one.pointer, one.found, one.wanted))))
                        for one in report.faults
                    ),
                    "records",
                ),
                empty="Every record counts.",
            ),
            Table(
                "Records dated in the future",
                ("Record", "Kind", "Dated"),
                (40, 35, 25),
                Listing(
                    tuple(
                        Row((given(one.record), given(one.kind), moment(one.created_at))) for one in report.future_dated
                    ),
                    "records",
                ),
            ),
        ),
    )


def _item(one: OpenItemRow, references: References) -> Row:
    named = listed([str_route(route) for route in one.routes[:NAMED_ROUTES]])
    more = one.route_count - min(NAMED_ROUTES, len(one.routes))
    routes = f"{one.route_count:,}: {named}{f' and {more:,} more' if more > 0 else ''}" if one.routes else NO_MARK
    return Row(
        (
            say(one.title, one.detail),
            LEVEL_TAGS[one.severity],
            moment(one.since),
            given(one.owner),
            plain(one.next_action),
            routes,
        ),
        references.item("closure", "item", one.code),
    )


def release_facts(report: ReleaseReadinessReport, blockers: tuple[Named, ...], references: References) -> Facts:
    """Tell what holds the release, who let it go all the same, and what the closeout packet has."""
    return Facts(
        pairs=(
            Fact("Recommended", spelt(report.release_decision.recommended_state)),
            Fact("Open items", f"{report.open_item_count:,}"),
            Fact("Closeout packet", given(report.closeout.closeout_state)),
            Fact("Summary", given(report.summary_id)),
        ),
        tables=(
            Table(
                "Blockers, the worst first",
                ("Level", "About", "What"),
                (13, 30, 57),
                Listing(
                    tuple(
                        Row(
                            (LEVEL_TAGS[one.row.severity], one.title, plain(without_name(one.title, one.row.detail))),
                            references.anchors.name("blocker", one.row.code),
                        )
                        for one in blockers
                    ),
                    "blockers",
                ),
                empty="Nothing holds the release.",
            ),
            Table(
                "Approvals over blockers",
                ("Approved by", "When", "Why", "Summary", "Record"),
                (15, 19, 30, 18, 18),
                Listing(
                    tuple(
                        Row(
                            (
                                given(one.decided_by),
                                moment(one.decided_at),
                                given(one.reason),
                                given(one.summary_id),
                                given(one.record),
                            )
                        )
                        for one in report.overrides
                    ),
                    "approvals",
                ),
                empty="No blocked summary was ever approved.",
                whole=True,
            ),
            Table(
                "Closeout packet",
                ("Part", "State", "Found", "Wanted", "Since", "Record"),
                (17, 12, 20, 25, 13, 13),
                Listing(
                    tuple(
                        Row(
                            (
                                given(one.title),
                                MET if one.met else MISSING,
                                given(one.found),
                                given(one.wanted),
                                moment(one.since) if one.since else NO_MARK,
                                plain(one.record) or NO_MARK,
                            ),
                            references.item("release-readiness", "closeout", one.code),
                        )
                        for one in report.closeout.entries
                    ),
                    "parts",
                ),
                empty="There is no packet.",
            ),
        ),
    )


def executive_facts(report: ExecutiveReport) -> Facts:
    """Tell the verdict for executives, and when it reached them."""
    schedule = report.schedule
    return Facts(
        pairs=(
            Fact("Verdict", given(report.verdict)),
            Fact("Risks", f"{len(report.key_risks):,}"),
            Fact("Decisions asked for", listed([one.decision for one in report.decisions])),
            Fact(
                "Last delivered",
                moment(schedule.last_delivered_at) if schedule.last_delivered_at else "never",
                f"every {span_of(schedule.interval_minutes)}",
            ),
            Fact("Next due", moment(schedule.next_due_at), "overdue" if schedule.overdue else ""),
            Fact("Report", given(report.executive_report_id)),
        )
    )


def runbook_facts(report: RunbookReport) -> Facts:
    """Tell what the runbook has; its steps are on its own page."""
    return Facts(
        pairs=(
            Fact("Steps", f"{len(report.steps):,}"),
            Fact("Way back ready", yes_no(report.rollback_ready)),
            Fact("Way back takes", number_of(report.rollback_target_minutes, "minute"), "at most"),
            Fact("Approval of the way back", given(report.rollback_approval_id)),
            Fact("Contacts", listed(report.contacts)),
            Fact("Export", given(report.export_id)),
        )
    )
