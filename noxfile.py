"""Every check and every command of this repository: `python3 noxfile.py <session> [arguments]`.

It needs nothing but Python 3.11 or newer: run as a script, it makes itself a small environment with nox in it, from
hashes, and runs nox there. With nox at hand, `nox -s <session> -- [arguments]` is the same thing.

`python3 noxfile.py` alone runs all that must be green before a change is done, `python3 noxfile.py --list` names the
sessions, and `python3 noxfile.py -s lint types` runs several.
"""

import hashlib
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
CONSTRAINTS = ROOT / "constraints"

# The constraint files are complete, so nothing needs to be resolved. Wheels only: an sdist runs code of its own before
# anyone has looked at what it made. Byte code is written when a module is first imported, which is a third of it.
PIP_INSTALL = (
    *("install", "--quiet", "--disable-pip-version-check", "--no-input"),
    *("--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-compile"),
)


def run_nox_in_its_own_environment(arguments: list[str]) -> int:
    """What `python3 noxfile.py …` does."""
    if sys.version_info < (3, 11):
        print(f"shopcore needs Python 3.11 or newer; this is {sys.version.split()[0]}.", file=sys.stderr)
        return 2
    os.chdir(ROOT)
    command = [str(nox_executable()), *nox_arguments(arguments)]
    if arguments[:1] == ["tests"]:
        return run_and_close_with_summary(command)
    if os.name == "nt":  # there, exec leaves the console to two processes
        return subprocess.run(command, check=False).returncode
    os.execv(command[0], command)  # one process from here on, so that signals reach what they are meant for


def nox_executable() -> Path:
    """Make `.nox/nox-<version>` unless it is there already and holds what constraints/nox.txt asks for."""
    folder = ROOT / ".nox" / f"nox-{sys.version_info.major}.{sys.version_info.minor}"
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    requirements = CONSTRAINTS / "nox.txt"
    mark, wanted = folder / "installed", fingerprint(requirements)
    if not mark.is_file() or mark.read_text() != wanted:
        print("Preparing .nox/ (once) …", file=sys.stderr, flush=True)
        builder = venv.EnvBuilder(with_pip=True, clear=True, symlinks=os.name != "nt")
        try:
            builder.create(folder)
        except subprocess.CalledProcessError:
            sys.exit("Python's venv module is incomplete here (on Debian: apt-get install python3-venv).")
        subprocess.run([scripts / "python", "-m", "pip", *PIP_INSTALL, "-r", requirements], check=True)
        mark.write_text(wanted)
    return scripts / "nox"


def nox_arguments(arguments: list[str]) -> list[str]:
    """Turn `serve --port 9000` into `-s serve -- --port 9000`; what begins with a dash is nox's own."""
    if not arguments or arguments[0].startswith("-"):
        return arguments
    session, *rest = arguments
    return ["-s", session, *(["--", *rest] if rest else [])]


SUMMARY = re.compile(
    r"=*\s*(?:no tests ran|\d+ (?:passed|failed|skipped|deselected|x?failed|xpassed|error)).* in [\d.]+s"
)


def run_and_close_with_summary(command: list[str]) -> int:
    """Run the tests, pass everything on as it comes, and say pytest's last line again at the end: nox has its own."""
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    if sys.stdout.isatty():
        environment |= {"PY_COLORS": "1"}
    summary, unfinished = b"", b""
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        while chunk := os.read(process.stdout.fileno(), 65536):
            sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
            *lines, unfinished = (unfinished + chunk).split(b"\n")
            for line in lines:
                if SUMMARY.match(re.sub(r"\x1b\[[\d;]*m", "", line.decode(errors="replace"))):
                    summary = line
    sys.stderr.flush()
    sys.stdout.buffer.write((summary or b"pytest did not come to a summary") + b"\n")
    sys.stdout.buffer.flush()
    return process.returncode


def fingerprint(*files: Path) -> str:
    """What an environment was made from; an environment made from anything else is made again."""
    digest = hashlib.sha256(str(ROOT).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(run_nox_in_its_own_environment(sys.argv[1:]))

import nox

nox.needs_version = ">=2026.1"
# nox brings virtualenv with it, which makes an environment in a sixth of the time that venv takes; it would look for
# newer wheels of pip in the background if it were not told otherwise.
nox.options.default_venv_backend = "virtualenv"
os.environ.setdefault("VIRTUALENV_NO_PERIODIC_UPDATE", "true")
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "imports", "core", "tests", "docs"]


def install(session: nox.Session, name: str, *, project: bool = True) -> None:
    """Install constraints/<name>.txt by hash, then the project itself, unless just that is there already."""
    requirements = CONSTRAINTS / f"{name}.txt"
    mark = Path(session.virtualenv.location) / "installed"
    wanted = fingerprint(requirements, ROOT / "pyproject.toml")
    if mark.is_file() and mark.read_text() == wanted:
        return
    session.run("python", "-m", "pip", *PIP_INSTALL, "-r", str(requirements), silent=True)
    if project:
        quiet = ("--quiet", "--disable-pip-version-check", "--no-compile")
        session.run(
            *("python", "-m", "pip", "install", *quiet, "--no-deps", "--no-build-isolation", "--editable", "."),
            silent=True,
        )
    mark.write_text(wanted)


@nox.session
def lint(session: nox.Session) -> None:
    """Format and lint."""
    install(session, "lint")
    session.run("ruff", "format", "--check", *session.posargs)
    session.run("ruff", "check", *session.posargs)


@nox.session
def types(session: nox.Session) -> None:
    """Check the types, strictly."""
    install(session, "types")
    session.run("mypy", *session.posargs)


@nox.session
def imports(session: nox.Session) -> None:
    """Check who may import whom."""
    install(session, "lint")
    session.run("lint-imports", "--no-cache", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run every test, on every processor; arguments are pytest's, and replace that."""
    install(session, "tests")
    session.run("python", "-m", "pytest", *(session.posargs or ("-n", "auto")))


@nox.session
def core(session: nox.Session) -> None:
    """Run the tests marked `core` where no driver, no framework and no container is installed."""
    install(session, "core")
    # Collecting imports a file, so the others must not even be collected here.
    folders = [ROOT / "tests" / folder for folder in ("architecture", "unit", "machines")]
    files = [
        file for folder in folders for file in sorted(folder.rglob("test_*.py")) if "mark.core" in file.read_text()
    ]
    session.run("python", "-m", "pytest", "-m", "core", *map(str, files), *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; a warning is an error."""
    install(session, "docs")
    session.run(
        "sphinx-build", "-W", "-n", "--keep-going", "-q", "-b", "html", "docs", "docs/_build/html", *session.posargs
    )


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Ask 20,000 requests that nobody thought of, as every kind of actor: for the night."""
    install(session, "tests")
    command = ("python", "-m", "pytest", "tests/http/test_fuzz.py", "-p", "no:randomly", "-s", "-q")
    session.run(*command, *session.posargs, env={"SHOP_FUZZ_CASES": "200"})


@nox.session(default=False)
def nightly(session: nox.Session) -> None:
    """What takes too long for every change: the other sessions of the night, one after the other; each may fail."""
    for name in ("examples", "boundaries", "fuzz", "mongo", "chaos", "storm", "signin"):
        session.notify(name, posargs=())


@nox.session(default=False)
def examples(session: nox.Session) -> None:
    """Whatever is told by examples that are made up, with twenty times as many of them and others each night."""
    install(session, "tests")
    arguments = session.posargs or ("-n", "auto", "--timeout", "1200")
    folders = ("tests/unit", "tests/contracts", "tests/machines")
    session.run("python", "-m", "pytest", *folders, *arguments, env={"HYPOTHESIS_PROFILE": "nightly"})


@nox.session(default=False)
def boundaries(session: nox.Session) -> None:
    """Die at each boundary of every story while all that is done by the clock is due, also on MongoDB."""
    install(session, "tests")
    files = ("tests/machines/test_crash_points.py", "tests/machines/test_stripe_crashes.py")
    arguments = session.posargs or ("-n", "auto")
    session.run("python", "-m", "pytest", *files, *arguments, env={"SHOP_TEST_BOUNDARIES": "every"})


@nox.session(default=False)
def signin(session: nox.Session) -> None:
    """Fifty sign in at once, again and again: a product page's p95 is at most twice what it is without them."""
    install(session, "tests")
    session.run("python", "-m", "tests.load.bench_signin", "5", "2.0")


@nox.session(default=False)
def mongo(session: nox.Session) -> None:
    """Everything that is asked over HTTP, of a shop that is kept on MongoDB: for the night."""
    install(session, "tests")
    arguments = session.posargs or ("-n", "auto")
    session.run(
        *("python", "-m", "pytest", "tests/http", "tests/security", *arguments), env={"SHOP_TEST_STORE": "mongodb"}
    )


@nox.session(default=False)
def chaos(session: nox.Session) -> None:
    """Kill the primary of the store ten times while people buy, then Redis, and say how long nobody could."""
    install(session, "tests")
    files = ("tests/load/test_failover.py", "tests/load/test_redis_killed.py")
    session.run(
        *("python", "-m", "pytest", *files, "-s", "-p", "no:randomly", *session.posargs),
        env={"SHOP_TEST_KILLS": "10"},
    )


@nox.session(default=False)
def storm(session: nox.Session) -> None:
    """Let 1,000 customers pay through Stripe's double while everything fails; `storm mongo` on MongoDB."""
    install(session, "tests")
    store = "mongo" if "mongo" in session.posargs else "sqlite"
    session.run(
        *("python", "-m", "pytest", "tests/load/test_charges.py", "-s", "-p", "no:randomly"),
        env={"SHOP_TEST_CHECKOUTS": "1000", "SHOP_TEST_STORM_KILLS": "60", "SHOP_TEST_STORM_STORE": store},
    )


@nox.session(default=False)
def second_opinion(session: nox.Session) -> None:
    """Compare Stripe's double with localstripe, which runs in an environment of its own."""
    install(session, "tests")
    home = Path(session.create_tmp()).resolve() / "localstripe"
    session.run("python", "-m", "venv", str(home), silent=True)
    python, requirements = home / "bin" / "python", CONSTRAINTS / "second-opinion.txt"
    session.run(str(python), "-m", "pip", *PIP_INSTALL, "-r", str(requirements), silent=True, external=True)
    session.run(
        *("python", "-m", "pytest", "tests/unit/stripe/test_second_opinion.py", *session.posargs),
        env={"SHOP_TEST_LOCALSTRIPE": str(python)},
    )


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure, with tests/load/bench.py; `redis`, `mongo 120`, `mails 1000` or `catalogue FOLDER` with such a file."""
    install(session, "tests")
    session.run("python", "-m", "_".join(("tests.load.bench", *session.posargs[:1])), *session.posargs[1:])


@nox.session(default=False)
def gallery(session: nox.Session) -> None:
    """Take the pictures of the mails anew, for docs/reference/mails.md."""
    install(session, "tests")
    session.run("python", "docs/mail_gallery.py")


@nox.session(default=False)
def serve(session: nox.Session) -> None:
    """Serve a stocked shop; arguments are those of `shop serve`."""
    install(session, "serve")
    command = ["shop", "serve", "--sample", *session.posargs]
    if os.name == "nt":
        session.run(*command)
        return
    # The shop takes this process over: a signal sent to it reaches the shop, and killing it leaves nothing behind.
    scripts = Path(session.virtualenv.location) / "bin"
    environment = os.environ | {"PATH": f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}"}
    os.execve(scripts / "shop", command, environment)


LOCKS: dict[str, tuple[str, ...]] = {
    "nox": ("--group", "nox"),
    "lock": ("--group", "lock"),
    "lint": ("--group", "lint"),
    "second-opinion": ("--group", "second-opinion"),
    "core": ("--group", "core"),
    "serve": ("pyproject.toml", "--extra", "all", "--group", "build"),
    "tests": ("pyproject.toml", "--extra", "all", "--extra", "testing", "--group", "tests"),
    "types": ("pyproject.toml", "--extra", "all", "--extra", "testing", "--group", "types"),
    "docs": ("pyproject.toml", "--extra", "all", "--extra", "testing", "--group", "docs"),
}


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Write constraints/*.txt anew; `lock -- --upgrade` takes the newest versions."""
    install(session, "lock", project=False)
    for name, what in LOCKS.items():
        session.run(
            *("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"),
            *("--no-header", "--no-annotate", *what, "--output-file", f"constraints/{name}.txt", *session.posargs),
            silent=True,
        )
        if "://" in (CONSTRAINTS / f"{name}.txt").read_text():
            session.error(f"constraints/{name}.txt names a host; only names, versions and hashes may stand there.")
