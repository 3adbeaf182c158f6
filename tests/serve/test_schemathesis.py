"""Whatever the OpenAPI document allows, and what it forbids: no 5xx, no answer that it does not name.

5,000 requests where nobody waits for it, in CI; some hundreds at a desk. The server is a process of its own over a
small world, so that answers are cheap. Two callers ask at once: one who may do everything, and one who may only read.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import httpx
import pytest

from serve.serving import TOKENS, configure
from worlds import REPORTER

EFFORT: Final = {"lead": ("fuzzing", 4, ""), "viewer": ("fuzzing", 2, "")}
EFFORT_IN_CI: Final = {"lead": ("coverage,fuzzing", 4, ""), "viewer": ("coverage", 1, "--include-method=POST")}
"""Phases, examples of each operation, and which ones. Coverage tries every boundary of the document, fuzzing chance."""
LEAST: Final = 5_000 if os.environ.get("CI") else 300
"""How many requests that makes at least."""

CHECKS: Final = (
    "--checks=all",
    # What is sound by itself may still be refused: what executes needs a key, and a reason must say something.
    "--exclude-checks=positive_data_acceptance",
)


class Small(NamedTuple):
    """A server over a small world."""

    address: str
    folder: Path


@pytest.fixture(scope="module")
def small(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    world = tmp_path_factory.mktemp("small")
    shutil.copytree(sample / "manifests" / "payments-pilot", world / "manifests")
    lines = (sample / "evidence" / "payments-pilot.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (world / "evidence.jsonl").write_text("".join(lines[-60:]), encoding="utf-8")
    pilot = '[environments.pilot]\nmode = "promoted"\nmanifests_dir = "manifests"\nrecords = ["evidence.jsonl"]\n'
    (world / "reporter.toml").write_text(pilot, encoding="utf-8")
    configure(world, max_age_seconds=60)
    with subprocess.Popen(
        [REPORTER, "serve", "--settings", str(world / "reporter.toml")], stderr=subprocess.PIPE, text=True, env=bare()
    ) as process:
        assert process.stderr is not None
        address = process.stderr.readline().removeprefix("listening at ").strip()
        yield Small(address, world)
        process.send_signal(signal.SIGTERM)
        assert (process.wait(30), process.stderr.read()) == (0, "")


def bare() -> dict[str, str]:
    """Give the environment without what would trace these processes line by line."""
    return {name: text for name, text in os.environ.items() if not name.startswith("COV")}


def authorized(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKENS[name]}"}


def test_no_request_finds_a_fault_or_an_undocumented_answer(small: Small) -> None:
    document = small.folder / "openapi.json"
    document.write_bytes(httpx.get(f"{small.address}/openapi.json", headers=authorized("lead")).content)
    effort = EFFORT_IN_CI if os.environ.get("CI") else EFFORT
    asking = [
        subprocess.Popen(
            [
                *(str(Path(sys.executable).parent / "schemathesis"), "run", str(document), "--url", small.address),
                *("--header", f"Authorization: {authorized(name)['Authorization']}", *CHECKS, "--phases", phases),
                *("--max-examples", str(examples), "--seed", "1", "--no-shrink"),
                *("--continue-on-failure", "--warnings", "off", *filter(None, [which])),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=bare(),
            cwd=small.folder,
        )
        for name, (phases, examples, which) in effort.items()
    ]
    told = [one.communicate()[0] for one in asking]
    assert [one.returncode for one in asking] == [0, 0], "\n".join(told)[-8_000:]
    made = [int(found[1]) for text in told if (found := re.search(r"([0-9]+) generated", text))]
    assert sum(made) >= LEAST, made
