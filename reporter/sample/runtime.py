"""The sample's stand-in for the Go runtime: a program of its own that decides by the sample's policy (domain.md B8.2).

It shares no code with Python's decision, so that the sample shows what parity compares. Where no `python3` is
installed it does not start, and Python decides.
"""

from typing import Final

RUNTIME: Final = r'''#!/usr/bin/env python3
"""Stands in for the Go runtime: reads one action as JSON, decides by the compiled policy, writes JSON."""
import argparse
import json
import re
import sys

options = argparse.ArgumentParser()
options.add_argument("--policy", required=True)
options.add_argument("--registry")
given = options.parse_args()
if given.registry:
    sys.exit("the stand-in reads no tool registry")
with open(given.policy, encoding="utf-8") as file:
    policy = json.load(file)
files, commands, mcp = (policy.get(name, {}) for name in ("filesystem", "commands", "mcp"))
action = json.load(sys.stdin)
kind, target = action["action_type"], action["target"]


def listed(section, name):
    """Whether a pattern of a list matches the whole target; stars stand for anything."""
    wanted = (".*".join(map(re.escape, re.split(r"\*+", one))) for one in section.get(name, []))
    return any(re.fullmatch(one, target, re.DOTALL) for one in wanted)


def read_file():
    return ("block", "filesystem.read.block", "high") if listed(files, "block_read") else (
        "allow", "filesystem.read.allow", "low")


def write_file():
    if listed(files, "block_write"):
        return "block", "filesystem.write.block", "high"
    if listed(files, "require_approval_write"):
        return "require_approval", "filesystem.write.require_approval", "high"
    return "allow", "filesystem.write.allow", "low"


def execute_command():
    if listed(commands, "block"):
        return "block", "commands.block", "critical" if "apply" in target or "delete" in target else "high"
    if listed(commands, "allow"):
        return "allow", "commands.allow", "low"
    return "require_approval", "commands.default.require_approval", "medium"


def git_operation():
    operation = action.get("requested_operation") or action.get("operation")
    if operation == "push" and target.endswith(("main", "master")):
        return "block", "git.protected_branch.block_direct_push", "high"
    return "allow", "git.allow", "low"


def mcp_tool_call():
    server = action.get("server") or target
    known = not mcp.get("block_unknown_servers", True) or server in mcp.get("allowed_servers", [])
    if server in mcp.get("blocked_servers", []) or not known:
        return "block", "mcp.server.trust.block_unknown", "high"
    return "allow", "mcp.server.trust.allow", "low"


def anything_else():
    return "require_approval", "runtime.default.require_approval", "medium"


decide = {one.__name__: one for one in (read_file, write_file, execute_command, git_operation, mcp_tool_call)}
decision, rule, severity = decide.get(kind, anything_else)()
json.dump({"decision": decision, "rule_id": rule, "severity": severity, "action_type": kind, "target": target,
           "policy_id": policy.get("metadata", {}).get("id", ""), "reason": "decided by the stand-in"}, sys.stdout)
'''
