"""scripts/smoke_redis.sh against every kind of health report."""
import http.server
import subprocess
import threading
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[1] / "smoke_redis.sh"
HEALTHY = '{"status":"ok","version":"0.1.0","database":true,"queue":true,"redis":true,"redis_latency_ms":0.4}'
CASES = [
    # status, body, exit code, what is printed
    (200, HEALTHY, 0, HEALTHY),
    (200, '{"status":"degraded","redis":false,"redis_latency_ms":null}', 1, "Redis is not healthy"),
    (200, '{"status":"ok","redis":null}', 1, "does not use Redis"),
    (200, '{"status":"ok"}', 1, "does not use Redis"),
    (200, "[]", 1, "not a health report"),
    (200, "<html>it works</html>", 1, "not a health report"),
    (503, HEALTHY, 1, "no answer"),
]


class SmokeRedis(unittest.TestCase):
    def test_every_report(self):
        for status, body, code, printed in CASES:
            with self.subTest(status=status, body=body):
                done = ask(status, body)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(printed, done.stdout if code == 0 else done.stderr)

    def test_nobody_listens(self):
        done = run("http://127.0.0.1:1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no answer", done.stderr)

    def test_usage(self):
        self.assertEqual(run().returncode, 2)


def ask(status: int, body: str) -> subprocess.CompletedProcess:
    """Runs the script against a server that gives this one answer, at /healthz only."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            return run(f"http://127.0.0.1:{server.server_port}/")
        finally:
            server.shutdown()


def run(*args: str) -> subprocess.CompletedProcess:
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "no_proxy": "*"}
    return subprocess.run(["bash", str(SCRIPT), *args], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)


if __name__ == "__main__":
    unittest.main()
