"""`reporter verify` as click sees it: help, completion and every spelling that `verify.py` leaves."""

import click

from reporter.cli.verify import verify_and_print


@click.command
@click.argument("bundle", type=click.Path())
@click.option(
    "--key",
    metavar="PUB",
    type=click.Path(),
    help="The public key to trust (PEM). Default: the public half of the settings' signing key.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: result, failures, files, key_id, statement.")
def verify(bundle: str, key: str | None, as_json: bool) -> int:  # noqa: FBT001 - a flag of click
    """Check everything about a bundle, offline.

    It must be what was sealed: every byte, nothing missing, nothing added, the right key. Needs no network and changes
    nothing. Exits 0 only when everything holds, 5 otherwise.

    \b
    Example:
      reporter verify bundles/production-pilot/latest --key keys/signing.key.pub
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    return verify_and_print(bundle, key, as_json=as_json)
