"""What the READMEs claim and can be run is run here."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_generated_tables_are_up_to_date() -> None:
    check = subprocess.run(
        [sys.executable, ROOT / "tools" / "write-docs", "--check"], capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stdout + check.stderr
