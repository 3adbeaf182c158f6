"""`reporter mail` as a user runs it: dry unless asked, a table of who is missing, an exit code for it."""

import json
import os
import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from cli.conftest import Call
from deliver.post_office import serving_apart
from mail_world import BOARD, CEO, CTO, PILOT, World
from reporter.clock import utc_now
from reporter.jobs.delivery.alone import sender_for
from reporter.jobs.delivery.mailing import plan_mail, send_mail
from reporter.jobs.runs.lock import one_at_a_time
from worlds import REPORTER


@pytest.fixture
def mailing(tmp_path: Path) -> World:
    (tmp_path / "pilot").mkdir()
    world = World(tmp_path / "pilot")
    world.tell()
    return world


def arguments(world: World, *more: str) -> tuple[str, ...]:
    return ("mail", world.bundle, "--settings", str(world.directory / "reporter.toml"), *more)


def test_dry_call_says_what_would_be_mailed_and_to_how_many(call: Call, mailing: World) -> None:
    said = call(*arguments(mailing))
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0].startswith("[payments-pilot] Hold the release: production needs attention, release blocked by 4")
    assert "payments-pilot-2026-06-11-executive.pdf attached; bundle 20260611T154000Z-" in lines[1]
    assert lines[2] == "  to 2 readers, of whom 0 have it already"
    assert said.err == "nothing was mailed; --execute mails it\n"
    assert not (mailing.directory / "state").exists()
    assert CEO not in said.out
    assert "  to 1 reader, of whom 0 have it already\n" in call(*arguments(mailing, "--to", BOARD)).out


def test_executed_call_mails_it_once(call: Call, mailing: World) -> None:
    with serving_apart(mailing.office) as port:
        mailing.server["port"] = port
        mailing.tell()
        said = call(*arguments(mailing, "--execute"))
        assert (said.code, said.out.splitlines()[2]) == (0, "  2 of 2 readers have it")
        said = call(*arguments(mailing, "--execute"))
        assert (said.code, said.out.splitlines()[2]) == (0, "  2 of 2 readers have it, all of them before")
        said = call(*arguments(mailing, "--execute", "--again"))
        assert (said.code, said.out.splitlines()[2]) == (0, "  2 of 2 readers have it")
        assert "  1 of 1 reader has it\n" in call(*arguments(mailing, "--execute", "--to", BOARD)).out
    assert len(mailing.office.received) == 3


def test_call_that_waited_while_another_mailed_it_mails_nobody_twice(mailing: World) -> None:
    with serving_apart(mailing.office) as port:
        mailing.server["port"] = port
        settings = mailing.settings
        with ExitStack() as held:
            held.enter_context(one_at_a_time(settings, "mail", mailing.clock()))
            command = [REPORTER, *arguments(mailing, "--execute")]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
                assert process.stderr
                assert "; waiting for it, " in process.stderr.readline()
                mailed = send_mail(sender_for(settings, PILOT), plan_mail(settings, mailing.bundle, utc_now()))
                assert not mailed.missing
                held.close()
                said = process.communicate(timeout=60)
    assert (process.returncode, said[0].splitlines()[2]) == (0, "  2 of 2 readers have it, all of them before"), said
    assert len(mailing.office.received) == 1


def test_missing_reader_is_told_by_the_place_of_the_address(call: Call, mailing: World) -> None:
    mailing.office.rcpt = {CTO: 550}
    with serving_apart(mailing.office) as port:
        mailing.server["port"] = port
        mailing.tell()
        said = call(*arguments(mailing, "--execute"))
        shown = json.loads(call(*arguments(mailing, "--execute", "--json")).out)
    assert said.code == 6
    assert "  1 of 2 readers have it" in said.out.splitlines()
    (line,) = (line for line in said.out.splitlines() if "refused" in line)
    assert line.split()[1:3] == ["refused", "550"]
    assert line.endswith("recipient_refused, environments.payments-pilot.deliver.executives[1]")
    assert [one["state"] for one in shown["readers"]] == ["has_it", "rejected_permanent"]
    assert (shown["missing"], shown["executed"], shown["sent"], shown["environment"]) == (1, True, True, PILOT)
    for private in (CEO, CTO, "127.0.0.1"):
        assert private not in said.out + said.err + json.dumps(shown)


def test_preview_holds_the_mail_and_no_address(call: Call, mailing: World) -> None:
    said = call(*arguments(mailing, "--preview", "mail.eml", "--preview-html", "mail.html", "--json"))
    assert (said.code, json.loads(said.out)["executed"]) == (0, False)
    mail = Path("mail.eml").read_bytes()
    assert mail == mailing.plan().letter
    assert b"example.org" not in mail
    assert Path("mail.html").read_text(encoding="utf-8") == mailing.plan().report.mail.html
    assert "wrote mail.eml\nwrote mail.html\n" in said.err


def test_preview_that_cannot_be_written_is_told(call: Call, mailing: World) -> None:
    said = call(*arguments(mailing, "--preview", "nowhere/mail.eml"))
    assert (said.code, said.out) == (2, "")
    assert "nowhere/mail.eml: cannot be written: No such file or directory" in said.err


def test_address_of_the_call_is_used_instead_and_never_shown(call: Call, mailing: World) -> None:
    with serving_apart(mailing.office) as port:
        mailing.server["port"] = port
        mailing.tell()
        said = call(*arguments(mailing, "--to", BOARD, "--execute"))
    assert said.code == 0
    assert [one.recipients for one in mailing.office.received] == [(BOARD,)]
    assert BOARD not in said.out + said.err
    said = call(*arguments(mailing, "--to", "nobody", "--to", "a b@c"))
    assert (said.code, said.out) == (2, "")
    assert said.err.count("found something else (not shown), wanted one e-mail address") == 2
    assert "nobody" not in said.err


def test_damaged_bundle_is_not_mailed(call: Call, mailing: World) -> None:
    (Path(mailing.bundle) / "readiness.json").write_text("{}", encoding="utf-8")
    said = call(*arguments(mailing, "--execute"))
    assert (said.code, said.out) == (5, "")
    assert "changed: readiness.json" in said.err


def test_report_that_holds_what_is_private_is_not_even_shown(call: Call, mailing: World) -> None:
    mailing.server["sender"] = "m.lindqvist@example.org"
    mailing.link = "https://evidence.corp/bundles"
    mailing.tell()
    said = call(*arguments(mailing))
    assert (said.code, said.out) == (7, "")
    assert "rule private_host" in said.err
    assert "evidence.corp" not in said.err


def test_call_without_a_mail_server_says_what_is_missing(call: Call, mailing: World) -> None:
    mailing.server = {"security": "perhaps"}
    mailing.tell()
    said = call(*arguments(mailing, "--execute"))
    assert said.code == 2
    assert "no mail server: wanted connectors.email in the connector configuration" in said.err
    assert "connectors.email.security" in said.err


def test_connector_configuration_that_cannot_be_read_ends_it(call: Call, mailing: World) -> None:
    (mailing.directory / "connectors.json").write_text("{", encoding="utf-8")
    said = call(*arguments(mailing, "--execute"))
    assert (said.code, said.out) == (2, "")
    assert "not JSON" in said.err


def test_call_that_is_killed_while_it_sends_is_named_unknown_and_repeated_once(call: Call, mailing: World) -> None:
    mailing.office.wait = "BODY"
    with serving_apart(mailing.office) as port:
        mailing.server["port"] = port
        mailing.tell()
        process = subprocess.Popen(
            [REPORTER, *arguments(mailing, "--execute")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while "BODY" not in mailing.office.commands:
            assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        mailing.office.wait = ""
        said = call(*arguments(mailing, "--execute"))
    assert said.code == 0, said.err
    outcomes = [row["outcome"] for row in mailing.rows() if "outcome" in row]
    assert outcomes == ["timeout_unknown", "accepted"]
    first, second = mailing.office.received
    assert first.raw == second.raw
    said = call(*arguments(mailing, "--execute"))
    assert len(mailing.office.received) == 2


def test_very_many_missing_readers_are_cut_on_a_screen(
    call: Call, mailing: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reporter.cli.mail.MOST_SHOWN", 1)
    monkeypatch.setenv("CAVRA_GO_BACKEND_MODE", "promoted")
    mailing.office.rcpt = {"*": 550}
    with serving_apart(mailing.office) as port:
        mailing.server["port"] = port
        mailing.tell()
        said = call(*arguments(mailing, "--execute"))
    assert said.code == 6
    assert said.out.splitlines()[-1] == "  and 1 more; --json lists all"
    assert "ignored: CAVRA_GO_BACKEND_MODE" in said.err
