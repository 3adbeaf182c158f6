"""`reporter parity`: many actions by both backends, and the promotion evidence of it."""

import os
from datetime import datetime
from pathlib import Path

import click

from reporter.cli.options import as_of_option, fail_on_option, instant_of, settings_option, start_environment_option
from reporter.cli.terminal import print_json, remark
from reporter.cli.upstream_flags import settings_for, upstream_flags
from reporter.cli.verdict import exit_code
from reporter.errors import UsageFault
from reporter.jobs.evaluation import prove_parity
from reporter.model.reports import Status
from reporter.model.text import count


@click.command
@click.option(
    "--cases", "cases_file", required=True, metavar="FILE", help="Actions as JSON Lines, or as one JSON list."
)
@click.option("--output", metavar="FILE", help="Write the evidence there instead of printing it; no file is replaced.")
@upstream_flags
@start_environment_option
@as_of_option
@settings_option
@fail_on_option
def parity(  # noqa: PLR0913, PLR0917 - one for each option
    cases_file: str,
    output: str | None,
    environment: str | None,
    as_of: datetime | None,
    settings_file: str | None,
    fail_on: str | None,
    **flags: object,
) -> int:
    """Evaluate many actions by both backends, and write promotion evidence.

    The evidence names the digests of runtime, policy and registry; promotion readiness wants them to be those in use.
    It is not approved: people do that. With --fail-on needs_attention it exits 4 where any action was decided apart.

    \b
    Examples:
      reporter parity --cases cases.jsonl --output go-backend-promotion-evidence.json
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    given = {key: value for key, value in flags.items() if value is not None}
    settings, name = settings_for(settings_file, environment, given)
    evidence = prove_parity(settings, name, instant_of(as_of), Path(cases_file))
    text = evidence.model_dump_json(indent=1, ensure_ascii=True)
    if output:
        _write(Path(output), text)
    else:
        print_json(text)
    whole = count(evidence.case_count, "action")
    remark(f"parity {evidence.parity_status}: {evidence.match_count} of {whole} decided alike")
    failed = evidence.parity_status == "fail"
    return exit_code([Status.NEEDS_ATTENTION] if failed else [], fail_on)


def _write(path: Path, text: str) -> None:
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "w", encoding="utf-8") as file:  # noqa: PTH123 - exclusive
            file.write(f"{text}\n")
    except OSError as error:
        raise UsageFault(f"--output {path}: {error.strerror}") from None
