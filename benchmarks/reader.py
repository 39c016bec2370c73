"""What Lighthouse says of the reader's page: a slow phone, the median of several runs.

    python benchmarks/reader.py [--runs N] [URL of a page on the sample's site ...]

The sample archive, served by nginx as docs/publishing.md advises. Scores are of 100; the paints, the blocking time and
the layout shift are those of Lighthouse's simulated phone on a slow line. What costs points is listed.
"""

import argparse
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from tests.browsing import nginx
from tests.sites import sample

LIGHTHOUSE = Path(__file__).parent / "reader" / "node_modules" / ".bin" / "lighthouse"
PAGES = ["/", "/threads/twitching-all-over-for-months/", "/specialties/neurology/", "/faq/neurology/muscle-twitching/"]
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
TIMES = ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift")
WIDTH = max(map(len, PAGES))


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", default=PAGES, metavar="URL", help="of pages on the site: /topics/")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="runs of each page (default: %(default)s)")
    asked = parser.parse_args()
    if not LIGHTHOUSE.exists():
        parser.error("there is no Lighthouse: npm ci in benchmarks/reader fetches it")
    with TemporaryDirectory(prefix="medqa-reader-") as name:
        folder = Path(name)
        (folder / "nginx").mkdir()
        site = sample(folder / "archive").folder
        with nginx(site, folder / "nginx") as address:
            print(" " * WIDTH, *(f"{name:>16}" for name in (*CATEGORIES, *map(_short, TIMES))))
            for page in asked.pages:
                said = [_run(f"{address}{page}") for _ in range(asked.runs)]
                for line in _lines(page, said):
                    print(line)


def _run(url: str) -> dict[str, Any]:
    """Ask Lighthouse about a page."""
    command = [str(LIGHTHOUSE), url, "--output=json", "--quiet", f"--only-categories={','.join(CATEGORIES)}"]
    command.append("--chrome-flags=--headless=new --no-sandbox --disable-gpu")
    program = shutil.which("chromium") or ""
    said = subprocess.run(command, env={**os.environ, "CHROME_PATH": program}, capture_output=True, check=True)
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def _lines(page: str, said: list[dict[str, Any]]) -> Iterator[str]:
    """Give the medians of a page's runs, and what cost points in any of them."""
    scores = [f"{median(100 * run['categories'][name]['score'] for run in said):.0f}" for name in CATEGORIES]
    times = [median(run["audits"][name]["numericValue"] for run in said) for name in TIMES]
    shown = [f"{time:.0f} ms" for time in times[:3]] + [f"{times[3]:.3f}"]
    yield " ".join([page.ljust(WIDTH), *(f"{each:>16}" for each in (*scores, *shown))])
    lost = {
        audit["title"]
        for run in said
        for category in run["categories"].values()
        for part in category["auditRefs"]
        if part["weight"] and ((audit := run["audits"][part["id"]])["score"] or 0) < 1 and audit["score"] is not None
    }
    yield from (f"    {title}" for title in sorted(lost))


def _short(name: str) -> str:
    return "".join(word[0] for word in name.split("-")).upper()


if __name__ == "__main__":
    main()
