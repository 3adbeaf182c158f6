"""Go runtimes for tests: real programs that read a request and behave as they are told."""

from pathlib import Path
from typing import Final

SOUND: Final = """
import json, sys
sys.path.insert(0, {reporter!r})
from reporter.evaluation.decision import ActionRequest, decide
from reporter.evaluation.policy import read_policy
request = json.load(sys.stdin)
policy, faults = read_policy(json.load(open(sys.argv[sys.argv.index("--policy") + 1])))
names = set(ActionRequest.model_fields)
decision = decide(ActionRequest(**{{k: v for k, v in request.items() if k in names}}), policy, None).model_dump()
decision |= {{"timestamp": "2026-06-11T15:40:00.123456789Z", "evidence_refs": [], "approver_group": "x"}}
decision |= {changes}
print(json.dumps(decision))
"""


def make_runtime(path: Path, python: str, body: str) -> Path:
    """Write a runtime: a program that runs this body in Python."""
    path.write_text(f"#!{python} -S\n{body}\n" if "reporter" not in body else f"#!{python}\n{body}\n")
    path.chmod(0o755)
    return path


def sound(reporter: Path, **changes: str) -> str:
    """Write the body of a runtime that decides as Python does, but for these fields."""
    return SOUND.format(reporter=str(reporter), changes=repr(changes))
