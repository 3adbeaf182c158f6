"""What is attached: the same archive every time, which unpacks to the bundle, and the files that people open."""

import hashlib
import io
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from reporter.deliver.approvals.package import Role, SealedFiles, attached_name_of, pack, package_files

AT = datetime(2026, 6, 11, 15, 40, 1, tzinfo=UTC)
DIGEST = "58e1f2c07b9d" + "0" * 52
CONTENT = {"b.html": b"<p>", "attestation.json": b"{}", "runbook.pdf": b"%PDF", "reports/a.json": b"[]"}


def sealed(**changes: Any) -> SealedFiles:  # noqa: ANN401 - fields
    return SealedFiles("production-pilot", AT, DIGEST, CONTENT)._replace(**changes)


def test_archive_and_the_loose_files_have_names_of_their_own() -> None:
    files = package_files(sealed())
    assert [(one.name, one.role, one.media_type) for one in files] == [
        ("production-pilot-20260611T154001Z-58e1f2c07b9d.zip", Role.BUNDLE, "application/zip"),
        ("production-pilot-20260611T154001Z-58e1f2c07b9d.runbook.pdf", Role.RUNBOOK, "application/pdf"),
        ("production-pilot-20260611T154001Z-58e1f2c07b9d.attestation.json", Role.DOCUMENT, "application/json"),
    ]
    assert all(one.sha256 == hashlib.sha256(one.content).hexdigest() for one in files)
    assert files[1].size_bytes == 4
    assert all(attached_name_of(one.name) == one.name for one in files)


def test_archive_has_the_same_bytes_whatever_the_order_and_the_time_zone() -> None:
    turned = dict(reversed(CONTENT.items()))
    elsewhere = AT.astimezone(timezone(timedelta(hours=14)))
    assert pack(sealed()) == pack(sealed(files=turned, as_of=elsewhere))
    assert pack(sealed()) != pack(sealed(as_of=AT + timedelta(minutes=1)))


def test_archive_unpacks_to_the_bundle() -> None:
    with zipfile.ZipFile(io.BytesIO(pack(sealed()))) as archive:
        read = {entry.filename: archive.read(entry) for entry in archive.infolist()}
        entries = archive.infolist()
    assert read == {f"20260611T154001Z-58e1f2c07b9d/{name}": content for name, content in CONTENT.items()}
    assert [one.filename for one in entries] == sorted(read)
    assert {(one.compress_type, one.external_attr >> 16, one.create_system) for one in entries} == {(0, 0o100644, 3)}
    assert entries[0].date_time == (2026, 6, 11, 15, 40, 0)  # in steps of two seconds


@pytest.mark.parametrize("year", [1, 1979])
def test_instant_before_archives_can_say_is_the_first_they_can(year: int) -> None:
    with zipfile.ZipFile(io.BytesIO(pack(sealed(as_of=AT.replace(year=year))))) as archive:
        assert archive.infolist()[0].date_time == (1980, 1, 1, 0, 0, 0)
