"""The load tools of scripts/load as a measuring stand: sink, OpenAI stub, generator and its ledger."""
import http.client
import json
import os
import subprocess
import sys
from pathlib import Path

from .fleet import APP_SECRET, HOST
from .processes import Failure, Launch, Roster, base_env, free_port, tail

LOAD = Path(__file__).resolve().parents[1] / "load"
SINK_IN_MANIFEST = "http://127.0.0.1:19090"


class Stand:
    """A sink and an OpenAI stub on free ports, and the generator that reads the sink.

    `modules` is a folder of Python packages (uvloop makes the tools faster), or None.
    """

    def __init__(self, folder: Path, modules: Path | None = None):
        folder.mkdir(parents=True, exist_ok=True)
        self.roster = Roster(folder)
        self.env = base_env() | ({"PYTHONPATH": str(modules)} if modules else {})
        self.sink_port, self.stub_port = free_port(), free_port()

    def __enter__(self) -> "Stand":
        for name, script, port in (("sink", "sink.py", self.sink_port), ("stub", "openai_stub.py", self.stub_port)):
            args = [sys.executable, str(LOAD / script), "--port", str(port)]
            self.roster.launch(name, Launch(args=args, env=self.env, ready=lambda port=port: get(port, "/stats") is not None))
        return self

    def __exit__(self, *_: object) -> None:
        self.roster.kill("sink")
        self.roster.kill("stub")

    def manifest(self) -> Path:
        """The load tenant, with replies going to this sink."""
        text = (LOAD / "tenant.yaml").read_text()
        if SINK_IN_MANIFEST not in text:
            raise Failure(f"{LOAD / 'tenant.yaml'} does not name {SINK_IN_MANIFEST}")
        path = self.roster.folder / "tenant.yaml"
        path.write_text(text.replace(SINK_IN_MANIFEST, f"http://{HOST}:{self.sink_port}"))
        return path

    def replies(self) -> int:
        """Replies that the sink has seen in the current run."""
        stats = get(self.sink_port, "/stats")
        return stats["count"] if stats else 0

    def start(self, base: str, texts: str, messages: int, *more: str) -> subprocess.Popen:
        """Starts the generator; `ledger` waits for it."""
        args = [sys.executable, str(LOAD / "loadgen.py"), "--base", base, "--path", "/webhook", "--app-secret", APP_SECRET,
                "--sink-port", str(self.sink_port), "--texts", str(LOAD / texts), "--messages", str(messages), *more]
        with open(self.roster.log("loadgen"), "ab") as log:
            return subprocess.Popen(args, env=self.env | {"PATH": os.environ["PATH"]}, cwd=self.roster.folder,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)

    def ledger(self, generator: subprocess.Popen, timeout: float = 900) -> dict:
        """The generator's ledger. It waits for ever for a webhook that is never answered: hence the limit in seconds."""
        try:
            out, _ = generator.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            raise Failure(f"the load generator did not end within {timeout:.0f} s: a webhook was never answered, or load was far too slow") from None
        finally:
            generator.kill()
        if generator.returncode != 0:
            raise Failure(f"the load generator failed; the end of its log:\n{tail(self.roster.log('loadgen'))}")
        return json.loads(out.splitlines()[-1])

    def run(self, base: str, texts: str, messages: int, *more: str) -> dict:
        return self.ledger(self.start(base, texts, messages, *more))


def get(port: int, path: str) -> dict | None:
    client = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        client.request("GET", path)
        return json.loads(client.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        client.close()
