"""GitLab: the files become a generic package, and the release gets a link to each; the runbook is linked as such."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from reporter.deliver.approvals.asking import (
    BAD_ANSWER,
    BYTES,
    JSON,
    LOOKED,
    Access,
    ask,
    ids_of,
    not_looked,
    read_json,
    read_pages,
    root_of,
    taken,
    text_at,
    value_at,
    within,
    write_json,
)
from reporter.deliver.approvals.package import File, Role
from reporter.deliver.approvals.target import NOT_THERE, Found, Presence, Survey
from reporter.deliver.http import Http
from reporter.deliver.receipts import Receipt

PACKAGE: Final = "release-evidence"
_UNLINKED: Final = "unlinked"
_UNSTORED: Final = "unstored"
_LINK_TYPES: Final = {Role.BUNDLE: "package", Role.RUNBOOK: "runbook", Role.DOCUMENT: "other"}


class GitLabRelease:
    """The release of one tag of one project."""

    def __init__(self, access: Access, project: str, tag: str) -> None:
        self._access = access._replace(root=root_of(access.root, "/api/v4"))
        self._project = f"/api/v4/projects/{within(project)}"
        self._release = f"{self._project}/releases/{within(tag)}"
        self._tag, self._version = tag, tag.replace("/", "-")

    @property
    def addresses(self) -> Sequence[str]:
        """The instance."""
        return (self._access.root,)

    async def look(self, files: Sequence[File], http: Http, at: datetime) -> Survey:
        """Read the release, its links, and the digests that the package registry worked out."""
        release = await ask(http, self._access.request("GET", self._release), at)
        if isinstance(release, Receipt):
            return not_looked(release)
        if text_at(read_json(release), "tag_name") != self._tag:
            return not_looked(BAD_ANSWER)
        links = await read_pages(self._access, f"{self._release}/assets/links", http, at)
        if isinstance(links, Receipt):
            return not_looked(links)
        stored = await self._stored(http, at)
        if isinstance(stored, Receipt):
            return not_looked(stored)
        return Survey(LOOKED, {file.name: self._find(file, links, stored) for file in files})

    async def add(self, file: File, survey: Survey, http: Http, at: datetime) -> Receipt:
        """Store the file and link it, but for what of both is done."""
        done = survey.found.get(file.name, NOT_THERE).handle
        if done != _UNLINKED:
            stored = await ask(http, self._access.request("PUT", self._path(file), file.content, media_type=BYTES), at)
            if isinstance(stored, Receipt) or done == _UNSTORED:
                return stored if isinstance(stored, Receipt) else taken(stored, at)
        link = {"name": file.name, "url": self._url(file), "link_type": _LINK_TYPES[file.role]}
        request = self._access.request("POST", f"{self._release}/assets/links", write_json(link), media_type=JSON)
        answer = await ask(http, request, at)
        if isinstance(answer, Receipt):
            return answer
        return taken(answer, at, ids_of(link_id=value_at(read_json(answer), "id")))

    def _path(self, file: File) -> str:
        return f"{self._project}/packages/generic/{PACKAGE}/{self._version}/{within(file.name)}"

    def _url(self, file: File) -> str:
        return self._access.root + self._path(file)

    def _find(self, file: File, links: list[Any], stored: list[Any]) -> Found:
        link = next((one for one in links if text_at(one, "name") == file.name), None)
        ids = ids_of(link_id=value_at(link, "id"))
        kept = [one for one in stored if text_at(one, "file_name") == file.name]
        is_other = any(text_at(one, "file_sha256") != file.sha256 for one in kept)
        if is_other or (link is not None and text_at(link, "url") != self._url(file)):
            return Found(Presence.DIFFERENT, ids)
        if link is None:
            return Found(Presence.LEFTOVER, handle=_UNLINKED) if kept else NOT_THERE
        return Found(Presence.SAME, ids) if kept else Found(Presence.LEFTOVER, ids, _UNSTORED)

    async def _stored(self, http: Http, at: datetime) -> list[Any] | Receipt:
        """List the files of the package of this tag."""
        query = f"package_type=generic&package_name={PACKAGE}"
        packages = await read_pages(self._access, f"{self._project}/packages?{query}", http, at)
        if isinstance(packages, Receipt):
            return packages
        files: list[Any] = []
        for one in packages:
            if (text_at(one, "name"), text_at(one, "version")) != (PACKAGE, self._version):
                continue
            number = value_at(one, "id")
            if type(number) is not int:
                return BAD_ANSWER
            listed = await read_pages(self._access, f"{self._project}/packages/{number}/package_files", http, at)
            if isinstance(listed, Receipt):
                return listed
            files += listed
        return files
