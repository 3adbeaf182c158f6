"""GitHub and GitLab as their makers describe them, as far as releases go."""

import hashlib
import json
import re
from itertools import count
from typing import Any

from deliver.vendors.server import Answer, Asked, answer_json

TOKEN = "glpat-not-a-real-token-0123456789"  # noqa: S105 - of a vendor that tests play
AUTHORISED = {"authorization": f"Bearer {TOKEN}"}


def refuses_caller(asked: Asked) -> Answer | None:
    """Refuse whoever has no token, or a body without its type."""
    if asked.headers.get("authorization") != f"Bearer {TOKEN}":
        return answer_json(401, {"message": "Bad credentials"})
    if asked.body and not asked.media_type:
        return answer_json(400, {"message": "Content-Type is missing"})
    return None


class GitHub:
    """One repository with its releases."""

    def __init__(self, *, tells_digest: bool = True) -> None:
        self.tells_digest = tells_digest
        self.serves_content = False
        self.failing_uploads = 0
        """Uploads that end in a 502 and leave a starter."""
        self.releases: list[dict[str, Any]] = []
        self.assets: dict[int, dict[str, Any]] = {}
        self.contents: dict[int, bytes] = {}
        self._numbers = count(1)

    def release(self, tag: str, *, draft: bool = True) -> int:
        number = next(self._numbers)
        self.releases.append({"id": number, "tag_name": tag, "draft": draft})
        return number

    def names(self) -> dict[str, bytes]:
        return {self.assets[number]["name"]: content for number, content in self.contents.items()}

    def answer(self, asked: Asked) -> Answer:  # noqa: PLR0911 - one line for each call
        refused = refuses_caller(asked)
        if refused:
            return refused
        if "user-agent" not in asked.headers:
            return answer_json(403, {"message": "Request forbidden by administrative rules"})
        match asked.method, asked.path.strip("/").split("/"):
            case "GET", ["repos", "example", "pilot", "releases"]:
                return self._page(asked, [self.shown_release(one, asked) for one in reversed(self.releases)])
            case "GET", ["repos", "example", "pilot", "releases", number, "assets"]:
                mine = [one for one in self.assets.values() if one["release"] == int(number)]
                return self._page(asked, [self._shown(one) for one in mine])
            case "GET", ["repos", "example", "pilot", "releases", "assets", number]:
                return self._content(asked, int(number))
            case "DELETE", ["repos", "example", "pilot", "releases", "assets", number]:
                return self.remove(int(number))
            case "POST", ["uploads", "repos", "example", "pilot", "releases", number, "assets"]:
                return self.take(asked, int(number))
            case _:
                return answer_json(404, {"message": "Not Found"})

    def shown_release(self, one: dict[str, Any], asked: Asked) -> dict[str, Any]:
        upload = f"{asked.base}/uploads/repos/example/pilot/releases/{one['id']}/assets{{?name,label}}"
        return {**one, "upload_url": upload}

    def _shown(self, asset: dict[str, Any]) -> dict[str, Any]:
        digest = hashlib.sha256(self.contents.get(asset["id"], b"")).hexdigest()
        return {**asset, "digest": f"sha256:{digest}" if self.tells_digest else None}

    def _page(self, asked: Asked, items: list[Any]) -> Answer:
        size, page = int(asked.query.get("per_page", "30")), int(asked.query.get("page", "1"))
        return answer_json(200, items[size * (page - 1) : size * page])

    def _content(self, asked: Asked, number: int) -> Answer:
        if asked.headers.get("accept") != "application/octet-stream":
            return answer_json(200, self._shown(self.assets[number]))
        if self.serves_content:
            return Answer(200, self.contents[number], {"Content-Type": "application/octet-stream"})
        return Answer(302, headers={"Location": f"{asked.base}/elsewhere"})

    def remove(self, number: int) -> Answer:
        asset = self.assets.get(number)
        if asset is None:
            return answer_json(404, {"message": "Not Found"})
        if self._is_published(asset["release"]):
            return answer_json(422, {"message": "Cannot delete asset from an immutable release"})
        del self.assets[number]
        self.contents.pop(number, None)
        return Answer(204)

    def take(self, asked: Asked, release: int) -> Answer:
        name = re.sub(r"[^A-Za-z0-9._-]", ".", asked.query.get("name", "")).strip(".")
        if not name:
            return answer_json(
                422, {"errors": [{"resource": "ReleaseAsset", "code": "missing_field", "field": "name"}]}
            )
        if self._is_published(release):
            return answer_json(422, {"message": "Cannot upload assets to an immutable release."})
        if any(one["name"] == name for one in self.assets.values()):
            return answer_json(422, {"errors": [{"resource": "ReleaseAsset", "code": "already_exists"}]})
        number = next(self._numbers)
        asset = {"id": number, "name": name, "label": asked.query.get("label", ""), "release": release}
        if self.failing_uploads:
            self.failing_uploads -= 1
            self.assets[number] = {**asset, "state": "starter", "size": 0}
            return answer_json(502, {"message": "Bad Gateway"})
        self.assets[number] = {**asset, "state": "uploaded", "size": len(asked.body)}
        self.contents[number] = asked.body
        return answer_json(201, self._shown(self.assets[number]))

    def _is_published(self, release: int) -> bool:
        return any(one["id"] == release and not one["draft"] for one in self.releases)


class GitLab:
    """One project with a package registry and releases."""

    def __init__(self, project: str = "example/group/pilot", tag: str = "v1.4.0") -> None:
        self.root, self.tag = f"/api/v4/projects/{project.replace('/', '%2F')}", tag
        self.links: list[dict[str, Any]] = []
        self.packages: dict[tuple[str, str], dict[str, bytes]] = {}
        self._numbers = count(1)

    def answer(self, asked: Asked) -> Answer:
        refused = refuses_caller(asked)
        if refused:
            return refused
        if not asked.raw_path.startswith(f"{self.root}/"):
            return answer_json(404, {"message": "404 Project Not Found"})
        place = asked.raw_path.removeprefix(f"{self.root}/").split("/")
        return self._release(asked, place) if place[0] == "releases" else self.registry(asked, place)

    def _release(self, asked: Asked, place: list[str]) -> Answer:
        if place[1].replace("%2F", "/") != self.tag:
            return answer_json(404, {"message": "404 Not Found"})
        match asked.method, place[2:]:
            case "GET", []:
                return answer_json(200, {"tag_name": self.tag})
            case "GET", ["assets", "links"]:
                return answer_json(200, self.links)
            case "POST", ["assets", "links"] if asked.media_type == "application/json":
                return self._link(json.loads(asked.body))
            case _:
                return answer_json(405, {"error": "405 Not Allowed"})

    def _link(self, wanted: dict[str, str]) -> Answer:
        if set(wanted) != {"name", "url", "link_type"}:
            return answer_json(400, {"error": "name is missing"})
        if wanted["link_type"] not in {"other", "runbook", "image", "package"}:
            return answer_json(400, {"error": "link_type does not have a valid value"})
        if any(one[key] == wanted[key] for one in self.links for key in ("name", "url")):
            return answer_json(400, {"message": ["Name has already been taken"]})
        self.links.append({"id": next(self._numbers), **wanted})
        return answer_json(201, self.links[-1])

    def registry(self, asked: Asked, place: list[str]) -> Answer:
        match asked.method, place:
            case "PUT", ["packages", "generic", name, version, file]:
                if not re.fullmatch(r"(\.?[\w+-]+\.?)+", version):
                    return answer_json(400, {"error": "package_version is invalid"})
                self.packages.setdefault((name, version), {})[file] = asked.body
                return answer_json(201, {"message": "201 Created"})
            case "GET", ["packages"]:
                wanted = asked.query.get("package_name")
                listed = enumerate(self.packages)
                return answer_json(
                    200, [{"id": at, "name": name, "version": v} for at, (name, v) in listed if name == wanted]
                )
            case "GET", ["packages", number, "package_files"]:
                files = list(self.packages.values())[int(number)]
                return answer_json(
                    200,
                    [
                        {"id": 1, "file_name": name, "size": len(body), "file_sha256": hashlib.sha256(body).hexdigest()}
                        for name, body in files.items()
                    ],
                )
            case _:
                return answer_json(404, {"error": "404 Not Found"})
