"""One small bundle with every shape of file that a real one has, and ways to look at it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reporter.model.instants import format_instant
from reporter.model.verification import Verification
from reporter.seal.bundle import SealedBundle, write_bundle
from reporter.seal.digests import sha256_hex
from reporter.seal.instructions import verify_text
from reporter.seal.keys import SigningKey

TEMPLATE = Path(__file__).parents[2] / "templates" / "VERIFY.md"
AS_OF = datetime(2026, 5, 21, 15, 40, tzinfo=UTC)
WALL_NOW = AS_OF.timestamp()
PREDICATE: Mapping[str, Any] = {
    "inputs": [{"alias": "rollback-plan", "sha256": sha256_hex(b"plan")}],
    "tool": {"name": "reporter", "version": "0.1.0"},
    "note": "Ünïcode, \u2028 and \x00 survive",
}


def small_files(key: SigningKey, verdict: str = "ready") -> dict[str, bytes]:
    return {
        "index.html": f"<!doctype html><title>{verdict}</title>\n".encode(),
        "readiness.pdf": bytes(range(256)) * 3,
        "reports/closure.json": b'{"status":"ready"}\n',
        "reports/drills.json": b'{"status":"due_soon"}\n',
        "schemas/v1/closure.json": b"{}\n",
        "empty.txt": b"",
        "VERIFY.md": verify_text(TEMPLATE.read_text(encoding="utf-8"), key.key_id),
    }


def write_small(
    bundles: Path,
    key: SigningKey,
    *,
    as_of: datetime = AS_OF,
    verdict: str = "ready",
    wall_now: float = WALL_NOW,
) -> SealedBundle:
    files, predicate = small_files(key, verdict), predicate_of(as_of)
    return write_bundle(bundles, "pilot", as_of, files, predicate, key, wall_now=wall_now)


def predicate_of(as_of: datetime) -> dict[str, Any]:
    return {**PREDICATE, "as_of": format_instant(as_of.astimezone(UTC))}


def tree_of(root: Path) -> dict[str, bytes | str]:
    """Everything below a directory: bytes of files, target of links, `/` for directories."""
    tree: dict[str, bytes | str] = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_symlink():
            tree[name] = str(path.readlink())
        else:
            tree[name] = "/" if path.is_dir() else path.read_bytes()
    return tree


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def codes_of(verification: Verification) -> set[tuple[str, str]]:
    return {(failure.code, failure.file) for failure in verification.failures}
