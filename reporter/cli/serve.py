"""`reporter serve`: the HTTP paths, in the foreground."""

import click

from reporter.cli.options import settings_option
from reporter.cli.terminal import log_as, remark
from reporter.errors import ExitCode, UsageFault
from reporter.jobs.loops import load_checked_settings
from reporter.service_notify import notify


@click.command
@settings_option
def serve(settings_file: str | None) -> int:
    """Serve the reports and the loops over HTTP, until SIGTERM.

    Needs `pip install reporter[serve]`, and the callers under [serve.tokens.NAME] of the settings. Listens on loopback
    alone unless the settings say otherwise. GETs write nothing; a POST does something only with "execute": true, and
    once for each Idempotency-Key. /openapi.json lists every path. Tells systemd when it is ready (Type=notify).

    \b
    Example:
      reporter serve --settings /etc/reporter/reporter.toml
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    settings, remarks = load_checked_settings(settings_file)
    log_as(settings)
    for line in remarks:
        remark(line)
    try:
        import fastapi as _fastapi
        import uvicorn as _uvicorn
    except ImportError as missing:
        raise UsageFault(f"reporter serve needs {missing.name}: pip install 'reporter[serve]'") from None
    del _fastapi, _uvicorn
    from reporter.serve.server import Server

    Server(settings, remark, _started).serve_until_asked()
    notify("STOPPING=1")
    return ExitCode.DONE


def _started(address: str) -> None:
    remark(f"listening at {address}")
    notify("READY=1", f"STATUS=listening at {address}")
