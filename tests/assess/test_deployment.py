"""Deployment readiness (domain.md B1.1 - B1.4, B2.2, A3): four release files, each alone and against the others."""

from typing import Any

import pytest

from assess.cases import (
    CUT,
    EMPTY,
    PILOT,
    Pilot,
    Violation,
    assert_only_fault,
    failed,
    not_there,
    statuses,
    there,
    triple,
    without_positions,
)
from reporter.model.manifests.release import RUNNER_CONTROLS, VERIFICATION_OUTPUT
from reporter.model.reports import DeploymentReport, Mode, Status
from reporter.sample.world import BINARY, PLATFORM, RUNNER, WORKSTATION

E, R, C, U = "endpoint_deployment", "ci_runner_bundles", "channel_manifest", "updater_policy"
CONFIGURED, PACKAGE = "go_deployment_metadata_configured", "go_release_package_dir"
ENDPOINT, RUNNERS = "go_endpoint_deployment_manifest", "go_ci_runner_bundles"
CHANNELS, UPDATER = "go_workstation_channels", "go_workstation_updater_policy"

TEXT = "a non-empty text"
SOURCE = '"cavra-runtime.endpoint-deployment.json"'
FILLED = "a list with at least one entry, none blank"
ON_RUNNER = f'a declared target with surface ci-runner and platform "{PLATFORM}"'
ON_WORKSTATION = f'a declared target with surface workstation and platform "{PLATFORM}"'
OUTPUT = f"an entry whose last segment is {VERIFICATION_OUTPUT}"
TARGET = "/channels/0/workstation_targets/0"


def deployment(pilot: Pilot) -> DeploymentReport:
    report: DeploymentReport = pilot.report("deployment")
    return report


def test_release_in_order_is_ready_and_lists_its_targets() -> None:
    report = deployment(PILOT)
    assert report.status is Status.READY
    assert statuses(report) == {
        CONFIGURED: "pass",
        PACKAGE: "not_applicable",
        ENDPOINT: "pass",
        RUNNERS: "pass",
        CHANNELS: "pass",
        UPDATER: "pass",
    }
    assert [target.model_dump() for target in report.ci_runner_targets] == [
        {"deployment_target": RUNNER, "platform": PLATFORM, "runtime_binary": BINARY, "surface": "ci-runner"}
    ]
    assert [target.deployment_target for target in report.workstation_targets] == [WORKSTATION]
    assert report.channels == ("stable",)
    assert report.metadata_paths.updater_policy == "cavra-runtime.updater-policy.json"


@pytest.mark.parametrize("mode", list(Mode), ids=str)
def test_configured_release_is_judged_alike_in_every_mode(mode: Mode) -> None:
    assert deployment(PILOT.but(mode=mode)).status is Status.READY
    assert deployment(PILOT.but(mode=mode).drop(U)).status is Status.NEEDS_ATTENTION


def test_disabled_without_metadata_is_not_configured() -> None:
    report = deployment(EMPTY.but(mode=Mode.DISABLED))
    assert report.status is Status.NOT_CONFIGURED
    assert report.summary == "not configured"
    assert set(statuses(report).values()) == {"not_applicable"}


@pytest.mark.parametrize("mode", [Mode.SHADOW, Mode.ENFORCE, Mode.PROMOTED], ids=str)
def test_enabled_without_metadata_needs_attention(mode: Mode) -> None:
    report = deployment(EMPTY.but(mode=mode))
    assert report.status is Status.NEEDS_ATTENTION
    assert set(failed(report)) == {CONFIGURED}
    assert len(failed(report)[CONFIGURED].reasons) == 4


@pytest.mark.parametrize("alias", [E, R, C, U])
def test_one_unconfigured_file_fails_the_configuration_and_its_own_check(alias: str) -> None:
    checks = failed(deployment(PILOT.drop(alias)))
    own = {E: ENDPOINT, R: RUNNERS, C: CHANNELS, U: UPDATER}[alias]
    assert {CONFIGURED, own} <= set(checks)
    assert checks[CONFIGURED].reasons[0].found == "no path configured"


@pytest.mark.parametrize("alias", [E, R, C, U])
@pytest.mark.parametrize("raw", [b"", b"[1]", b"\xc3", b"nope"], ids=["empty", "a-list", "not-utf-8", "not-json"])
def test_unreadable_file_fails_its_check_and_names_it(alias: str, raw: bytes) -> None:
    """Trap 33: upstream crashes on these."""
    own = {E: ENDPOINT, R: RUNNERS, C: CHANNELS, U: UPDATER}[alias]
    check = failed(deployment(PILOT.give(alias, raw)))[own]
    assert (check.reasons[0].document, check.reasons[0].pointer) == (alias, "")
    assert check.evidence[0].document == alias
    assert check.evidence[0].sha256 is not None


def test_package_directory_must_be_there_once_named() -> None:
    assert statuses(deployment(PILOT.but(package_dir=there("package_dir", "release"))))[PACKAGE] == "pass"
    report = deployment(PILOT.but(package_dir=not_there("package_dir", "release")))
    assert failed(report)[PACKAGE].message == "release: found no such file, wanted a file"


def test_package_directory_alone_asks_for_its_four_files() -> None:
    """Naming the directory is asking for the report, also while the pilot is disabled."""
    report = deployment(EMPTY.but(mode=Mode.DISABLED, package_dir=there("package_dir", "release")))
    assert set(failed(report)) == {CONFIGURED, ENDPOINT, RUNNERS, CHANNELS, UPDATER}


SCHEMAS = [
    (E, ENDPOINT, "endpoint-deployment"),
    (R, RUNNERS, "ci-runner-bundles"),
    (C, CHANNELS, "channels"),
    (U, UPDATER, "updater-policy"),
]
VIOLATIONS = [
    *(
        Violation(
            f"{alias}: schema_version {name}",
            alias,
            "/schema_version",
            value,
            (check,),
            found,
            f'"cavra.go-runtime.{schema}.v1"',
        )
        for alias, check, schema in SCHEMAS
        for name, value, found in [
            ("of another version", f"cavra.go-runtime.{schema}.v2", f'"cavra.go-runtime.{schema}.v2"'),
            ("in capitals", f"CAVRA.go-runtime.{schema}.v1", f'"CAVRA.go-runtime.{schema}.v1"'),
            ("with a space", f"cavra.go-runtime.{schema}.v1 ", f'"cavra.go-runtime.{schema}.v1 "'),
            ("absent", CUT, "nothing"),
        ]
    ),
    # endpoint deployment
    Violation("no targets", E, "/deployment_targets", [], (ENDPOINT, RUNNERS, CHANNELS), "an empty list", FILLED),
    Violation("null targets", E, "/deployment_targets", None, (ENDPOINT, RUNNERS, CHANNELS), "null", "a list"),
    Violation("target is a text", E, "/deployment_targets/0", RUNNER, (ENDPOINT, RUNNERS), f'"{RUNNER}"', "an object"),
    Violation(
        "surface absent",
        E,
        "/deployment_targets/0/surface",
        CUT,
        (ENDPOINT, RUNNERS),
        "nothing",
        'one of "ci-runner", "workstation"',
    ),
    Violation(
        "unknown surface",
        E,
        "/deployment_targets/0/surface",
        "laptop",
        (ENDPOINT, RUNNERS),
        '"laptop"',
        'one of "ci-runner", "workstation"',
    ),
    Violation("blank platform", E, "/deployment_targets/0/platform", " ", (ENDPOINT, RUNNERS), '" "', TEXT),
    Violation("blank target id", E, "/deployment_targets/0/id", "\t", (ENDPOINT, RUNNERS), '"\\t"', TEXT),
    Violation("invisible target id", E, "/deployment_targets/0/id", "\u200b", (ENDPOINT, RUNNERS), '"\\u200b"', TEXT),
    # CI runners
    Violation("runner source of another file", R, "/source_metadata", "x.json", (RUNNERS,), '"x.json"', SOURCE),
    Violation("runner source absent", R, "/source_metadata", CUT, (RUNNERS,), "nothing", SOURCE),
    Violation("controls null", R, "/controls", None, (RUNNERS,), "null", "a list"),
    Violation(
        "controls a text",
        R,
        "/controls",
        "all",
        (RUNNERS,),
        '"all"',
        "a list",
    ),
    Violation("no runner bundles", R, "/runner_bundles", [], (RUNNERS,), "an empty list", FILLED),
    Violation("null runner bundles", R, "/runner_bundles", None, (RUNNERS,), "null", "a list"),
    Violation(
        "runner on an undeclared target",
        R,
        "/runner_bundles/0/deployment_target",
        "elsewhere",
        (RUNNERS,),
        '"elsewhere", which the endpoint deployment manifest does not declare',
        ON_RUNNER,
    ),
    Violation(
        "runner on a workstation",
        R,
        "/runner_bundles/0/deployment_target",
        WORKSTATION,
        (RUNNERS,),
        f'"{WORKSTATION}" (surface "workstation", platform "{PLATFORM}")',
        ON_RUNNER,
    ),
    Violation(
        "runner target in capitals",
        R,
        "/runner_bundles/0/deployment_target",
        RUNNER.upper(),
        (RUNNERS,),
        f'"{RUNNER.upper()}", which the endpoint deployment manifest does not declare',
        ON_RUNNER,
    ),
    Violation(
        "runner of another platform",
        R,
        "/runner_bundles/0/platform",
        "linux/arm64",
        (RUNNERS,),
        f'"{RUNNER}" (surface "ci-runner", platform "{PLATFORM}")',
        'a declared target with surface ci-runner and platform "linux/arm64"',
        "/runner_bundles/0/deployment_target",
    ),
    *(
        Violation(
            f"trap 40: required output {name}",
            R,
            "/runner_bundles/0/required_outputs",
            value,
            (RUNNERS,),
            found,
            OUTPUT,
        )
        for name, value, found in [
            ("only contains the name", [f"x{VERIFICATION_OUTPUT}"], f'["x{VERIFICATION_OUTPUT}"]'),
            ("only starts with the name", [f"{VERIFICATION_OUTPUT}.bak"], f'["{VERIFICATION_OUTPUT}.bak"]'),
            ("is a directory of that name", [f"{VERIFICATION_OUTPUT}/x"], f'["{VERIFICATION_OUTPUT}/x"]'),
            ("in capitals", [VERIFICATION_OUTPUT.upper()], f'["{VERIFICATION_OUTPUT.upper()}"]'),
            (
                "split in two",
                ["release-governance-", "evidence-verification.json"],
                '["release-governance-", "evidence-verification.json"]',
            ),
        ]
    ),
    # channels
    Violation("channel source of another file", C, "/source_metadata", "x.json", (CHANNELS,), '"x.json"', SOURCE),
    Violation("no channels", C, "/channels", [], (CHANNELS, UPDATER), "an empty list", FILLED),
    Violation("null channels", C, "/channels", None, (CHANNELS, UPDATER), "null", "a list"),
    Violation("blank channel", C, "/channels/0/channel", "", (CHANNELS, UPDATER), '""', TEXT),
    *(
        Violation(f"channel {key} {name}", C, f"/channels/0/{key}", value, (CHANNELS,), found, wanted)
        for key, good, bad in [("auto_update", "false", True), ("approval_required", "true", False)]
        for name, value, found, wanted in [
            (f"is {bad}", bad, str(bad).lower(), good),
            ("is a text", good, f'"{good}"', "true or false"),
            ("is a number", int(not bad), str(int(not bad)), "true or false"),
            ("is null", None, "null", "true or false"),
            ("is absent", CUT, "nothing", good),
        ]
    ),
    Violation("no workstation targets", C, "/channels/0/workstation_targets", [], (CHANNELS,), "an empty list", FILLED),
    *(
        Violation(f"workstation target {key} {name}", C, f"{TARGET}/{key}", value, (CHANNELS,), found, TEXT)
        for key in ("deployment_channel", "management_tool")
        for name, value, found in [("blank", "  ", '"  "'), ("absent", CUT, "nothing")]
    ),
    Violation(
        "trap 40: workstation target not declared",
        C,
        f"{TARGET}/id",
        "unknown",
        (CHANNELS,),
        '"unknown", which the endpoint deployment manifest does not declare',
        ON_WORKSTATION,
    ),
    Violation(
        "trap 40: workstation target is a runner",
        C,
        f"{TARGET}/id",
        RUNNER,
        (CHANNELS,),
        f'"{RUNNER}" (surface "ci-runner", platform "{PLATFORM}")',
        ON_WORKSTATION,
    ),
    Violation(
        "trap 40: workstation target of another platform",
        C,
        f"{TARGET}/platform",
        "darwin/arm64",
        (CHANNELS,),
        f'"{WORKSTATION}" (surface "workstation", platform "{PLATFORM}")',
        'a declared target with surface workstation and platform "darwin/arm64"',
        f"{TARGET}/id",
    ),
    # updater
    Violation(
        "updater source of another file",
        U,
        "/source_channel_manifest",
        "x.json",
        (UPDATER,),
        '"x.json"',
        '"cavra-runtime.channels.json"',
    ),
    *(
        Violation(f"default_auto_update {name}", U, "/default_auto_update", value, (UPDATER,), found, wanted)
        for name, value, found, wanted in [
            ("true", True, "true", "false"),
            ("zero", 0, "0", "true or false"),
            ("null", None, "null", "true or false"),
            ("absent", CUT, "nothing", "false"),
        ]
    ),
    *(
        Violation(f"trap 40: policy {key} {bad}", U, f"/policies/0/{key}", bad, (UPDATER,), found, wanted)
        for key, bad, found, wanted in [
            ("auto_update", True, "true", "false"),
            ("approval_required", False, "false", "true"),
        ]
    ),
    Violation("policy auto_update null", U, "/policies/0/auto_update", None, (UPDATER,), "null", "true or false"),
    Violation(
        "policy for another channel",
        U,
        "/policies/0/channel",
        "beta",
        (UPDATER,),
        'policies for "beta"',
        'policies for exactly "stable", the channels of the channel manifest',
        "/policies",
    ),
    Violation(
        "policy for a look-alike channel",
        U,
        "/policies/0/channel",
        "st\u0430ble",
        (UPDATER,),
        'policies for "st\u0430ble"',
        'policies for exactly "stable", the channels of the channel manifest',
        "/policies",
    ),
    Violation(
        "policy too many",
        U,
        "/policies/-",
        {"channel": "beta"},
        (UPDATER,),
        'policies for "beta", "stable"',
        'policies for exactly "stable", the channels of the channel manifest',
        "/policies",
    ),
]


@pytest.mark.parametrize("fault", VIOLATIONS, ids=str)
def test_one_fault_fails_the_right_checks_and_is_named(fault: Violation) -> None:
    assert_only_fault(deployment(fault.apply(PILOT)), fault)


@pytest.mark.parametrize("control", RUNNER_CONTROLS)
def test_every_runner_control_is_required(control: str) -> None:
    controls = [one for one in RUNNER_CONTROLS if one != control]
    (reason,) = failed(deployment(PILOT.put(R, "/controls", controls)))[RUNNERS].reasons
    assert (reason.pointer, reason.wanted) == ("/controls", f"all 6 required entries; missing: {control}")


@pytest.mark.parametrize(
    ("alias", "pointer", "value"),
    [
        pytest.param(U, "/policies/0/auto_update", CUT, id="policy-without-auto_update"),
        pytest.param(U, "/policies/0/approval_required", CUT, id="policy-without-approval_required"),
        pytest.param(R, "/controls/-", "another-control", id="one-control-more"),
        pytest.param(R, "/runner_bundles/0/runtime_binary", CUT, id="bundle-without-binary"),
        pytest.param(R, "/runner_bundles/0/required_outputs", [VERIFICATION_OUTPUT], id="output-without-folder"),
        pytest.param(R, "/runner_bundles/0/required_outputs", [f"out\\{VERIFICATION_OUTPUT}"], id="output-of-windows"),
        pytest.param(C, f"{TARGET}/binary", CUT, id="target-without-binary"),
        pytest.param(E, "/deployment_targets/0/binary", CUT, id="declared-target-without-binary"),
        pytest.param(
            E, "/deployment_targets/-", {"id": "x", "surface": "ci-runner", "platform": "p"}, id="one-target-more"
        ),
        pytest.param(E, "/unknown", None, id="unknown-key"),
    ],
)
def test_what_the_rules_leave_open_stays_ready(alias: str, pointer: str, value: object) -> None:
    pilot = Violation("", alias, pointer, value, (), "", "").apply(PILOT)
    assert deployment(pilot).status is Status.READY


@pytest.mark.parametrize("key", ["surface", "platform", "binary"])
@pytest.mark.parametrize("first", [True, False], ids=["other-last", "other-first"])
def test_two_targets_of_one_id_that_differ_contradict_each_other_in_any_order(key: str, *, first: bool) -> None:
    target = PILOT.documents[E]["deployment_targets"][1]
    other = {**target, key: "ci-runner" if key == "surface" else "other"}
    listed: list[Any] = [
        *PILOT.documents[E]["deployment_targets"][:1],
        *([target, other] if first else [other, target]),
    ]
    report = deployment(PILOT.put(E, "/deployment_targets", listed))
    checks = failed(report)
    assert set(checks) == ({ENDPOINT} if key == "binary" else {ENDPOINT, CHANNELS})
    assert [triple(reason) for reason in checks[ENDPOINT].reasons] == [
        (E, f"/deployment_targets/{n}/id", f'"{WORKSTATION}"', "an id that no other target has") for n in (1, 2)
    ]
    if key == "surface":
        assert checks[CHANNELS].reasons[0].found == (
            f'"{WORKSTATION}" (surface "ci-runner", platform "{PLATFORM}" and'
            f' surface "workstation", platform "{PLATFORM}")'
        )


@pytest.mark.parametrize(
    ("alias", "pointer"),
    [(E, "/deployment_targets"), (R, "/runner_bundles"), (C, "/channels"), (U, "/policies")],
)
def test_saying_the_same_thing_twice_changes_nothing(alias: str, pointer: str) -> None:
    again = PILOT.documents[alias][pointer[1:]][0]
    assert deployment(PILOT.put(alias, f"{pointer}/-", again)).status is Status.READY


def test_two_channels_of_one_name_that_differ_contradict_each_other() -> None:
    target = dict(PILOT.documents[C]["channels"][0]["workstation_targets"][0], management_tool="ansible")
    other = dict(PILOT.documents[C]["channels"][0], workstation_targets=[target])
    (check,) = failed(deployment(PILOT.put(C, "/channels/-", other))).values()
    assert {without_positions(reason.text) for reason in check.reasons} == {
        'cavra-runtime.channels.json /channels/n/channel: found "stable", wanted a name that no other channel has'
    }


def test_message_is_composed_of_all_failed_conditions() -> None:
    pilot = PILOT.put(C, "/channels/0/auto_update", value=True).cut(C, f"{TARGET}/management_tool")
    assert failed(deployment(pilot))[CHANNELS].message == (
        "cavra-runtime.channels.json /channels/0/auto_update: found true, wanted false; "
        "cavra-runtime.channels.json /channels/0/workstation_targets/0/management_tool:"
        " found nothing, wanted a non-empty text"
    )


@pytest.mark.parametrize(
    ("alias", "pointer", "check"),
    [
        (E, "/deployment_targets", ENDPOINT),
        (R, "/controls", RUNNERS),
        (R, "/runner_bundles", RUNNERS),
        (R, "/runner_bundles/0", RUNNERS),
        (R, "/runner_bundles/0/required_outputs", RUNNERS),
        (C, "/channels", CHANNELS),
        (C, "/channels/0", CHANNELS),
        (C, "/channels/0/workstation_targets", CHANNELS),
        (U, "/policies", UPDATER),
        (U, "/policies/0", UPDATER),
    ],
)
def test_trap_33_null_in_place_of_a_list_or_an_object_is_a_finding(alias: str, pointer: str, check: str) -> None:
    """Trap 33: upstream crashes on a null where a list is wanted."""
    reason = failed(deployment(PILOT.put(alias, pointer, None)))[check].reasons[0]
    assert (reason.pointer, reason.found) == (pointer, "null")


def test_targets_without_an_id_do_not_contradict_each_other() -> None:
    nameless = [{"surface": "ci-runner", "platform": platform} for platform in ("a", "b")]
    listed = [*PILOT.documents[E]["deployment_targets"], *nameless]
    (check,) = failed(deployment(PILOT.put(E, "/deployment_targets", listed))).values()
    assert [(reason.pointer, reason.wanted) for reason in check.reasons] == [
        (f"/deployment_targets/{n}/id", TEXT) for n in (2, 3)
    ]


def test_no_policy_for_no_channel_is_no_match() -> None:
    pilot = PILOT.put(C, "/channels", []).put(U, "/policies", [])
    assert [triple(reason)[1:] for reason in failed(deployment(pilot))[UPDATER].reasons] == [
        ("/policies", "an empty list", FILLED),
        (
            "/policies",
            "policies for no channel",
            "policies for exactly no channel, the channels of the channel manifest",
        ),
    ]
