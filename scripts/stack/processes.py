"""Processes that outlive the command that started them, remembered in one folder.

A roster is a folder with `state.json` (settings, pid and start time of every process) and one log per
process. A pid counts as ours only while its start time is the recorded one, so a reused pid is never hit.
"""
import contextlib
import fcntl
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


class Failure(Exception):
    """Something the user can act on: printed as one message, without a traceback."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Launch:
    """How one process is started, and how one sees that it works."""

    args: list[str]
    env: dict[str, str]
    ready: Callable[[], bool]
    uid: int | None = None
    stop_signal: int = signal.SIGTERM
    # Ends the service's work in order before the process is killed, where a signal alone is not the best way.
    stop_command: list[str] | None = None
    start_timeout: float = 90.0
    # Starts again after an early end: what a killed predecessor left behind goes away by itself.
    attempts: int = 1


# A shell stays as the parent and collects the exit status: under a PID 1 that does not, a killed process stays
# a zombie, and PostgreSQL takes it for a living server. Its own output is the pid; stderr is the log.
KEEPER = ["/bin/sh", "-c", '"$@" >&2 & echo $!; exec >&2; wait $!', "keeper"]


class Roster:
    """The processes of one folder."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.writing = threading.Lock()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """One command at a time changes what runs here."""
        if not self.folder.is_dir():
            raise Failure(f"{self.folder} does not exist: nothing was started there")
        with open(self.folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def load(self) -> dict:
        """Settings by name; `{}` when nothing was ever started here."""
        try:
            return json.loads((self.folder / "state.json").read_text())
        except FileNotFoundError:
            return {}

    def save(self, name: str, settings: dict) -> None:
        with self.writing:
            state = self.load() | {name: settings}
            fresh = self.folder / "state.json.new"
            fresh.touch(mode=0o600)
            fresh.write_text(json.dumps(state, indent=1))
            fresh.rename(self.folder / "state.json")

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def pid(self, name: str) -> int | None:
        """The pid of a living process, else None."""
        process = self.load().get(name, {}).get("process")
        if process and start_time(process["pid"]) == process["started"]:
            return process["pid"]
        return None

    def launch(self, name: str, launch: Launch) -> int:
        """Starts the process and waits until it is ready; on failure it is killed and its log is shown."""
        if running := self.pid(name):
            return running
        for attempt in range(launch.attempts):
            if attempt:
                time.sleep(0.5)
            keeper, pid = self.spawn(name, launch)
            deadline = time.monotonic() + launch.start_timeout
            while keeper.poll() is None and time.monotonic() < deadline:
                if launch.ready():
                    return pid
                time.sleep(0.05)
            if keeper.poll() is None:
                break
        reason = f"ended with {keeper.returncode}" if keeper.poll() is not None else f"not ready after {launch.start_timeout:.0f} s"
        self.kill(name)
        raise Failure(f"{name} {reason}; the end of {self.log(name)}:\n{tail(self.log(name))}")

    def spawn(self, name: str, launch: Launch) -> tuple[subprocess.Popen, int]:
        """Starts the process in a session of its own and records it; returns its keeper and its pid."""
        with open(self.log(name), "ab") as log:
            keeper = subprocess.Popen(
                [*KEEPER, *launch.args], env=launch.env, cwd=self.folder if launch.uid is None else "/",
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, start_new_session=True, **as_user(launch.uid))
        with keeper.stdout as output:
            pid = int(output.readline())
        settings = self.load().get(name, {})
        self.save(name, settings | {"process": {"pid": pid, "started": start_time(pid)}})
        return keeper, pid

    def stop(self, name: str, launch: Launch, grace: float = 40.0) -> None:
        """Asks the process to end, and kills it when it has not ended after `grace` seconds."""
        pid = self.pid(name)
        if pid is None:
            return
        if launch.stop_command:
            with contextlib.suppress(subprocess.TimeoutExpired):
                subprocess.run(launch.stop_command, stdin=subprocess.DEVNULL, capture_output=True, timeout=grace)
            self.kill(name)
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, launch.stop_signal)
        if not wait_until(lambda: self.pid(name) is None, grace):
            say(f"{name} did not end within {grace:.0f} s: killed")
            self.kill(name)

    def kill(self, name: str) -> None:
        """kill -9, and waits until it is gone."""
        pid = self.pid(name)
        if pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: self.pid(name) is None, 10)


def start_time(pid: int) -> str | None:
    """Start time of a living process in clock ticks since boot (proc_pid_stat(5), field 22)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return None
    return None if fields[0] in "ZX" else fields[19]


def as_user(uid: int | None) -> dict:
    """Arguments of subprocess that run a program as another user."""
    return {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}


def wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def free_port() -> int:
    """A free port below the ephemeral range, so that no outgoing connection takes it while its owner is down."""
    for _ in range(500):
        port = random.SystemRandom().randint(15000, 31999)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise Failure("no free port on 127.0.0.1 between 15000 and 31999")


def tail(path: Path, lines: int = 25) -> str:
    try:
        return "\n".join("  | " + line for line in path.read_text(errors="replace").splitlines()[-lines:])
    except OSError as error:
        return f"  | {error}"


def base_env() -> dict[str, str]:
    """The environment that processes start from: no setting of the caller leaks into what is measured."""
    kept = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "RUST_BACKTRACE", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR",
            "LUMI_CACHE", "LUMI_POSTGRES_HOME")
    return {name: os.environ[name] for name in kept if name in os.environ}


def main_with(run: Callable[[], int | None]) -> None:
    """Runs a script's main: a Failure is one message and exit 1, Ctrl-C is exit 130, SIGTERM unwinds too."""
    def unwind(*_: object) -> None:
        raise SystemExit(143)

    signal.signal(signal.SIGTERM, unwind)
    try:
        sys.exit(run() or 0)
    except Failure as failure:
        say(f"{Path(sys.argv[0]).name}: {failure}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
