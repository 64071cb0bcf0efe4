"""The files that deploy us are accepted by the tools that read them."""

import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def run(*words: str) -> str:
    done = subprocess.run(words, cwd=HOME, capture_output=True, text=True, check=False)
    return f"{done.returncode} {done.stdout}{done.stderr}".strip()


def test_compose_reads_its_file() -> None:
    assert run(str(BIN / "docker-compose"), "config", "-q").startswith("0")


def test_the_dockerfile_has_nothing_a_linter_minds() -> None:
    assert run(str(BIN / "hadolint"), "Dockerfile") == "0"
