"""`reporter evaluate`: one action, decided by Python and, where it may take part, by Go."""

from collections.abc import Iterator
from datetime import datetime

import click

from reporter.cli.options import (
    as_of_option,
    fail_on_option,
    instant_of,
    json_option,
    settings_option,
    start_environment_option,
)
from reporter.cli.terminal import print_json, say
from reporter.cli.upstream_flags import settings_for, upstream_flags
from reporter.cli.verdict import exit_code
from reporter.errors import UsageFault
from reporter.evaluation.decision import ActionRequest, ActionType
from reporter.evaluation.parity import Evaluation
from reporter.evaluation.policy import DEFAULT_PACK
from reporter.jobs.evaluation import evaluate_action
from reporter.model.reports import Mode, Status
from reporter.model.text import is_text, show, visible
from reporter.settings import environment_variables, upstream_variables


@click.command(epilog="Action types: " + ", ".join(ActionType) + ". Any other wants an approval.")
@click.argument("action_type", metavar="ACTION_TYPE")
@click.argument("target")
@click.option(
    "--policy-pack", default=DEFAULT_PACK, show_default=True, metavar="ID", help="The pack that is asked about."
)
@click.option("--operation", default="", metavar="WORD", help="git_operation: push, fetch, ...")
@click.option("--server", default="", metavar="NAME", help="mcp_tool_call: the server; default: TARGET.")
@click.option("--tool", default="unknown", show_default=True, metavar="NAME", help="mcp_tool_call: the tool.")
@click.option("--capability", default="", metavar="NAME", help="mcp_tool_call: the capability that is used.")
@upstream_flags
@start_environment_option
@as_of_option
@settings_option
@json_option
@fail_on_option
def evaluate(  # noqa: PLR0913, PLR0917 - one for each option
    action_type: str,
    target: str,
    policy_pack: str,
    operation: str,
    server: str,
    tool: str,
    capability: str,
    environment: str | None,
    as_of: datetime | None,
    settings_file: str | None,
    as_json: bool,  # noqa: FBT001 - a flag of click
    fail_on: str | None,
    **flags: object,
) -> int:
    """Decide about one action, by Python and, where it may take part, by Go.

    Python decides first. Go's decision is in force where the gate selects Go and it decided the same; else Python's is,
    with the reason. With flags alone and no mode, Go runs in shadow mode. With --fail-on needs_attention it exits 4
    where go was asked for and python has to stand in.

    \b
    Examples:
      reporter evaluate execute_command "terraform plan" --policy-path compiled-policy.json
      reporter evaluate git_operation origin/main --operation push --json
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    given = {key: value for key, value in flags.items() if value is not None}
    if given and environment is None and settings_file is None and not _variable_of_mode():
        given.setdefault("mode", Mode.SHADOW)
    settings, name = settings_for(settings_file, environment, given)
    asked = {
        "action_type": action_type,
        "target": target,
        "operation": operation,
        "requested_operation": operation,
        "policy_pack": policy_pack,
        "server": server,
        "tool": tool,
        "capability": capability,
    }
    odd = [f"{name}: found bytes that are no text, wanted UTF-8" for name, text in asked.items() if not is_text(text)]
    if odd:
        raise UsageFault(*odd)
    request = ActionRequest(**asked)
    found = evaluate_action(settings, name, instant_of(as_of), request)
    if as_json:
        print_json(found.model_dump_json(indent=1, ensure_ascii=True))
    else:
        say("\n".join(map(visible, _lines(found))))
    return exit_code([Status.NEEDS_ATTENTION] if found.fallback_used else [], fail_on)


def _variable_of_mode() -> str:
    return environment_variables().get(upstream_variables()["mode"], "").strip()


def _lines(found: Evaluation) -> Iterator[str]:
    effective = found.effective_decision
    yield f"{effective.decision}  {effective.rule_id}  {effective.severity}"
    yield f"{found.selected_backend} decided about {effective.action_type} {show(effective.target)}: {effective.reason}"
    if found.fallback_reason:
        yield f"{found.fallback_detail}  [{found.fallback_reason}]"
    if found.parity_match is not None:
        yield "go decides as python does" if found.parity_match else "go does not decide as python does"
