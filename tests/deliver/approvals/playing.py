"""Each kind of release approval record as tests play it, and attaching to it over a real connection."""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from deliver.approvals.fake_records import ITEM, KEY, SYS_ID, Azure, Jira, ServiceNow, Store
from deliver.approvals.fake_releases import AUTHORISED, GitHub, GitLab
from deliver.vendors.server import Asked, Mount, Vendor
from reporter.deliver.approvals.asking import Access
from reporter.deliver.approvals.attaching import Attached, Told, carry_out, dry_result, plan_files
from reporter.deliver.approvals.package import File, Role
from reporter.deliver.approvals.registry import make_target
from reporter.deliver.approvals.target import Target
from reporter.deliver.http import Http
from reporter.model.release_records import Reference, read_reference

NOW = datetime(2026, 6, 11, 15, 40, tzinfo=UTC)
Play = Callable[[Vendor], Mount]


def file(name: str, content: bytes, role: Role = Role.DOCUMENT) -> File:
    return File(name, content, "application/pdf", role, hashlib.sha256(content).hexdigest())


FILES = (
    file("pilot-20260611T154000Z-58e1f2c07b9d.zip", b"PK\r\n\r\n--\x00" * 5_000, Role.BUNDLE),
    file("pilot-20260611T154000Z-58e1f2c07b9d.runbook.pdf", b"%PDF runbook", Role.RUNBOOK),
    file("pilot-20260611T154000Z-58e1f2c07b9d.readiness.pdf", b"%PDF readiness"),
)


class Played(NamedTuple):
    """A target, the vendor behind it, and what can be done to that from behind."""

    target: Target
    vendor: Any
    mount: Mount | None
    stored: Callable[[], dict[str, bytes]]
    plant: Callable[[str, bytes], object]

    @property
    def seen(self) -> list[Asked]:
        """What the vendor was asked; nothing for a directory."""
        return self.mount.seen if self.mount else []


def reference(text: str) -> Reference:
    read = read_reference(text)
    assert isinstance(read, Reference), read
    return read


class Worlds:
    """Makes each kind of target, ready to be attached to."""

    def __init__(self, play: Play, directory: Path) -> None:
        self.play, self.directory = play, directory

    def make(self, kind: str) -> Played:
        played: Played = getattr(self, kind)()
        return played

    def over(self, text: str, vendor: Vendor, path: str = "") -> tuple[Target, Mount]:
        mount = self.play(vendor)
        return make_target(reference(text), Access(mount.url(path), AUTHORISED), self.directory), mount

    def github(self, **options: bool) -> Played:
        vendor = GitHub(**options)
        release = vendor.release("v1.4.0")
        vendor.release("v1.5.0")
        target, mount = self.over("github:example/pilot@v1.4.0", vendor)

        def plant(name: str, content: bytes) -> None:
            vendor.assets[900] = {
                "id": 900,
                "name": name,
                "release": release,
                "state": "uploaded",
                "size": len(content),
            }
            vendor.contents[900] = content

        return Played(target, vendor, mount, vendor.names, plant)

    def gitlab(self) -> Played:
        vendor = GitLab()
        target, mount = self.over("gitlab:example/group/pilot@v1.4.0", vendor, "/api/v4/projects")

        def stored() -> dict[str, bytes]:
            linked = {one["name"] for one in vendor.links}
            return {name: body for kept in vendor.packages.values() for name, body in kept.items() if name in linked}

        def plant(name: str, content: bytes) -> None:
            vendor.packages.setdefault(("release-evidence", "v1.4.0"), {})[name] = content

        return Played(target, vendor, mount, stored, plant)

    def jira(self) -> Played:
        vendor = Jira()
        target, mount = self.over(f"jira:{KEY}", vendor, "/rest/api/3/issue")

        def stored() -> dict[str, bytes]:
            return {one["filename"]: vendor.contents[one["id"]] for one in vendor.attachments}

        return Played(target, vendor, mount, stored, vendor.attach)

    def servicenow(self) -> Played:
        vendor = ServiceNow()
        target, mount = self.over(f"servicenow:change_request/{SYS_ID}", vendor, "/api/now/table/incident?x=1")

        def stored() -> dict[str, bytes]:
            return {one["file_name"]: vendor.contents[number] for number, one in vendor.attachments.items()}

        return Played(target, vendor, mount, stored, vendor.attach)

    def azure(self) -> Played:
        vendor = Azure()
        target, mount = self.over(f"azure:pilot/{ITEM}", vendor)

        def plant(name: str, content: bytes) -> None:
            vendor.relate(vendor.upload(mount.base, name, content))

        def stored() -> dict[str, bytes]:
            related = {one["url"].partition("?")[0].rpartition("/")[2] for one in vendor.relations}
            return {name: content for number, (name, content) in vendor.uploads.items() if number in related}

        return Played(target, vendor, mount, stored, plant)

    def put(self, **options: bool) -> Played:
        vendor = Store(**options)
        target, mount = self.over("put:releases/v1.4.0", vendor, "/store/")

        def stored() -> dict[str, bytes]:
            return {path.rpartition("/")[2]: content for path, content in vendor.files.items()}

        def plant(name: str, content: bytes) -> None:
            vendor.files[f"/store/releases/v1.4.0/{name}"] = content

        return Played(target, vendor, mount, stored, plant)

    def directory_(self) -> Played:
        place = self.directory / "records"
        place.mkdir()
        target = make_target(reference("directory:records"), None, self.directory)

        def stored() -> dict[str, bytes]:
            return {one.name: one.read_bytes() for one in place.iterdir()}

        return Played(target, place, None, stored, lambda name, content: (place / name).write_bytes(content))


KINDS = ("github", "gitlab", "jira", "servicenow", "azure", "put", "directory_")
OVER_HTTP = KINDS[:-1]


ALL = {one.name: one.content for one in FILES}
NOTHING = Told()
SENT = Told(taken=frozenset((one.name, one.sha256) for one in FILES))
Attach = Callable[..., Attached]


def attaching(ca_file: str, waited: list[float]) -> Attach:
    """Give what attaches to a target, or only looks at it; instead of waiting it notes for how long."""

    async def run(played: Played, files: tuple[File, ...], told: Told, *, dry: bool) -> Attached:
        async def pause(seconds: float) -> None:
            waited.append(seconds)

        hosts = {urlsplit(one).netloc for one in played.target.addresses}
        async with Http(hosts, timeout_seconds=2, ca_file=ca_file) as http:
            plan = await plan_files(played.target, files, http, NOW, told)
            if dry:
                return dry_result(plan, files)
            return await carry_out(plan, played.target, files, http, NOW, pause=pause)

    return lambda played, files=FILES, told=NOTHING, dry=False: asyncio.run(run(played, files, told, dry=dry))
