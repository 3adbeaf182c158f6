"""The four files of a Go runtime release package (domain.md B1.1 - B1.4, A3)."""

from typing import Annotated, Final

from reporter.model.wants import ManifestModel, equals, filled, includes, one_of, text

CI_RUNNER: Final = "ci-runner"
WORKSTATION: Final = "workstation"

RUNNER_CONTROLS: Final = (
    "verified-signed-runtime-before-runner-use",
    "runner-authentication-claims-signed",
    "runner-authentication-oidc-verified",
    "daemon-evidence-stream-hmac-signed",
    "evidence-verification-artifact-published",
    "blocking-decision-fails-closed-by-default",
)
VERIFICATION_OUTPUT: Final = "release-governance-evidence-verification.json"


class DeploymentTarget(ManifestModel):
    """A place that the runtime may be rolled out to."""

    id: Annotated[str, text()] = ""
    surface: Annotated[str, one_of(CI_RUNNER, WORKSTATION)] = ""
    platform: Annotated[str, text()] = ""
    binary: str = ""


class EndpointDeployment(ManifestModel):
    """All targets of a release (B1.1)."""

    schema_version: Annotated[str, equals("cavra.go-runtime.endpoint-deployment.v1")] = ""
    deployment_targets: Annotated[list[DeploymentTarget], filled()] = []


class RunnerBundle(ManifestModel):
    """What is installed on one CI runner target."""

    deployment_target: Annotated[str, text()] = ""
    platform: Annotated[str, text()] = ""
    runtime_binary: str = ""
    required_outputs: Annotated[list[str], filled()] = []


class CiRunnerBundles(ManifestModel):
    """The CI runner side of a release (B1.2)."""

    schema_version: Annotated[str, equals("cavra.go-runtime.ci-runner-bundles.v1")] = ""
    source_metadata: Annotated[str, equals("cavra-runtime.endpoint-deployment.json")] = ""
    controls: Annotated[list[str], includes(*RUNNER_CONTROLS)] = []
    runner_bundles: Annotated[list[RunnerBundle], filled()] = []


class WorkstationTarget(ManifestModel):
    """A workstation target with the guidance to reach it."""

    id: Annotated[str, text()] = ""
    platform: Annotated[str, text()] = ""
    deployment_channel: Annotated[str, text()] = ""
    management_tool: Annotated[str, text()] = ""
    binary: str = ""


class Channel(ManifestModel):
    """A release channel for workstations."""

    channel: Annotated[str, text()] = ""
    auto_update: Annotated[bool, equals(value=False)] = True
    approval_required: Annotated[bool, equals(value=True)] = False
    workstation_targets: Annotated[list[WorkstationTarget], filled()] = []


class ChannelManifest(ManifestModel):
    """The workstation side of a release (B1.3)."""

    schema_version: Annotated[str, equals("cavra.go-runtime.channels.v1")] = ""
    source_metadata: Annotated[str, equals("cavra-runtime.endpoint-deployment.json")] = ""
    channels: Annotated[list[Channel], filled()] = []


class ChannelPolicy(ManifestModel):
    """How the updater treats one channel; what it says must not loosen the channel's own rules (A3)."""

    channel: Annotated[str, text()] = ""
    auto_update: Annotated[bool, equals(value=False, optional=True)] = False
    approval_required: Annotated[bool, equals(value=True, optional=True)] = True


class UpdaterPolicy(ManifestModel):
    """The updater's rules for every channel (B1.4)."""

    schema_version: Annotated[str, equals("cavra.go-runtime.updater-policy.v1")] = ""
    source_channel_manifest: Annotated[str, equals("cavra-runtime.channels.json")] = ""
    default_auto_update: Annotated[bool, equals(value=False)] = True
    policies: Annotated[list[ChannelPolicy], filled()] = []
