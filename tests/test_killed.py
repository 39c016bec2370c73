"""Builds that are killed from outside, by the kernel's own means and at any moment: nothing is simulated here.

The site is looked at right after each kill, and again after the next run. MEDQA_KILLS=200 (`make torture`) kills more
often, builds of a larger archive, with one process and with two.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from select import select

from tests.faults import STAGE, complaint
from tests.projects import Project
from tests.sites import AS_OF, ROOT

KILLS = int(os.environ.get("MEDQA_KILLS", "20"))
LONG = KILLS > 20
VERSIONS = 3
MANY, FEW = 90, 6
"""Threads, so many that two processes share the work, and so few that a build takes no time."""
THREADS = MANY if LONG else FEW
SIGNS = {"whole run": "", "staging": f"{STAGE}/new", "publication": f"{STAGE}/journal"}
"""Stretch of a build → what is in the site's folder from its beginning on."""


def write(project: Project, version: int, threads: int = THREADS) -> None:
    """Write a version of the archive; from one to the next every page changes, some come, some go."""
    for folder in ("content", "static"):
        if (project.root / folder).exists():
            project.remove(folder)
    project.config(name=f"Archive {version}", base_url="https://archive.example", per_page=2)
    specialties = ("Neurology", "Cardiology", "Surgery", "Orthopedics")
    stems = [f"case-{number}" for number in range(threads) if number % VERSIONS != version]
    for number, stem in enumerate(stems):
        text = f"What helps, and is it [this]({stems[number - 1]}.md)? ![rash](/rash-{version}.svg)"
        project.thread(
            stem,
            asked=f"20{10 + number % 10}-01-01",
            specialty=specialties[(number + version) % 4],
            aliases=[f"/old/{stem}/{alias}" for alias in range(6 if threads == MANY else 1)],
            body={"Question": text, "Reply": f"Rest, says version {version}."},
        )
    project.write(f"static/rash-{version}.svg", "<svg/>").write(f"static/papers-{version % 2}/all.txt", "all")
    for number in range(1_000 if LONG else 100):
        project.write(f"static/data/{number}.txt", f"{number} in version {version}\n" * 50)
    project.write("static/leaflet" if version == 1 else "static/leaflet/part.txt", "a leaflet")


def started(project: Project, jobs: int, stdout: int = subprocess.DEVNULL) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "build.py", "--root", str(project.root), "--as-of", AS_OF.isoformat()]
    return subprocess.Popen([*command, "--jobs", str(jobs)], cwd=ROOT, stdout=stdout)


def wait_until_there(file: Path, build: "subprocess.Popen[bytes]") -> None:
    while not file.exists() and build.poll() is None:
        pass


def lengths(project: Project, jobs: int) -> dict[str, float]:
    """Build undisturbed, and measure how long each stretch takes."""
    build = started(project, jobs)
    begins = {}
    for stretch, sign in SIGNS.items():
        wait_until_there(project.site / sign if sign else project.root, build)
        begins[stretch] = time.perf_counter()
    assert build.wait() == 0
    end = time.perf_counter()
    return {stretch: end - begin for stretch, begin in begins.items()}


def kill(project: Project, jobs: int, stretch: str, delay: float) -> bool:
    """Begin a build, and kill it some time after it has come to a stretch; tells whether it was still running."""
    with started(project, jobs) as build:
        wait_until_there(project.site / SIGNS[stretch] if SIGNS[stretch] else project.root, build)
        time.sleep(delay)
        build.kill()
    return build.returncode < 0


def moments(seed: int) -> Iterator[tuple[str, float]]:
    """Give stretches, and at what part of each to kill: the parts are spread evenly, with some chance."""
    random = Random(seed)
    shares = dict(zip(SIGNS, (KILLS // 2, KILLS // 4, KILLS // 4), strict=True))
    found = [(stretch, (part + random.random()) / share) for stretch, share in shares.items() for part in range(share)]
    random.shuffle(found)
    return iter(found)


def test_whenever_a_build_is_killed_the_site_is_whole_and_the_next_run_completes_it(project: Project) -> None:
    clean = []
    for version in range(VERSIONS):
        write(project, version)
        clean.append(project.clean_build_files())
    write(project, 0)
    project.build()
    write(project, 1)
    took = {jobs: lengths(project, jobs) for jobs in ((1, 2) if LONG else (1,))}
    assert project.files() == clean[1]
    between, version = 0, 1
    for number, (stretch, part) in enumerate(moments(1)):
        if number % 4 != 3:  # every fourth kill is one of the run that should complete what the third left
            stamps = project.stamps()
            old, version = clean[version], (version + 1) % VERSIONS
            write(project, version)
        jobs = 1 + number % len(took)
        if not kill(project, jobs, stretch, took[jobs][stretch] * part):
            took[jobs][stretch] *= 0.5  # the machine is less busy than it was
        told = f"kill {number} at {part:.0%} of the {stretch}, {jobs} processes"
        found = project.files()
        assert not complaint(old, clean[version], found), told
        if f"{STAGE}/journal" in found:
            between += 1
        elif all(found.get(path) == data for path, data in old.items()):
            assert stamps.items() <= project.stamps().items(), told
        if number % 4 != 2:
            project.build()
            assert project.files() == clean[version], told
    assert between >= KILLS // 20 or not LONG, took  # a few kills may all miss so short a moment


def test_no_process_of_a_killed_build_lives_on(project: Project) -> None:
    """This waits until all its workers have let go of the pipe that they inherited."""
    write(project, 0, MANY)
    project.build()
    write(project, 1, MANY)
    reading, writing = os.pipe()
    with started(project, 2, stdout=writing) as build:
        os.close(writing)
        wait_until_there(project.site / SIGNS["publication"], build)
        build.kill()
    assert (project.site / STAGE).exists()
    ready, _, _ = select([reading], [], [], 60)
    assert ready
    assert os.read(reading, 1) == b""
    os.close(reading)


_INTERRUPTED = """
import os, signal, sys
from medqa import cli, work
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests in the background ignores it
work.PARSE_CHUNK, parse, here = 1, work.parse, os.getpid()

def told(*given):
    os.write(1, b"%d\\n" % os.getpid())
    if os.getpid() == here:
        sys.stdin.read()
    return parse(*given)

work.parse = told
sys.exit(cli.main())
"""
_OFTEN = 20_000


def test_an_interrupted_build_ends_without_a_word(project: Project) -> None:
    """Ctrl-C reaches the build and its worker at once, which may be at work on a chunk or wait for the next."""
    write(project, 0, 60)  # so many that the build will take one itself, too
    command = [sys.executable, "-c", _INTERRUPTED, "--root", str(project.root), "--jobs", "2"]
    with subprocess.Popen(
        command, cwd=ROOT, process_group=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as build:
        assert build.stdout
        at_work: set[int] = set()
        while build.pid not in at_work or len(at_work) == 1:
            at_work.add(int(build.stdout.readline()))
        (worker,) = at_work - {build.pid}
        for _ in range(_OFTEN):
            os.kill(worker, signal.SIGINT)
        os.killpg(build.pid, signal.SIGINT)
        _, said = build.communicate(timeout=60)
    assert build.returncode == 130
    assert b"Traceback" not in said
    assert project.build().threads
