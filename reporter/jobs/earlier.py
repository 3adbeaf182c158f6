"""What the bundles before this one say, as far as they still verify."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from reporter.model.case import Artifact
from reporter.model.instants import format_instant
from reporter.settings_model import Settings

if TYPE_CHECKING:
    from reporter.model.readiness import Previous, Readiness, TrendPoint
    from reporter.seal.keys import PublicKey, SigningKey


MOST_VERIFIED: Final = 12


class Earlier(NamedTuple):
    """The bundle before this one.

    Its readiness counts only when it verifies and is of this environment. `artifacts` are what the last bundles
    promise; None where there is no bundle at all. `trend` is what they said.
    """

    previous: "Previous | None"
    before: "Readiness | None"
    artifacts: tuple[Artifact, ...] | None
    trend: "tuple[TrendPoint, ...]"


def look_back(settings: Settings, environment: str, now: datetime, key: "SigningKey") -> Earlier:
    """Find the bundle before this one and verify it."""
    from pydantic import ValidationError

    from reporter.model.readiness import Previous, Readiness
    from reporter.seal.bundle import previous_bundle
    from reporter.seal.history import trend_of
    from reporter.seal.verify import verify_bundle

    bundles_dir = settings.resolve(settings.bundles_dir)
    found = previous_bundle(bundles_dir, environment, now)
    trend = trend_of(bundles_dir, environment, now, key.public)
    artifacts = promised_artifacts(settings, environment, now, key.public)
    if found is None:
        return Earlier(None, None, artifacts, trend)
    as_of = format_instant(found.as_of)
    verification = verify_bundle(found.path, key.public)
    sealed = verification.statement["predicate"] if verification.statement and not verification.failures else {}
    # A bundle that was copied here from elsewhere verifies, but it is not the one before this.
    if (sealed.get("environment"), sealed.get("as_of")) == (environment, as_of):
        try:
            before = Readiness.model_validate_json(Path(found.path, "readiness.json").read_bytes())
        except (OSError, ValidationError):
            pass
        else:
            seen = Previous(digest=found.digest, as_of=as_of, status=before.status, verified=True)
            return Earlier(seen, before, artifacts, trend)
    return Earlier(Previous(digest=found.digest, as_of=as_of, status=None, verified=False), None, artifacts, trend)


def promised_artifacts(
    settings: Settings, environment: str, now: datetime, key: "PublicKey | None"
) -> tuple[Artifact, ...] | None:
    """Verify the last bundles: one that was changed counts until somebody takes it away. None without bundle or key.

    Of those before the last one, a bundle of another key is the trace of a change of keys, and no more.
    """
    from reporter.seal.bundle import list_bundles
    from reporter.seal.verify import verify_bundle

    if key is None:
        return None
    artifacts: list[Artifact] = []
    bundles_dir = settings.resolve(settings.bundles_dir)
    for place, name in enumerate(list_bundles(bundles_dir, environment, now)[:MOST_VERIFIED]):
        bundle = Path(name.path).name
        failures = verify_bundle(name.path, key).failures
        if not failures:
            artifacts.append(Artifact(bundle, exists=True, verified=True))
        elif place == 0 or any(one.code != "wrong_key" for one in failures):
            artifacts += [
                Artifact(f"{bundle}/{one.file or '.'}", exists=one.code != "missing", verified=False)
                for one in failures
            ]
    return tuple(artifacts) or None
