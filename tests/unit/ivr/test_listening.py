"""What an offline recogniser hears in prompts and spoken values, where tools/prompts/make.sh has installed it."""

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
PYTHON = REPOSITORY / ".tools" / "voice" / "venv" / "bin" / "python"


@pytest.mark.skipif(not PYTHON.exists(), reason="the recogniser is not installed: tools/prompts/make.sh --listen")
@pytest.mark.parametrize("what", [("welcome", "still_busy"), ("--values",)])
def test_recogniser_hears_what_is_said(what: tuple[str, ...]) -> None:
    command = (str(PYTHON), "-m", "tools.prompts.listen", *what)
    heard = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    print(heard.stdout, file=sys.stderr)
    assert heard.returncode == 0, heard.stdout + heard.stderr[-2000:]
