"""A `lumi dev` of our own: a free port, a temporary data folder, stopped by Ctrl-C at the end."""
import contextlib
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stack.processes import Failure, base_env, free_port, say, tail

ROOT = Path(__file__).resolve().parents[2]
PRINTED = {"chat": re.compile(r"\bchat page:\s+(\S+)", re.I), "owner_link": re.compile(r"\bowner link:\s+(\S+)", re.I)}
START_SECONDS = 300  # A first start unpacks PostgreSQL, creates the database and may fetch the embedding model.


@dataclass(frozen=True)
class Urls:
    chat: str
    owner_link: str


@contextlib.contextmanager
def running(program: Path | None) -> Iterator[Urls]:
    """Yields the URLs that `lumi dev` prints. Its output is shown when something fails."""
    program = program or Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug/lumi"
    if not program.is_file():
        raise Failure(f"{program} does not exist: cargo build first, or name another with --lumi")
    folder = Path(tempfile.mkdtemp(prefix="lumi-browser-test-"))
    folder.chmod(0o755)  # PostgreSQL runs under another uid when we are root, and must get through.
    data, log = folder / "data", folder / "lumi.log"
    with open(log, "wb") as out:
        child = subprocess.Popen([program, "dev", "--port", str(free_port()), "--data", data], cwd=ROOT, env=base_env(),
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=out, text=True, start_new_session=True)
    try:
        urls = read_urls(child)
        wait_ready(json.loads((data / "run.json").read_text()), child)
        yield urls
        stop(child)
    except BaseException as error:
        if not isinstance(error, (KeyboardInterrupt, SystemExit)):
            say(f"the end of what lumi dev logged:\n{tail(log)}")
        raise
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        shutil.rmtree(folder, ignore_errors=True)


def read_urls(child: subprocess.Popen) -> Urls:
    lines: queue.Queue = queue.Queue()

    def pump() -> None:  # Reads on until the end, so that the pipe never fills.
        for line in child.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=pump, daemon=True).start()
    found, deadline = {}, time.monotonic() + START_SECONDS
    while len(found) < len(PRINTED):
        try:
            line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise Failure(f"lumi dev printed no {' and no '.join(PRINTED.keys() - found)} within {START_SECONDS} s") from None
        if line is None:
            raise Failure(f"lumi dev ended with {child.wait()} before it printed its URLs")
        for name, pattern in PRINTED.items():
            if match := pattern.search(line):
                found[name] = match[1]
    return Urls(**found)


def wait_ready(run: dict, child: subprocess.Popen) -> None:
    base = next(value for key, value in run.items() if "url" in key and str(value).startswith("http"))
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and child.poll() is None:
        try:
            with urllib.request.urlopen(f"{base.rstrip('/')}/readyz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise Failure("lumi dev did not become ready within 60 s" if child.poll() is None else f"lumi dev ended with {child.returncode}")


def stop(child: subprocess.Popen) -> None:
    """Ctrl-C finishes what was taken and exits 0; anything else is a failure of the test."""
    child.send_signal(signal.SIGINT)
    try:
        code = child.wait(timeout=40)
    except subprocess.TimeoutExpired:
        raise Failure("lumi dev did not end within 40 s of Ctrl-C") from None
    if code != 0:
        raise Failure(f"lumi dev exited with {code} after Ctrl-C, not 0")
