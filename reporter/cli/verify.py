"""`reporter verify`, without click: verification is the command that others run in loops."""

import json
import os

from reporter.cli.terminal import complain, print_json, remark, say
from reporter.errors import ExitCode, ReporterError, UsageFault
from reporter.model.text import count
from reporter.seal.keys import PublicKey, load_public_key, read_public_key
from reporter.seal.verify import verify_bundle

KEY_VARIABLE = "REPORTER_VERIFY_KEY"
NOT_A_BUNDLE = "not_a_bundle"


def verify_plain(arguments: list[str]) -> int | None:
    """Handle `BUNDLE [--key PUB] [--json]` in that plain spelling; None for anything else."""
    bundle = key = None
    as_json = False
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--json":
            as_json = True
        elif word == "--key" and key is None and rest and not rest[0].startswith("-"):
            key = rest.pop(0)
        elif bundle is None and not word.startswith("-"):
            bundle = word
        else:
            return None
    if bundle is None:
        return None
    try:
        return verify_and_print(bundle, key, as_json=as_json)
    except ReporterError as error:
        complain(error.faults)
        return error.exit_code


def verify_and_print(bundle: str, key: str | None, *, as_json: bool) -> int:
    """Verify a bundle with a public key file, else with the key of the settings."""
    public_key = read_public_key(key) if key else key_of_settings()
    verification = verify_bundle(bundle, public_key)
    if as_json:
        print_json(json.dumps(verification.as_json(), indent=1))
    elif verification.failures:
        say(f"FAILED  {os.fspath(bundle)}")
        for failure in verification.failures:
            detail = _what_is_there(bundle) if failure.code == NOT_A_BUNDLE else failure.detail
            say(f"  {failure.code}  {failure.file}: {detail}")
    else:
        say(f"passed  {os.fspath(bundle)}")
        say(f"  {count(verification.files, 'file')}, sealed by key {verification.key_id}")
        told = verification.statement["predicate"] if verification.statement else {}
        if "environment" in told:
            say(f"  {told['environment']}, as of {told.get('as_of')}: {told.get('status')}")
    return ExitCode.VERIFICATION_FAILED if verification.failures else ExitCode.DONE


def _what_is_there(bundle: str) -> str:
    """Say which of the two it is: no directory, or one without a seal."""
    if os.path.isdir(bundle):  # noqa: PTH112 - never raises, and starts faster than pathlib imports
        return "a directory without a seal; bundles are at DIR/ENVIRONMENT/NAME"
    return "no directory here"


def key_of_settings() -> PublicKey:
    """Take the public half of the settings' own signing key: for whoever made the bundle."""
    from reporter.jobs.keys import own_public_key
    from reporter.settings import load_settings

    settings, remarks = load_settings()
    for line in remarks:
        remark(line)
    pem = own_public_key(settings)
    if pem is None:
        message = "no key to verify with: give --key PUB, the public key that you were handed apart from the bundle"
        raise UsageFault(message)
    return load_public_key(pem)
