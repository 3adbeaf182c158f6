"""Deployment readiness: are the rollout paths to CI runners and workstations controlled (domain.md B2.2, A3)."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from reporter.assess.conditions import (
    CheckSpec,
    Condition,
    check,
    fold,
    head,
    holds,
    judged,
    not_applicable,
    readable,
)
from reporter.model.case import Case
from reporter.model.checks import Check
from reporter.model.documents import Document, Manifest, pointer_to
from reporter.model.manifests import BY_ALIAS
from reporter.model.manifests.release import (
    CI_RUNNER,
    VERIFICATION_OUTPUT,
    WORKSTATION,
    ChannelManifest,
    CiRunnerBundles,
    DeploymentTarget,
    EndpointDeployment,
    UpdaterPolicy,
)
from reporter.model.reports import (
    CiRunnerTarget,
    DeploymentReport,
    MetadataPaths,
    Status,
    WorkstationTarget,
)
from reporter.model.text import shorten, show
from reporter.model.wants import ManifestModel

CONFIGURED: Final = CheckSpec(
    "go_deployment_metadata_configured",
    "Release metadata configured",
    "Set CAVRA_GO_RUNTIME_PACKAGE_DIR (package_dir) to the verified release package, or name the four files.",
)
PACKAGE: Final = CheckSpec(
    "go_release_package_dir",
    "Release package directory",
    "Point package_dir at the directory of the verified Go runtime release.",
)
ENDPOINT: Final = CheckSpec(
    "go_endpoint_deployment_manifest",
    "Endpoint deployment manifest",
    "Publish the endpoint deployment manifest of this release with every target's id, surface and platform.",
)
RUNNERS: Final = CheckSpec(
    "go_ci_runner_bundles",
    "CI runner bundles",
    "Publish runner bundles with all required controls, declared targets and the evidence verification output.",
)
CHANNELS: Final = CheckSpec(
    "go_workstation_channels",
    "Workstation channels",
    "Publish channels that need approval, never update by themselves, and name declared targets with guidance.",
)
UPDATER: Final = CheckSpec(
    "go_workstation_updater_policy",
    "Workstation updater policy",
    "Publish an updater policy for exactly the channels of the channel manifest, without automatic updates.",
)
SPECS: Final = (CONFIGURED, PACKAGE, ENDPOINT, RUNNERS, CHANNELS, UPDATER)

Targets = dict[str, set[DeploymentTarget]]


def assess_deployment(case: Case) -> DeploymentReport:
    """Judge the four release files, each alone and against the others."""
    endpoint = case.manifest("endpoint_deployment")
    runners = case.manifest("ci_runner_bundles")
    channels = case.manifest("channel_manifest")
    updater = case.manifest("updater_policy")
    all_four = (endpoint, runners, channels, updater)
    if any(one.configured for one in all_four) or case.package_dir.configured:
        targets = _targets(endpoint)
        checks: tuple[Check, ...] = (
            check(CONFIGURED, [_configured(one, BY_ALIAS[one.document.alias].env) for one in all_four]),
            _package_check(case.package_dir),
            check(ENDPOINT, [*judged(endpoint, "endpoint deployment manifest"), *_unique(endpoint)]),
            check(RUNNERS, [*judged(runners, "CI runner bundle manifest"), *_runners(runners, targets)]),
            check(CHANNELS, [*judged(channels, "channel manifest"), *_channels(channels, targets)]),
            check(UPDATER, [*judged(updater, "updater policy"), *_updater(updater, channels)]),
        )
        status = fold(checks)
    elif case.mode.enabled:
        checks = (
            check(CONFIGURED, [_configured(one, BY_ALIAS[one.document.alias].env) for one in all_four]),
            *(not_applicable(spec, "no release metadata is configured") for spec in SPECS[1:]),
        )
        status = fold(checks)
    else:
        because = "the Go backend pilot is disabled and no release metadata is configured"
        checks = tuple(not_applicable(spec, because) for spec in SPECS)
        status = Status.NOT_CONFIGURED
    return DeploymentReport(
        **head("deployment", case, status, checks),
        package_dir=case.package_dir.name,
        metadata_paths=MetadataPaths(**{one.document.alias: one.document.name for one in all_four}),
        ci_runner_targets=tuple(_runner_facts(runners, _targets(endpoint))),
        workstation_targets=tuple(_workstation_facts(channels)),
        channels=tuple(sorted(_channel_names(channels))),
    )


def _configured(manifest: Manifest[Any], env: str) -> Condition:
    found = "configured" if manifest.configured else "no path configured"
    return Condition(manifest.document, "", found, f"a path ({env})", met=manifest.configured)


def _package_check(package_dir: Document) -> Check:
    if not package_dir.configured:
        return not_applicable(PACKAGE, "no package directory is configured; the files are named one by one")
    return check(PACKAGE, readable(package_dir, "a directory"))


def _targets(endpoint: Manifest[EndpointDeployment]) -> Targets:
    targets: Targets = {}
    for target in endpoint.value.deployment_targets if endpoint.value else ():
        if target.id:
            targets.setdefault(target.id, set()).add(target)
    return targets


def _unique(endpoint: Manifest[EndpointDeployment]) -> Iterator[Condition]:
    """Want one content under one target id: two that differ contradict each other."""
    targets = endpoint.value.deployment_targets if endpoint.value else []
    entries = [(target.id, target) for target in targets]
    for position in _contradictions(entries):
        pointer = pointer_to("deployment_targets", position, "id")
        yield holds(endpoint.document, pointer, "an id that no other target has", met=False)


def _contradictions(entries: Sequence[tuple[str, ManifestModel]]) -> Iterator[int]:
    """Give the positions of different contents under one name. Saying the same thing twice is no contradiction."""
    places: dict[str, dict[str, int]] = {}
    for position, (name, entry) in enumerate(entries):
        places.setdefault(name, {}).setdefault(entry.model_dump_json(), position)
    for name, differing in places.items():
        if name and len(differing) > 1:
            yield from differing.values()


def _on_target(  # noqa: PLR0913, PLR0917 - the two sides of one comparison
    document: Document, pointer: str, target_id: str, platform: str, surface: str, targets: Targets
) -> Condition:
    """Want a reference to lead to a declared target of this surface and this platform."""
    declared = {(target.surface, target.platform) for target in targets.get(target_id, ())}
    if declared:
        sides = " and ".join(f"surface {show(one)}, platform {show(other)}" for one, other in sorted(declared))
        found = f"{show(target_id)} ({shorten(sides)})"
    else:
        found = f"{show(target_id)}, which the endpoint deployment manifest does not declare"
    return Condition(
        document,
        pointer,
        found,
        f"a declared target with surface {surface} and platform {show(platform)}",
        met=declared == {(surface, platform)},
    )


def _runners(runners: Manifest[CiRunnerBundles], targets: Targets) -> Iterator[Condition]:
    for position, bundle in enumerate(runners.value.runner_bundles if runners.value else ()):
        here = ("runner_bundles", position)
        yield _on_target(
            runners.document,
            pointer_to(*here, "deployment_target"),
            bundle.deployment_target,
            bundle.platform,
            CI_RUNNER,
            targets,
        )
        outputs = [output.replace("\\", "/").rsplit("/", 1)[-1] for output in bundle.required_outputs]
        yield holds(
            runners.document,
            pointer_to(*here, "required_outputs"),
            f"an entry whose last segment is {VERIFICATION_OUTPUT}",
            met=VERIFICATION_OUTPUT in outputs,
        )


def _channels(channels: Manifest[ChannelManifest], targets: Targets) -> Iterator[Condition]:
    listed = channels.value.channels if channels.value else []
    for position in _contradictions([(channel.channel, channel) for channel in listed]):
        pointer = pointer_to("channels", position, "channel")
        yield holds(channels.document, pointer, "a name that no other channel has", met=False)
    for position, channel in enumerate(listed):
        here = ("channels", position)
        for number, target in enumerate(channel.workstation_targets):
            yield _on_target(
                channels.document,
                pointer_to(*here, "workstation_targets", number, "id"),
                target.id,
                target.platform,
                WORKSTATION,
                targets,
            )


def _updater(updater: Manifest[UpdaterPolicy], channels: Manifest[ChannelManifest]) -> Iterator[Condition]:
    if updater.value is None:
        return
    named = {policy.channel for policy in updater.value.policies if policy.channel}
    released = _channel_names(channels)
    yield Condition(
        updater.document,
        "/policies",
        f"policies for {_names(named)}",
        f"policies for exactly {_names(released)}, the channels of the channel manifest",
        met=bool(released) and named == released,
    )


def _channel_names(channels: Manifest[ChannelManifest]) -> set[str]:
    return {one.channel for one in channels.value.channels if one.channel} if channels.value else set()


def _names(channels: set[str]) -> str:
    return ", ".join(show(name) for name in sorted(channels)) or "no channel"


def _runner_facts(runners: Manifest[CiRunnerBundles], targets: Targets) -> Iterator[CiRunnerTarget]:
    for bundle in runners.value.runner_bundles if runners.value else ():
        surfaces = {target.surface for target in targets.get(bundle.deployment_target, ())}
        yield CiRunnerTarget(
            deployment_target=bundle.deployment_target,
            platform=bundle.platform,
            runtime_binary=bundle.runtime_binary,
            surface=" or ".join(sorted(surfaces)),
        )


def _workstation_facts(channels: Manifest[ChannelManifest]) -> Iterator[WorkstationTarget]:
    for channel in channels.value.channels if channels.value else ():
        for target in channel.workstation_targets:
            yield WorkstationTarget(
                channel=channel.channel,
                deployment_target=target.id,
                platform=target.platform,
                management_tool=target.management_tool,
                binary=target.binary,
            )
