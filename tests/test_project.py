"""The project as packaged and kept: what the wheel holds, what is pinned, which licences."""

import importlib.metadata
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import reporter
from reporter.assets import _find_templates, templates_dir
from reporter.errors import ReporterError

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"

BUILD = """
import sys
import hatchling.build
wheels, editable, source = sys.argv[1:]
hatchling.build.build_wheel(wheels)
hatchling.build.build_editable(editable)
hatchling.build.build_sdist(source)
"""

PERMISSIVE = re.compile(
    r"0BSD|Apache(-2\.0| Software License)|BSD(-[23]-Clause| License)"
    r"|MIT(-0|-CMU)?( License)?|PSF-2\.0"
)
# Copyleft by file: pip installs them unmodified beside us; no line of theirs is in what we ship.
WEAK_COPYLEFT = {
    "certifi": "MPL-2.0; httpx's list of certificate authorities",
    "pyphen": "MPL-1.1, one of the three to choose from; WeasyPrint's hyphenation",
}


def template_files(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Build wheel, editable wheel and source archive once, offline, with the pinned backend."""
    directories = {kind: tmp_path_factory.mktemp(kind) for kind in ("wheel", "editable", "sdist")}
    subprocess.run([sys.executable, "-c", BUILD, *map(str, directories.values())], cwd=ROOT, check=True)
    return {kind: next(directory.iterdir()) for kind, directory in directories.items()}


def templates_as_installed_from(wheel: Path, tmp_path: Path) -> Path:
    """Install a wheel alone into its own environment and ask there where the templates are."""
    environment = tmp_path / "environment"
    python = environment / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "-qq", "--no-index", "--no-deps", "--no-compile", wheel], check=True)
    asked = subprocess.run(
        [python, "-I", "-c", "from reporter.assets import templates_dir; print(templates_dir())"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    return Path(asked.stdout.strip())


def test_checkout_finds_the_templates_beside_the_package() -> None:
    assert templates_dir() == TEMPLATES


def test_wheel_holds_every_template(built: dict[str, Path]) -> None:
    with zipfile.ZipFile(built["wheel"]) as wheel:
        held = {
            name.removeprefix("reporter/_templates/")
            for name in wheel.namelist()
            if name.startswith("reporter/_templates/")
        }
    assert held == template_files(TEMPLATES)


def test_source_archive_holds_every_template(built: dict[str, Path]) -> None:
    with tarfile.open(built["sdist"]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"templates/{name}" for name in template_files(TEMPLATES)} <= names


def test_installed_wheel_finds_the_same_templates(built: dict[str, Path], tmp_path: Path) -> None:
    found = templates_as_installed_from(built["wheel"], tmp_path)
    assert found.is_relative_to(tmp_path)
    assert {name: (found / name).read_bytes() for name in template_files(found)} == {
        name: (TEMPLATES / name).read_bytes() for name in template_files(TEMPLATES)
    }


def test_editable_install_finds_the_templates_of_the_checkout(built: dict[str, Path], tmp_path: Path) -> None:
    assert templates_as_installed_from(built["editable"], tmp_path) == TEMPLATES


def test_templates_inside_the_package_come_first(tmp_path: Path) -> None:
    for templates in ("templates", "reporter/_templates"):
        (tmp_path / templates / "fonts").mkdir(parents=True)
        (tmp_path / templates / "fonts" / "fonts.conf").touch()
    (tmp_path / "pyproject.toml").touch()
    assert _find_templates(tmp_path / "reporter") == tmp_path / "reporter" / "_templates"


def test_templates_of_another_project_are_not_taken(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "templates").mkdir()
    with pytest.raises(ReporterError, match="install reporter again"):
        _find_templates(tmp_path / "reporter")


def test_no_font_but_our_own_is_seen() -> None:
    listed = subprocess.run(
        ["fc-list", "--format", "%{file}\n"],
        env={"FONTCONFIG_FILE": str(TEMPLATES / "fonts" / "fonts.conf"), "HOME": "/nonexistent"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert listed.stderr == ""
    assert {Path(line) for line in listed.stdout.split()} == set(TEMPLATES.glob("fonts/*.otf"))


def test_wheel_holds_the_licences_of_all_it_ships(built: dict[str, Path]) -> None:
    with zipfile.ZipFile(built["wheel"]) as wheel:
        licences = {name.partition("/licenses/")[2] for name in wheel.namelist()}
    assert {"LICENSE", "NOTICE", "templates/fonts/OFL.txt"} <= licences


def kept_files() -> Iterator[tuple[str, str]]:
    """Yield name and text of every file that is, or would be, under version control."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    if listing.returncode != 0:
        pytest.skip("not a git checkout")
    for name in sorted(set(listing.stdout.split("\0")) - {""}):
        path = ROOT / name
        if path.is_file() and path.suffix not in {".otf", ".png"}:
            yield name, path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("pattern", "meaning"),
    [
        pytest.param(r"https?://[^\s\"'<>]*/simple\b", "package index", id="index"),
        pytest.param(r"\b(pypi|pythonhosted|npmjs)\.(org|com)\b", "registry", id="registry"),
        pytest.param(r"--(extra-)?index-url[ =]|--find-links[ =]", "index option", id="option"),
        pytest.param(r"(?<![\w.])/(home|root|Users|work)/\w", "machine path", id="path"),
        pytest.param(r'"resolved": *"', "address in a lock file", id="resolved"),
    ],
)
def test_no_kept_file_names_an_index_or_a_machine(pattern: str, meaning: str) -> None:
    found = [
        f"{name}:{number}: {meaning}: {line.strip()[:80]}"
        for name, text in kept_files()
        if name != "tests/test_project.py"
        for number, line in enumerate(text.splitlines(), start=1)
        if re.search(pattern, line)
    ]
    assert found == []


@pytest.mark.parametrize("name", ["run", "build", "dev"])
def test_every_requirement_is_pinned_with_a_hash(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    entries = [entry for entry in text.replace("\\\n", " ").splitlines() if entry]
    assert entries
    assert [entry for entry in entries if not re.match(r"[\w.-]+==\S+ .*--hash=sha256:", entry)] == []


def pins(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==(\S+)", text, flags=re.MULTILINE))


@pytest.mark.parametrize("name", ["run", "build"])
def test_one_version_of_a_package_everywhere(name: str) -> None:
    assert pins(name).items() <= pins("dev").items()


def declared() -> list[Requirement]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    groups = project["dependency-groups"]
    return [Requirement(line) for line in (*project["project"]["dependencies"], *groups["build"], *groups["dev"])]


@pytest.mark.parametrize("requirement", declared(), ids=lambda requirement: requirement.name)
def test_pin_satisfies_what_the_project_declares(requirement: Requirement) -> None:
    assert requirement.specifier.contains(pins("dev")[requirement.name])


def runtime_packages() -> set[str]:
    """Every distribution that installing reporter brings to this system."""
    packages: set[str] = set()
    waiting = [("reporter", "")]
    while waiting:
        name, extra = waiting.pop()
        for line in importlib.metadata.requires(name) or []:
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                wanted = [(needed.name, each) for each in ("", *needed.extras)]
                if needed.name.lower() not in packages:
                    waiting.extend(wanted)
                packages.add(needed.name.lower())
    return packages


def licences(package: str) -> list[str]:
    """Say which licences, any of which may be chosen, a distribution declares."""
    metadata = importlib.metadata.metadata(package)
    if expressions := metadata.get_all("License-Expression"):
        return str(expressions[0]).split(" OR ")
    classifiers = [
        value.rpartition(" :: ")[2] for value in metadata.get_all("Classifier") or [] if value.startswith("License :: ")
    ]
    return classifiers or metadata.get_all("License") or []


@pytest.mark.parametrize("package", sorted(runtime_packages()))
def test_runtime_dependency_is_permissive(package: str) -> None:
    permissive = any(PERMISSIVE.fullmatch(licence) for licence in licences(package))
    assert permissive != (package in WEAK_COPYLEFT), licences(package)


def test_changelog_covers_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## \[(.+?)\]", changelog, flags=re.MULTILINE)
    assert sections[0] == "Unreleased"
    assert reporter.__version__ in sections or sections == ["Unreleased"]


def test_pre_commit_runs_what_lint_runs() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    lint = (ROOT / "Makefile").read_text(encoding="utf-8")
    tools = re.findall(r"^\t@\$\(BIN\)/(ruff \w+|mypy|lint-imports)", lint, flags=re.MULTILINE)
    assert {"ruff check", "ruff format", "mypy", "lint-imports"} <= set(tools)
    assert [tool for tool in tools if f"entry: .venv/bin/{tool}" not in hooks] == []


def test_make_takes_the_python_of_its_own_environment_for_the_one_that_it_was_made_from(tmp_path: Path) -> None:
    """The stamp names the environment: with another stamp, `make` makes it anew."""
    base = Path(sys.base_prefix, "bin", "python3")
    subprocess.run([base, "-m", "venv", "--without-pip", tmp_path / ".venv"], check=True)
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("linked", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "linked" / "python3").symlink_to(base)
    (tmp_path / "other" / "python3").write_text("#!/bin/sh\necho /elsewhere/python3\n", encoding="utf-8")
    (tmp_path / "other" / "python3").chmod(0o755)

    def stamp(folder: Path) -> str:
        return subprocess.run(
            ["make", "--silent", "--eval=shown: ; @echo $(RUN)", "shown"],
            cwd=tmp_path,
            env={"PATH": f"{folder}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    made_from = stamp(base.parent)
    assert re.fullmatch(r"\.venv/stamps/run-[0-9]+\n", made_from)
    assert stamp(tmp_path / ".venv" / "bin") == made_from
    assert stamp(tmp_path / "linked") == made_from
    assert stamp(tmp_path / "other") != made_from
