"""What only one kind of release approval record does: published releases, starters, limits, approvals, late answers."""

import asyncio
import os
import ssl
from pathlib import Path

import httpx
import pytest

from deliver.approvals.fake_records import KEY, SYS_ID
from deliver.approvals.fake_releases import AUTHORISED, TOKEN, GitHub
from deliver.approvals.playing import ALL, FILES, NOW, SENT, Attach, Worlds, file, reference
from deliver.vendors.misbehaviour import refuse_with
from deliver.vendors.server import Answer, Authorities, answer_json
from reporter.deliver.approvals.asking import Access
from reporter.deliver.approvals.attaching import Told
from reporter.deliver.approvals.registry import connector_of, make_target
from reporter.deliver.approvals.target import Found, Presence, Survey
from reporter.deliver.receipts import Level, Outcome, Receipt
from reporter.model.release_records import KINDS


def test_every_kind_of_reference_has_a_target_and_every_connector_is_named() -> None:
    named = [reference(one.example) for one in KINDS.values()]
    access = Access("https://example.org")
    targets = [make_target(one, access if connector_of(one) else None, Path()) for one in named]
    assert [connector_of(one) for one in named] == [
        "github",
        "gitlab",
        "jira",
        "servicenow",
        "azure_repos",
        "http_put",
        "",
    ]
    assert [len(one.addresses) for one in targets] == [1, 1, 1, 1, 1, 1, 0]


@pytest.mark.parametrize(
    ("root", "addresses"),
    [
        ("https://api.github.com", ("https://api.github.com", "https://uploads.github.com")),
        ("https://api.acme.ghe.com/repos/a/b/issues", ("https://api.acme.ghe.com", "https://uploads.acme.ghe.com")),
        ("https://git.example.org/api/v3/", ("https://git.example.org/api/v3",)),
    ],
)
def test_github_takes_uploads_at_a_host_of_its_own(root: str, addresses: tuple[str, ...]) -> None:
    target = make_target(reference("github:example/pilot@v1.4.0"), Access(root), Path())
    assert target.addresses == addresses


def test_published_release_takes_nothing_and_is_read(worlds: Worlds, attach: Attach) -> None:
    played = worlds.github()
    attach(played, FILES[:1])
    played.vendor.releases[0]["draft"] = False
    done = attach(played)
    assert [one.level for one in done.files] == [Level.LANDED, Level.INTENDED, Level.INTENDED]
    assert [one.receipt.error_class for one in done.files if one.receipt] == ["", *["release_is_published"] * 2]
    assert done.facts == (("release", "published"),)
    assert played.vendor.releases[0]["draft"] is False
    assert attach(played, FILES[:1]).complete


def test_release_that_is_published_meanwhile_refuses_the_upload(worlds: Worlds, attach: Attach) -> None:
    played = worlds.github()
    assert played.mount
    upload = played.vendor.take

    def publish(asked: object, release: int) -> Answer:
        played.vendor.releases[0]["draft"] = False
        answer: Answer = upload(asked, release)
        return answer

    played.vendor.take = publish
    done = attach(played)
    assert [one.receipt.status_code for one in done.files if one.receipt] == [422] * 3
    assert done.outcome is Outcome.REJECTED_PERMANENT


def test_starter_of_a_failed_upload_is_deleted_and_the_file_uploaded_again(worlds: Worlds, attach: Attach) -> None:
    played = worlds.github()
    played.vendor.failing_uploads = 1
    assert attach(played).level is Level.LANDED
    assert played.stored() == ALL
    assert [one.method for one in played.seen].count("DELETE") == 1


def test_starters_that_keep_coming_are_left_to_the_next_call(worlds: Worlds, attach: Attach) -> None:
    played = worlds.github()
    played.vendor.failing_uploads = 6
    done = attach(played)
    assert (done.complete, done.outcome) == (False, Outcome.TIMEOUT_UNKNOWN)
    assert {one.presence for one in done.files} == {Presence.LEFTOVER}
    assert attach(played, dry=True).files[0].receipt is None
    assert attach(played).level is Level.LANDED
    assert played.stored() == ALL


def test_starter_that_cannot_be_deleted_is_told(worlds: Worlds, attach: Attach) -> None:
    played = worlds.github()
    played.vendor.failing_uploads = 1
    played.vendor.remove = lambda _: answer_json(403, {"message": "Resource not accessible"})
    done = attach(played, FILES[:1])
    assert (done.outcome, done.complete) == (Outcome.REJECTED_PERMANENT, False)


def test_asset_without_a_digest_is_downloaded_where_that_needs_no_redirect(worlds: Worlds, attach: Attach) -> None:
    played = worlds.github(tells_digest=False)
    done = attach(played)
    assert (done.complete, done.level) == (True, Level.ACCEPTED)
    assert {one.presence for one in done.files} == {Presence.UNREADABLE}
    played.vendor.serves_content = True
    again = attach(played)
    assert (again.level, again.added) == (Level.LANDED, False)


def test_name_that_github_changes_is_found_by_its_label(worlds: Worlds, attach: Attach) -> None:
    played = worlds.github()
    odd = file("pilot+20260611 (1).pdf", b"%PDF")
    assert attach(played, (odd,)).level is Level.LANDED
    assert set(played.stored()) == {"pilot.20260611..1..pdf"}
    assert not attach(played, (odd,)).added


def test_release_is_found_on_a_later_page_and_two_of_one_tag_are_refused(worlds: Worlds, attach: Attach) -> None:
    played = worlds.github()
    for number in range(120):
        played.vendor.release(f"v2.{number}")
    assert attach(played).level is Level.LANDED
    played.vendor.release("v1.4.0")
    refused = attach(played)
    assert {one.receipt.error_class for one in refused.files if one.receipt} == {"several_releases"}


def test_list_without_an_end_is_not_followed_for_ever(worlds: Worlds, attach: Attach) -> None:
    played = worlds.github()
    assert played.mount
    played.mount.always = refuse_with(answer_json(200, [{}] * 100))
    done = attach(played)
    assert {one.receipt.error_class for one in done.files if one.receipt} == {"bad_answer"}
    assert len(played.mount.seen) == 20


@pytest.mark.parametrize("broken", [{"id": "1"}, {"draft": "no"}, {"upload_url": ""}])
def test_release_that_is_not_as_github_writes_it_is_not_touched(
    broken: dict[str, object], worlds: Worlds, attach: Attach
) -> None:
    played = worlds.github()
    show = played.vendor.shown_release
    played.vendor.shown_release = lambda one, asked: {**show(one, asked), **broken}
    done = attach(played)
    assert {one.receipt.error_class for one in done.files if one.receipt} == {"bad_answer"}


@pytest.mark.parametrize("kind", ["github", "jira", "servicenow", "azure"])
def test_attachment_without_a_size_is_not_understood(kind: str, worlds: Worlds, attach: Attach) -> None:
    played = worlds.make(kind)
    played.plant(FILES[0].name, FILES[0].content)
    match kind:
        case "github":
            played.vendor.assets[900]["size"] = None
        case "jira":
            played.vendor.attachments[0]["size"] = "many"
        case "servicenow":
            next(iter(played.vendor.attachments.values()))["size_bytes"] = "1e3"
        case _:
            played.vendor.relations[0]["attributes"]["resourceSize"] = None
    done = attach(played)
    assert {one.receipt.error_class for one in done.files if one.receipt} == {"bad_answer"}
    assert not done.added


def test_upload_address_at_another_host_is_never_asked(worlds: Worlds, attach: Attach) -> None:
    played = worlds.github()
    show = played.vendor.shown_release
    elsewhere = "https://uploads.example.org/assets{?name,label}"
    played.vendor.shown_release = lambda one, asked: {**show(one, asked), "upload_url": elsewhere}
    done = attach(played)
    assert {one.receipt.error_class for one in done.files if one.receipt} == {"host_not_allowed"}
    assert done.outcome is Outcome.REFUSED_LOCALLY


def test_runbook_is_linked_as_a_runbook_and_the_archive_as_a_package(worlds: Worlds, attach: Attach) -> None:
    played = worlds.gitlab()
    attach(played)
    assert [one["link_type"] for one in played.vendor.links] == ["package", "runbook", "other"]


def test_file_that_was_stored_and_not_linked_is_linked(worlds: Worlds, attach: Attach) -> None:
    played = worlds.gitlab()
    played.plant(FILES[0].name, FILES[0].content)
    assert attach(played, dry=True).files[0].presence is Presence.LEFTOVER
    assert attach(played).level is Level.LANDED
    assert [one.method for one in played.seen].count("PUT") == 2
    assert played.stored() == ALL


def test_file_whose_link_alone_is_left_is_stored_again(worlds: Worlds, attach: Attach) -> None:
    played = worlds.gitlab()
    attach(played)
    played.vendor.packages.clear()
    assert attach(played).level is Level.LANDED
    assert len(played.vendor.links) == 3
    assert played.stored() == ALL


def test_store_that_fails_while_its_link_is_left_is_told(worlds: Worlds, attach: Attach) -> None:
    played = worlds.gitlab()
    attach(played)
    played.vendor.packages.clear()
    registry = played.vendor.registry
    refused = answer_json(403, {"message": "403 Forbidden"})
    played.vendor.registry = lambda asked, place: refused if asked.method == "PUT" else registry(asked, place)
    assert attach(played).outcome is Outcome.REJECTED_PERMANENT


def test_link_of_our_name_that_leads_elsewhere_is_a_finding(worlds: Worlds, attach: Attach) -> None:
    played = worlds.gitlab()
    played.vendor.links.append({"id": 7, "name": FILES[0].name, "url": "https://example.org/x", "link_type": "other"})
    done = attach(played)
    assert [one.presence for one in done.files] == [Presence.DIFFERENT, Presence.SAME, Presence.SAME]


def test_tag_with_a_slash_is_a_version_without_one(worlds: Worlds, attach: Attach) -> None:
    played = worlds.gitlab()
    played.vendor.tag = "release/1.4"
    assert played.mount
    target = make_target(
        reference("gitlab:example/group/pilot@release/1.4"), Access(played.mount.base, AUTHORISED), Path()
    )
    assert attach(played._replace(target=target)).level is Level.LANDED
    assert set(played.vendor.packages) == {("release-evidence", "release-1.4")}


@pytest.mark.parametrize("broken", ["release", "links", "packages", "package", "files"])
def test_gitlab_that_answers_otherwise_is_not_touched(broken: str, worlds: Worlds, attach: Attach) -> None:
    played = worlds.gitlab()
    played.plant("another", b"")
    answer = played.vendor.answer
    ends = {"release": "/v1.4.0", "links": "/links", "packages": "/packages", "package": "/packages", "files": "_files"}
    package = [{"name": "release-evidence", "version": "v1.4.0", "id": "x"}, {"name": "other", "version": "1", "id": 3}]
    spoiled = answer_json(200, package if broken == "package" else {"x": 1})
    played.vendor.answer = lambda asked: spoiled if asked.path.endswith(ends[broken]) else answer(asked)
    done = attach(played)
    assert {one.receipt.error_class for one in done.files if one.receipt} == {"bad_answer"}


def test_file_larger_than_the_site_takes_is_not_sent(worlds: Worlds, attach: Attach) -> None:
    played = worlds.jira()
    played.vendor.upload_limit = 1_000
    done = attach(played)
    assert [one.level for one in done.files] == [Level.INTENDED, Level.LANDED, Level.LANDED]
    assert done.files[0].receipt
    assert (done.files[0].receipt.outcome, done.files[0].receipt.error_class) == (Outcome.REFUSED_LOCALLY, "too_large")


def test_site_that_takes_no_attachments_is_told(worlds: Worlds, attach: Attach) -> None:
    played = worlds.jira()
    played.vendor.enabled = False
    assert {one.receipt.error_class for one in attach(played).files if one.receipt} == {"attachments_disabled"}
    played.vendor.enabled = True
    answer = played.vendor.answer
    played.vendor.answer = lambda asked: Answer(500) if asked.path.endswith("meta") else answer(asked)
    assert {one.receipt.error_class for one in attach(played).files if one.receipt} == {"server_error"}


def test_all_attachments_of_one_name_are_compared(worlds: Worlds, attach: Attach) -> None:
    played = worlds.jira()
    played.vendor.attach(FILES[0].name, FILES[0].content)
    played.vendor.attach(FILES[0].name, FILES[0].content)
    assert attach(played).level is Level.LANDED
    played.vendor.attach(FILES[0].name, b"other")
    assert attach(played).files[0].presence is Presence.DIFFERENT


@pytest.mark.parametrize("kind", ["github", "jira", "servicenow", "azure"])
def test_answer_that_does_not_say_what_was_made_is_settled_by_reading_back(
    kind: str, worlds: Worlds, attach: Attach
) -> None:
    played = worlds.make(kind)
    answer = played.vendor.answer

    def silent(asked: object) -> Answer:
        made: Answer = answer(asked)
        is_upload = getattr(asked, "method", "") == "POST"
        return answer_json(200, {}) if is_upload and made.status < 300 else made

    played.vendor.answer = silent
    done = attach(played)
    if kind == "azure":  # without its id an upload cannot be related
        assert {one.receipt.error_class for one in done.files if one.receipt} == {"bad_answer"}
    else:
        assert done.level is Level.LANDED


@pytest.mark.parametrize("kind", ["jira", "put", "github"])
def test_file_that_was_taken_and_is_not_there_is_unknown(kind: str, worlds: Worlds, attach: Attach) -> None:
    played = worlds.make(kind)
    match kind:
        case "jira":
            made = played.vendor.attach("x", b"")
            played.vendor.attachments.clear()
            played.vendor.attach = lambda *_: made
        case "put":
            played.vendor.files = type("Forgetful", (dict,), {"__setitem__": lambda *_: None})()
        case _:
            shown = {"id": 5, "state": "uploaded"}
            played.vendor.take = lambda *_: answer_json(201, shown)
    done = attach(played)
    assert (done.outcome, done.level) == (Outcome.TIMEOUT_UNKNOWN, Level.INTENDED)
    assert {one.receipt.error_class for one in done.files if one.receipt} == {"not_read_back"}


def test_approval_is_read_and_told_and_never_given(worlds: Worlds, attach: Attach) -> None:
    played = worlds.servicenow()
    assert attach(played).facts == (("approval", "requested"),)
    assert played.vendor.record == {"sys_id": SYS_ID, "approval": "requested", "state": "-5"}
    assert {one.method for one in played.seen} == {"GET", "POST"}
    played.vendor.record["approval"] = "<b>approved</b> by someone@example.org"
    assert attach(played).facts == (("approval", "unrecognised"),)
    played.vendor.record["approval"] = ""
    assert attach(played).facts == ()


def test_extension_that_the_instance_refuses_is_told(worlds: Worlds, attach: Attach) -> None:
    played = worlds.servicenow()
    played.vendor.extensions = {"pdf"}
    done = attach(played)
    assert [one.level for one in done.files] == [Level.INTENDED, Level.LANDED, Level.LANDED]


def test_servicenow_list_that_is_none_is_not_understood(worlds: Worlds, attach: Attach) -> None:
    played = worlds.servicenow()
    answer = played.vendor.answer
    spoiled = answer_json(200, {"result": {}})
    played.vendor.answer = lambda asked: spoiled if asked.path.endswith("/attachment") else answer(asked)
    assert {one.receipt.error_class for one in attach(played).files if one.receipt} == {"bad_answer"}
    played.vendor.answer = lambda asked: Answer(503) if asked.path.endswith("/attachment") else answer(asked)
    assert {one.receipt.error_class for one in attach(played).files if one.receipt} == {"come_later"}


@pytest.mark.parametrize("kind", ["servicenow", "azure"])
def test_file_beyond_the_vendors_limit_is_not_sent(
    kind: str, worlds: Worlds, attach: Attach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"reporter.deliver.approvals.{kind}.MOST_BYTES", 1_000)
    done = attach(worlds.make(kind))
    assert [one.level for one in done.files] == [Level.INTENDED, Level.LANDED, Level.LANDED]
    assert done.files[0].receipt
    assert done.files[0].receipt.error_class == "too_large"


def test_wait_that_comes_with_success_is_kept_between_files(
    worlds: Worlds, attach: Attach, waited: list[float]
) -> None:
    played = worlds.azure()
    played.vendor.delay = "2"
    assert attach(played).level is Level.LANDED
    assert waited == [2.0, 2.0, 2.0]


def test_long_wait_that_comes_with_success_leaves_the_rest_to_the_next_call(
    worlds: Worlds, attach: Attach, waited: list[float]
) -> None:
    played = worlds.azure()
    played.vendor.delay = "120"
    done = attach(played)
    assert [one.level for one in done.files] == [Level.LANDED, Level.INTENDED, Level.INTENDED]
    assert (done.outcome, waited) == (Outcome.THROTTLED, [])
    played.vendor.delay = ""
    assert attach(played).level is Level.LANDED
    assert played.stored() == ALL


def test_work_item_that_cannot_be_edited_is_told(worlds: Worlds, attach: Attach) -> None:
    played = worlds.azure()
    answer = played.vendor.answer
    refused = answer_json(412, {"message": "TF26071: This work item has been changed by someone else"})
    played.vendor.answer = lambda asked: refused if asked.method == "PATCH" else answer(asked)
    done = attach(played, FILES[:1])
    assert (done.outcome, done.complete) == (Outcome.REJECTED_PERMANENT, False)
    assert done.files[0].receipt
    assert done.files[0].receipt.status_code == 412


def test_links_and_assets_that_cannot_be_listed_stop_everything(worlds: Worlds, attach: Attach) -> None:
    for played, end in ((worlds.github(), "/assets"), (worlds.gitlab(), "/package_files")):
        if end == "/package_files":
            played.plant("another", b"")
        answer = played.vendor.answer
        played.vendor.answer = lambda asked, answer=answer, end=end: (
            Answer(503) if asked.path.endswith(end) else answer(asked)
        )
        done = attach(played)
        assert {one.receipt.error_class for one in done.files if one.receipt} == {"come_later"}
        assert not done.added


def test_link_that_is_refused_is_told(worlds: Worlds, attach: Attach) -> None:
    played = worlds.gitlab()
    answer = played.vendor.answer
    played.vendor.answer = lambda asked: Answer(403) if asked.method == "POST" else answer(asked)
    done = attach(played, FILES[:1])
    assert (done.outcome, done.files[0].presence) == (Outcome.REJECTED_PERMANENT, Presence.LEFTOVER)


def test_relation_without_an_address_is_not_understood(worlds: Worlds, attach: Attach) -> None:
    played = worlds.azure()
    played.vendor.relations.append({"rel": "AttachedFile", "url": None, "attributes": {"name": FILES[0].name}})
    assert {one.receipt.error_class for one in attach(played).files if one.receipt} == {"bad_answer"}


def test_store_that_only_takes_is_attached_to_and_not_asked_twice(worlds: Worlds, attach: Attach) -> None:
    played = worlds.put(readable=False)
    done = attach(played)
    assert (done.complete, done.level, done.added) == (True, Level.ACCEPTED, True)
    assert played.stored() == ALL
    again = attach(played, told=SENT)
    assert (again.complete, again.level, again.added) == (True, Level.ACCEPTED, False)
    begun = attach(played, told=Told(begun=SENT.taken))
    assert (begun.complete, begun.level, begun.added) == (True, Level.ACCEPTED, False)
    unknown = attach(played, told=Told(begun=frozenset({(one.name, "0" * 64) for one in FILES})))
    assert not unknown.complete
    assert {one.receipt.error_class for one in unknown.files if one.receipt} == {"there_already"}


def test_file_that_somebody_stored_meanwhile_is_compared(worlds: Worlds, attach: Attach) -> None:
    played = worlds.put()
    answer = played.vendor.answer

    def raced(asked: object) -> Answer:
        if getattr(asked, "method", "") == "PUT":
            for one in FILES[:2]:
                content = one.content if one is FILES[0] else b"theirs"
                played.plant(one.name, content)
        made: Answer = answer(asked)
        return made

    played.vendor.answer = raced
    done = attach(played)
    assert [(one.presence, one.added) for one in done.files] == [
        (Presence.SAME, False),
        (Presence.DIFFERENT, False),
        (Presence.SAME, True),
    ]


def test_file_that_was_taken_and_is_read_back_by_nobody_is_accepted(worlds: Worlds, attach: Attach) -> None:
    played = worlds.servicenow()
    answer = played.vendor.answer
    played.vendor.answer = lambda asked: (
        Answer(403) if asked.path.endswith("/file") and asked.method == "GET" else answer(asked)
    )
    done = attach(played)
    assert (done.complete, done.level, done.added) == (True, Level.ACCEPTED, True)


def test_what_is_found_and_where_is_not_printed() -> None:
    survey = Survey(
        Receipt(Outcome.ACCEPTED), {"x": Found(Presence.LEFTOVER, handle="https://a.example/x")}, place="y.example"
    )
    assert "example" not in repr(survey) + repr(survey.found["x"])


def test_store_that_fails_is_not_written_to(worlds: Worlds, attach: Attach) -> None:
    played = worlds.put()
    assert played.mount
    played.mount.always = refuse_with(Answer(500))
    assert attach(played).outcome is Outcome.TIMEOUT_UNKNOWN
    played.mount.always = refuse_with(Answer(403, headers={"X-RateLimit-Remaining": "0"}))
    assert attach(played).outcome is Outcome.THROTTLED
    assert {one.method for one in played.mount.seen} == {"GET"}


def test_read_back_that_fails_leaves_what_the_upload_came_to(worlds: Worlds, attach: Attach) -> None:
    played = worlds.put()
    answer = played.vendor.answer
    played.vendor.answer = lambda asked: Answer(500) if asked.method == "GET" and played.vendor.files else answer(asked)
    done = attach(played)
    assert (done.complete, done.level, done.added) == (True, Level.ACCEPTED, True)
    assert {one.presence for one in done.files} == {Presence.UNTOLD}


def test_link_and_directory_under_our_name_are_other_content(worlds: Worlds, attach: Attach) -> None:
    played = worlds.directory_()
    outside = worlds.directory / "outside"
    outside.write_bytes(FILES[0].content)
    (played.vendor / FILES[0].name).symlink_to(outside)
    (played.vendor / FILES[1].name).mkdir()
    os.mkfifo(played.vendor / FILES[2].name)
    assert [one.presence for one in attach(played).files] == [Presence.DIFFERENT] * 3


def test_partial_file_of_a_killed_call_is_written_again(worlds: Worlds, attach: Attach) -> None:
    played = worlds.directory_()
    (played.vendor / f".partial-{FILES[0].name}").write_bytes(b"half" * 1_000_000)
    assert attach(played).level is Level.LANDED
    assert played.stored() == ALL
    assert (played.vendor / FILES[0].name).stat().st_mode & 0o777 == 0o644


def test_file_that_appears_before_the_rename_is_kept(worlds: Worlds) -> None:
    played = worlds.directory_()
    target = played.target

    async def race() -> tuple[str, bytes]:
        survey = await target.look(FILES, None, NOW)  # type: ignore[arg-type] # a directory asks nobody
        played.plant(FILES[0].name, b"theirs")
        receipt = await target.add(FILES[0], survey, None, NOW)  # type: ignore[arg-type] # as above
        return receipt.error_class, played.stored()[FILES[0].name]

    assert asyncio.run(race()) == ("there_already", b"theirs")


@pytest.mark.parametrize(("name", "word"), [("x" * 300, "not_written"), ("gone/x.pdf", "not_found")])
def test_file_that_cannot_be_written_is_told_by_a_word(name: str, word: str, worlds: Worlds) -> None:
    played = worlds.directory_()

    async def add() -> str:
        survey = await played.target.look(FILES, None, NOW)  # type: ignore[arg-type] # a directory asks nobody
        return (await played.target.add(file(name, b"x"), survey, None, NOW)).error_class  # type: ignore[arg-type] # as above

    assert asyncio.run(add()) == word


def test_directory_that_is_a_file_is_not_found(worlds: Worlds, attach: Attach) -> None:
    played = worlds.directory_()
    played.vendor.rmdir()
    played.vendor.write_bytes(b"")
    assert {one.receipt.error_class for one in attach(played).files if one.receipt} == {"not_found"}


def trust(authorities: Authorities) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=authorities.ca_file)


REFUSED = {
    "no token": ("POST", f"/rest/api/3/issue/{KEY}/attachments", {"authorization": "Bearer x"}, 401),
    "no XSRF header": ("POST", f"/rest/api/3/issue/{KEY}/attachments", {"content-type": "multipart/form-data"}, 403),
    "no form": ("POST", f"/rest/api/3/issue/{KEY}/attachments", {"x-atlassian-token": "no-check"}, 415),
}


@pytest.mark.parametrize("case", REFUSED)
def test_played_jira_refuses_as_the_vendor_does(case: str, worlds: Worlds, authorities: Authorities) -> None:
    played = worlds.jira()
    assert played.mount
    method, path, headers, status = REFUSED[case]
    sent = {"content-type": "application/pdf", **AUTHORISED, **headers}
    with httpx.Client(verify=trust(authorities)) as client:
        assert client.request(method, played.mount.url(path), headers=sent, content=b"x").status_code == status


def test_played_jira_wants_the_part_named_file(worlds: Worlds, authorities: Authorities) -> None:
    played = worlds.jira()
    assert played.mount
    url, headers = (
        played.mount.url(f"/rest/api/3/issue/{KEY}/attachments"),
        {"x-atlassian-token": "no-check", **AUTHORISED},
    )
    with httpx.Client(verify=trust(authorities), headers=headers) as client:
        assert client.post(url, files={"attachment": ("x.pdf", b"x")}).status_code == 400
        assert client.post(url, files={"file": ("x.pdf", b"x")}).status_code == 200


def test_played_github_has_no_place_for_a_second_asset_of_one_name(worlds: Worlds, authorities: Authorities) -> None:
    played = worlds.github()
    assert played.mount
    assert isinstance(played.vendor, GitHub)
    url = played.mount.url("/uploads/repos/example/pilot/releases/1/assets?name=x.pdf")
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/pdf"}
    with httpx.Client(verify=trust(authorities), headers=headers) as client:
        assert [client.post(url, content=b"x").status_code for _ in range(2)] == [201, 422]
        assert client.post(url.partition("?")[0], content=b"x").status_code == 422
