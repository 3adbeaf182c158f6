"""The worker's side of a PDF: WeasyPrint with our fonts only, without network, clock or chance.

Runs in a process of its own: it sets that process's environment, silences WeasyPrint's prints and turns the garbage
collector off while it lays out.
"""

import contextlib
import ctypes.util
import gc
import io
import os
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from reporter.errors import ReporterError, UsageFault
from reporter.workers import become_worker

FAMILY: Final = "Inter"
VARIANT: Final = "pdf/a-3a"
PACKAGES: Final = "libpangoft2-1.0-0 libharfbuzz-subset0"

_LIBRARIES_MISSING: Final = (
    "PDF: found no {found}, wanted the libraries that WeasyPrint loads;"
    f" on Debian and Ubuntu run: apt-get install --no-install-recommends {PACKAGES}"
)


_WARM_UP: Final = "<style>html { font-family: Inter } b { font-weight: 600 }</style><h1>Warm</h1><table><tr><td><b>up"


class ForeignFont(ReporterError):
    """A page asked for a font that is not bundled; its bytes would depend on the machine."""


class _Press:
    """What a warmed worker keeps.

    `fetcher` fetches nothing: a document has everything in it. `fault` says why this machine cannot print,
    once it is known.
    """

    loaded: Any = None
    fetcher: Any = None
    fault: Exception | None = None
    used = False


def warm_up(templates: str) -> None:
    """Load WeasyPrint and the fonts, and lay out a line, so that the first document finds all of it ready.

    Never raises: a pool whose initialiser fails cannot say why. `print_pdf` raises the fault instead.
    """
    become_worker()
    gc.disable()
    try:
        _Press.loaded = _load(Path(templates))
        _Press.fetcher = _Press.loaded.urls.URLFetcher(allowed_protocols=())
        _lay_out(_WARM_UP, {})
        gc.freeze()
    except Exception as fault:  # noqa: BLE001 - kept for whoever asks for a PDF
        _Press.fault = fault
    finally:
        gc.enable()


def ready() -> bool:
    """Say whether this worker can print."""
    return _Press.fault is None


def print_pdf(html: str, name: str, description: str, content: bytes, created_at: datetime) -> bytes:
    """Lay out a document as PDF/A-3a with one attached file. The same arguments give the same bytes."""
    if _Press.fault is not None:
        raise _Press.fault
    if _Press.used:
        gc.collect()
    _Press.used = True
    gc.disable()
    try:
        attachment = _Press.loaded.Attachment(
            string=content,
            name=name,
            description=description,
            created=created_at,
            modified=created_at,
            relationship="Data",
            url_fetcher=_Press.fetcher,
        )
        return _lay_out(html, {"pdf_variant": VARIANT, "pdf_tags": True, "attachments": [attachment]})
    finally:
        gc.enable()


def _load(templates: Path) -> Any:  # noqa: ANN401 - WeasyPrint has no types
    """Import WeasyPrint without the processes that `find_library` starts: the names of the files are enough."""
    for name in ("FONTCONFIG_PATH", "FONTCONFIG_SYSROOT"):
        os.environ.pop(name, None)  # noqa: TID251 - of this worker process only
    os.environ["FONTCONFIG_FILE"] = str(templates / "fonts" / "fonts.conf")  # noqa: TID251 - as above
    find_library = ctypes.util.find_library
    ctypes.util.find_library = lambda name: None  # noqa: ARG005
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            import weasyprint  # noqa: PLC0415 - in the worker only
            from weasyprint.text import ffi  # noqa: PLC0415
    except OSError as fault:
        raise UsageFault(_LIBRARIES_MISSING.format(found=str(fault).partition(":")[0])) from fault
    finally:
        ctypes.util.find_library = find_library
    if ffi.harfbuzz_subset is None:
        # Its fallback names subset fonts by chance: such a PDF differs from run to run.
        raise UsageFault(_LIBRARIES_MISSING.format(found="libharfbuzz-subset.so.0"))
    return weasyprint


def _lay_out(html: str, options: dict[str, Any]) -> bytes:
    document = _Press.loaded.HTML(string=html, base_url=None, url_fetcher=_Press.fetcher)
    pdf: bytes = document.write_pdf(finisher=_finish, **options)
    return pdf


def _finish(document: Any, pdf: Any) -> None:  # noqa: ANN401 - WeasyPrint has no types
    foreign = sorted({font.family for font in document.fonts.values()} - {FAMILY})
    if foreign:
        raise ForeignFont(f"PDF: found the font {', '.join(foreign)}, wanted {FAMILY} alone; correct paper.css")
    # WeasyPrint lists each attachment by its name and by its type.
    if "AF" in pdf.catalog:
        pdf.catalog["AF"][:] = list(dict.fromkeys(pdf.catalog["AF"]))
