"""The manifest table: one row for every document that a pilot can bring (domain.md B1.0 - B1.10).

Settings keys, environment variables, command-line flags, default file names, schema ids, `reporter schema` and
the inputs of every bundle come from these rows. The models are imported when a row is first read.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from reporter.model.wants import ManifestModel


class ManifestKind(NamedTuple):
    """One kind of manifest. `<alias>_path` is its settings key, `--<alias>-path` with dashes its flag.

    `flag` is upstream's flag where that differs. One that is `optional` may be missing from the manifest directory.
    """

    alias: str
    title: str
    env: str
    file_name: str
    schema_id: str
    model_at: str
    in_package: bool = False
    optional: bool = False
    flag: str = ""

    @property
    def path_key(self) -> str:
        """The settings key that holds its path."""
        return f"{self.alias}_path"

    @property
    def model(self) -> "type[ManifestModel]":
        """Import the typed model of this kind."""
        module, _, name = self.model_at.partition(":")
        model: type[ManifestModel] = getattr(import_module(f"{__name__}.{module}"), name)
        return model


MANIFESTS: Final = (
    ManifestKind(
        "endpoint_deployment",
        "Endpoint deployment",
        "CAVRA_GO_ENDPOINT_DEPLOYMENT_MANIFEST",
        "cavra-runtime.endpoint-deployment.json",
        "cavra.go-runtime.endpoint-deployment.v1",
        "release:EndpointDeployment",
        in_package=True,
    ),
    ManifestKind(
        "ci_runner_bundles",
        "CI runner bundles",
        "CAVRA_GO_CI_RUNNER_BUNDLES",
        "cavra-runtime.ci-runner-bundles.json",
        "cavra.go-runtime.ci-runner-bundles.v1",
        "release:CiRunnerBundles",
        in_package=True,
    ),
    ManifestKind(
        "channel_manifest",
        "Workstation channels",
        "CAVRA_GO_WORKSTATION_CHANNELS",
        "cavra-runtime.channels.json",
        "cavra.go-runtime.channels.v1",
        "release:ChannelManifest",
        in_package=True,
    ),
    ManifestKind(
        "updater_policy",
        "Workstation updater policy",
        "CAVRA_GO_WORKSTATION_UPDATER_POLICY",
        "cavra-runtime.updater-policy.json",
        "cavra.go-runtime.updater-policy.v1",
        "release:UpdaterPolicy",
        in_package=True,
    ),
    ManifestKind(
        "promotion_evidence",
        "Promotion evidence",
        "CAVRA_GO_PROMOTION_EVIDENCE",
        "go-backend-promotion-evidence.json",
        "cavra.go-backend-promotion-evidence.v1",
        "promotion:PromotionEvidence",
    ),
    ManifestKind(
        "rollback_plan",
        "Rollback plan",
        "CAVRA_GO_ROLLBACK_PLAN",
        "go-backend-rollback-plan.json",
        "cavra.go-backend-rollback-plan.v1",
        "rollback:RollbackPlan",
    ),
    ManifestKind(
        "rollback_rehearsal",
        "Rollback rehearsal",
        "CAVRA_GO_ROLLBACK_REHEARSAL_EVIDENCE",
        "go-backend-rollback-rehearsal.json",
        "cavra.go-backend-rollback-rehearsal.v1",
        "rollback:RollbackRehearsal",
    ),
    ManifestKind(
        "rollback_drill_history",
        "Rollback drill history",
        "CAVRA_GO_ROLLBACK_DRILL_HISTORY",
        "go-backend-rollback-drills.json",
        "cavra.go-backend-rollback-drill-history.v1",
        "drills:DrillHistory",
    ),
    ManifestKind(
        "rollback_drill_schedule",
        "Rollback drill schedule",
        "CAVRA_GO_ROLLBACK_DRILL_SCHEDULE",
        "go-backend-rollback-drill-schedule.json",
        "cavra.go-backend-rollback-drill-schedule.v1",
        "drills:DrillSchedule",
    ),
    ManifestKind(
        "routing_policy",
        "Routing policy",
        env="",
        file_name="go-backend-rollback-drill-routing.json",
        schema_id="",
        model_at="routing:RoutingPolicy",
        optional=True,
        flag="--routing-policy",
    ),
)

BY_ALIAS: Final = {kind.alias: kind for kind in MANIFESTS}
