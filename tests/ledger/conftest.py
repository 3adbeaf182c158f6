"""A ledger in either database. The PostgreSQL server is real, and the tests start it themselves."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine

_databases = count(1)


def _program(name: str) -> str:
    """Find a server program: Debian keeps them out of the path."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    return str(found[-1]) if found else shutil.which(name) or name


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Start a server on a socket of its own; give an address without a database."""
    # Not below tmp_path: a socket's path is short, and the server may not run as root.
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        owner = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        if owner:
            user = pwd.getpwnam("postgres")
            os.chown(folder, user.pw_uid, user.pw_gid)
        data = f"{folder}/data"

        def run(*command: str) -> None:
            subprocess.run([*owner, *command], check=True, stdout=subprocess.DEVNULL, cwd=folder)

        run(_program("initdb"), "-D", data, "-U", "ledger", "--auth=trust", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c max_connections=20"
        control = [_program("pg_ctl"), "-D", data, "-w", "-s"]
        run(*control, "-l", f"{folder}/log", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://ledger@/{{}}?host={folder}"
        finally:
            run(*control, "-m", "immediate", "stop")


@pytest.fixture
def postgresql_address(postgresql: str) -> str:
    """Give a fresh database of the server."""
    name = f"ledger_{os.getpid()}_{next(_databases)}"
    engine = create_engine(postgresql.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return postgresql.format(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give a fresh ledger's address, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/state/ledger.db"
    found: str = request.getfixturevalue("postgresql_address")
    return found
