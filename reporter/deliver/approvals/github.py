"""GitHub: the files become assets of a draft release. A published release is immutable, and is only read.

A name that GitHub would change stands in the label too. What a failed upload left (`starter`) is deleted, and nothing
else ever is.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit, urlunsplit

from reporter.deliver.approvals.asking import (
    BAD_ANSWER,
    BYTES,
    LOOKED,
    Access,
    ask,
    compare,
    ids_of,
    join,
    not_looked,
    read_json,
    read_pages,
    root_of,
    size_at,
    taken,
    text_at,
    unproven,
    value_at,
    within,
)
from reporter.deliver.approvals.package import File, attached_name_of
from reporter.deliver.approvals.target import NOT_THERE, Found, Presence, Survey
from reporter.deliver.http import Http
from reporter.deliver.receipts import Outcome, Receipt

PUBLISHED: Final = "release_is_published"
_JSON: Final = "application/vnd.github+json"
_STARTER: Final = "starter"


class GitHubRelease:
    """The release of one tag of one repository."""

    def __init__(self, access: Access, owner: str, repository: str, tag: str) -> None:
        self._access = access._replace(root=root_of(access.root, "/repos/"))
        self._place = f"/repos/{within(owner)}/{within(repository)}/releases"
        self._tag = tag

    @property
    def addresses(self) -> Sequence[str]:
        """The API, and the host beside it that takes uploads."""
        parts = urlsplit(self._access.root)
        if not parts.netloc.startswith("api."):
            return (self._access.root,)
        uploads = parts._replace(netloc=f"uploads.{parts.netloc.removeprefix('api.')}")
        return (self._access.root, urlunsplit(uploads))

    async def look(self, files: Sequence[File], http: Http, at: datetime) -> Survey:
        """Find the release among all, for drafts are found in no other way, and compare its assets."""
        releases = await read_pages(self._access, self._place, http, at, accept=_JSON)
        if isinstance(releases, Receipt):
            return not_looked(releases)
        named = [one for one in releases if text_at(one, "tag_name") == self._tag]
        if len(named) != 1:
            word = "several_releases" if named else "not_found"
            return not_looked(Receipt(Outcome.REJECTED_PERMANENT, error_class=word))
        (release,) = named
        number, draft = value_at(release, "id"), value_at(release, "draft")
        upload = text_at(release, "upload_url").partition("{")[0]
        if type(number) is not int or type(draft) is not bool or not upload:
            return not_looked(BAD_ANSWER)
        assets = await read_pages(self._access, f"{self._place}/{number}/assets", http, at, accept=_JSON)
        if isinstance(assets, Receipt):
            return not_looked(assets)
        found: dict[str, Found] = {}
        for file in files:
            one = await self._find(file, assets, http, at)
            if isinstance(one, Receipt):
                return not_looked(one)
            found[file.name] = one
        return Survey(
            LOOKED,
            found,
            facts=(("release", "draft" if draft else "published"),),
            closed="" if draft else PUBLISHED,
            place=upload,
        )

    async def add(self, file: File, survey: Survey, http: Http, at: datetime) -> Receipt:
        """Upload one asset; take away first what an upload of it left that failed."""
        leftover = survey.found.get(file.name, NOT_THERE).handle
        if leftover:
            gone = await ask(http, self._access.request("DELETE", f"{self._place}/assets/{leftover}", accept=_JSON), at)
            if isinstance(gone, Receipt):
                return gone
        name = attached_name_of(file.name)
        url = f"{survey.place}?name={quote(name, safe='')}&label={quote(file.name, safe='')}"
        answer = await ask(
            http, self._access.request("POST", url, file.content, media_type=file.media_type, accept=_JSON), at
        )
        if isinstance(answer, Receipt):
            return answer
        asset = read_json(answer)
        if text_at(asset, "state") != "uploaded":
            return unproven(answer)
        return taken(answer, at, ids_of(asset_id=value_at(asset, "id")))

    async def _find(self, file: File, assets: list[Any], http: Http, at: datetime) -> Found | Receipt:
        """Find all assets that have the file's name or show it as their label."""
        names = (file.name, attached_name_of(file.name))
        named = [one for one in assets if text_at(one, "name") in names or text_at(one, "label") == file.name]
        return join([await self._compare(file, one, http, at) for one in named])

    async def _compare(self, file: File, asset: Any, http: Http, at: datetime) -> Found | Receipt:  # noqa: ANN401 - JSON is untyped
        number, size = value_at(asset, "id"), size_at(asset, "size")
        if type(number) is not int or size is None:
            return BAD_ANSWER
        ids = ids_of(asset_id=number)
        if text_at(asset, "state") == _STARTER:
            return Found(Presence.LEFTOVER, ids, str(number))
        digest = text_at(asset, "digest")
        if digest.startswith("sha256:"):
            return Found(Presence.SAME if digest == f"sha256:{file.sha256}" else Presence.DIFFERENT, ids)
        content = self._access.request("GET", f"{self._place}/assets/{number}", accept=BYTES)
        return await compare(file, size, content, ids, http, at)
