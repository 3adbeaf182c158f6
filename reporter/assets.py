"""Where the templates, stylesheet and fonts are: the same files in a checkout and installed.

Finds the directory, and reads nothing in it.
"""

from pathlib import Path

from reporter.errors import ReporterError

_KNOWN_FILE = Path("fonts", "fonts.conf")
"""A file that our templates have: another project's `templates/` is not taken for ours."""


def templates_dir() -> Path:
    """Find `templates/`: inside the package when installed, beside it in a checkout.

    An editable install is a checkout. The package's own copy comes first, because nothing else can
    have put it there; the one beside the package counts only next to our `pyproject.toml`.
    """
    return _find_templates(Path(__file__).resolve().parent)


def _find_templates(package: Path) -> Path:
    installed = package / "_templates"
    if (installed / _KNOWN_FILE).is_file():
        return installed
    beside = package.parent / "templates"
    if (beside / _KNOWN_FILE).is_file() and (package.parent / "pyproject.toml").is_file():
        return beside
    raise ReporterError(f"{package}: found no templates in {installed} or {beside}; install reporter again")
