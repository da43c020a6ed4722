"""What an offline recogniser hears in prompts, where tools/prompts/make.sh has installed it."""

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
PYTHON = REPOSITORY / ".tools" / "voice" / "venv" / "bin" / "python"


@pytest.mark.skipif(not PYTHON.exists(), reason="the recogniser is not installed: tools/prompts/make.sh --listen")
def test_recogniser_hears_what_is_said() -> None:
    command = (str(PYTHON), "-m", "tools.prompts.listen", "welcome", "still_busy")
    heard = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    print(heard.stdout, file=sys.stderr)
    assert heard.returncode == 0, heard.stdout + heard.stderr[-2000:]
