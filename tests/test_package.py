"""medqa as an installed program: the same, with its templates inside."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import medqa
from tests.sites import ROOT

pytest.importorskip("hatchling", reason="hatchling is not installed: no wheel can be built")


def test_a_wheel_builds_another_archive_with_the_packaged_templates(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps", "--no-index"]
    subprocess.run([*build, "--wheel-dir", tmp_path, ROOT], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("medqa-*.whl")
    assert medqa.__version__ in wheel.name
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(installed)
    thread = tmp_path / "archive" / "content" / "threads" / "cough.md"
    thread.parent.mkdir(parents=True)
    thread.write_text(
        "---\ntitle: A cough\nspecialty: Pulmonology\nasked: 2020-01-02\n---\n## Question\n\nHow long?\n", "utf-8"
    )
    program = [sys.executable, "-m", "medqa", "--root", str(tmp_path / "archive")]
    environment = {"PYTHONPATH": str(installed), "PATH": "/usr/bin:/bin"}
    run = subprocess.run(program, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    page = (tmp_path / "archive" / "site" / "threads" / "cough" / "index.html").read_text(encoding="utf-8")
    assert "How long?" in page
    assert (tmp_path / "archive" / "site" / "assets" / "site.css").exists()
