"""`reporter verify` as click sees it: help, completion and every spelling that `verify.py` leaves."""

import json

import click

from reporter.cli.terminal import print_json, say
from reporter.cli.verify import key_of_settings, verify_and_print
from reporter.errors import ExitCode, UsageFault
from reporter.seal.keys import read_public_key


@click.command
@click.argument("bundle", type=click.Path(), required=False)
@click.option(
    "--chain",
    metavar="DIR",
    type=click.Path(),
    help="Verify all bundles of one environment and their chain instead: DIR is bundles/ENVIRONMENT.",
)
@click.option(
    "--environment",
    default="",
    metavar="NAME",
    help="With --chain: whose bundles they have to be. Default: the directory's name.",
)
@click.option(
    "--key",
    "keys",
    metavar="PUB",
    multiple=True,
    type=click.Path(),
    help="The public key to trust (PEM). Default: the public half of the settings' signing key. With --chain it may be"
    " repeated, for bundles from before a change of keys.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: result, failures, files, key_id, statement.")
def verify(
    bundle: str | None,
    chain: str | None,
    environment: str,
    keys: tuple[str, ...],
    as_json: bool,  # noqa: FBT001 - a flag of click
) -> int:
    """Check everything about a bundle, offline.

    It must be what was sealed: every byte, nothing missing, nothing added, the right key. Needs no network and changes
    nothing. Exits 0 only when everything holds, 5 otherwise.

    \b
    Examples:
      reporter verify bundles/production-pilot/latest --key keys/signing.key.pub
      reporter verify --chain bundles/production-pilot --key keys/signing.key.pub
    """  # noqa: D301 - \b is click's mark for text that keeps its lines
    if (bundle is None) == (chain is None) or (bundle and (len(keys) > 1 or environment)):
        raise UsageFault("wanted one BUNDLE with one --key, or --chain DIR")
    if chain is not None:
        return _verify_chain(chain, environment, keys, as_json=as_json)
    return verify_and_print(bundle or "", keys[0] if keys else None, as_json=as_json)


def _verify_chain(directory: str, environment: str, keys: tuple[str, ...], *, as_json: bool) -> int:
    from reporter.seal.chain import verify_chain

    found = verify_chain(directory, [read_public_key(key) for key in keys] or [key_of_settings()], environment)
    if as_json:
        links = [{**link._asdict(), "failures": list(link.failures)} for link in found.links]
        told = {"result": found.result, "environment": found.environment, "failures": list(found.failures)}
        print_json(json.dumps({**told, "bundles": links}, indent=1))
    else:
        gone = sum(link.pruned for link in found.links)
        say(f"{'FAILED' if found.failures else 'passed'}  {directory}")
        say(f"  environment {found.environment}")
        what = f"{len(found.links)} bundle{'' if len(found.links) == 1 else 's'} in the chain"
        say(f"  {what}{f', {gone} of them pruned to their seals' if gone else ''}")
        for failure in found.failures:
            say(f"  {failure}")
    return ExitCode.VERIFICATION_FAILED if found.failures else ExitCode.DONE
