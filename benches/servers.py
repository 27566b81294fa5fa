"""The servers that are measured: the service, and what people use instead, each with one thread or process that answers.

The others answer with what the service does: its bytes, its headers, and an id for each request.
"""

import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
# What the image sets. Processes that share nothing, or tasks of a platform, are how all of them grow.
WORKERS = 1


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def ask(port, path="/", headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path, headers=headers or {})
    answer = connection.getresponse()
    return answer, answer.read()


def until_answered(port, path="/health", limit=20.0):
    """Tries a request again and again until it is answered.

    With pauses, and by a bare socket: on two processors, asking harder would slow what is asked.
    """
    begin = time.perf_counter()
    while time.perf_counter() - begin < limit:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                if connection.recv(64).startswith(b"HTTP/1.1 200"):
                    return
        except OSError:
            pass
        time.sleep(0.0002)
    raise SystemExit(f"nothing answered on port {port}")


class Server:
    """One that runs, once it has answered."""

    def __init__(self, command, environment, **options):
        self.begin = time.perf_counter()
        self.process = subprocess.Popen(command, env=environment, **options)
        until_answered(self.port)
        self.first_answer = time.perf_counter() - self.begin

    @property
    def pids(self):
        """Of it and of the processes that it started."""
        found = [self.process.pid]
        for pid in found:
            for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
                found += map(int, children.read_text().split())
        return found

    def processor_seconds(self):
        ticks = 0
        for pid in self.pids:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def resident(self):
        """MiB; what processes share counts once among them."""
        proportional = (pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in self.pids)
        return sum(int(re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)[1]) for text in proportional) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()


class Service(Server):
    def __init__(self, executable, level="warn"):
        self.port = free_port()
        variables = {
            # As the image sets it.
            "GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=131072",
            "ROCKET_PORT": str(self.port),
            "ROCKET_TEMPLATE_DIR": str(ROOT / "templates"),
            "WALKTHROUGH_STATIC_DIR": str(ROOT / "static"),
            "ROCKET_WORKERS": str(WORKERS),
            "WALKTHROUGH_LOG": level,
        }
        self.log = tempfile.TemporaryFile()
        super().__init__([executable], variables, stdout=self.log)


class Copy:
    """What the service answers, in a folder for the others: page, page.gz and health, with headers in .json."""

    # What each sends of itself, and what differs from request to request.
    OWN = {"date", "connection", "content-length", "content-encoding", "x-request-id"}

    def __init__(self, service):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.path.chmod(0o755)
        for name, path in (("page", "/"), ("health", "/health")):
            answer, body = ask(service.port, path)
            headers = {key.lower(): value for key, value in answer.getheaders() if key.lower() not in self.OWN}
            (self.path / name).write_bytes(body)
            (self.path / f"{name}.json").write_text(json.dumps(headers))
        answer, body = ask(service.port, "/", {"Accept-Encoding": "gzip"})
        if answer.getheader("Content-Encoding") != "gzip":
            raise SystemExit("the service does not compress: is it a release build?")
        (self.path / "page.gz").write_bytes(body)

    def headers(self, name):
        return json.loads((self.path / f"{name}.json").read_text())


class Nginx(Server):
    def __init__(self, copy, logging=False):
        self.port = free_port()
        self.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self.folder.name)
        log = f"access_log {folder}/access.log" if logging else "access_log off"
        (folder / "nginx.conf").write_text(f"""
            daemon off; worker_processes {WORKERS}; pid {folder}/pid; error_log {folder}/error.log;
            events {{ worker_connections 4096; }}
            http {{
              sendfile on; tcp_nopush on; gzip_static on; keepalive_requests 1000000000; {log};
              server {{
                listen 127.0.0.1:{self.port}; root {copy.path}; server_tokens off;
                location = / {{ {self.answer(copy, "page")} }}
                location = /health {{ {self.answer(copy, "health")} }}
              }}
            }}""")
        command = ["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
        super().__init__(command, None, stderr=subprocess.DEVNULL)

    @staticmethod
    def answer(copy, name):
        headers = copy.headers(name)
        # A file's tag is nginx's own.
        kind, _ = headers.pop("content-type"), headers.pop("etag", None)
        # A policy has single quotes in it, so the values stand in double ones.
        lines = [f'add_header {key} "{value}" always;' for key, value in headers.items()]
        tag = "" if name == "page" else "etag off;"
        return f'try_files /{name} =404; default_type "{kind}"; {tag} add_header X-Request-Id $request_id always; {" ".join(lines)}'


class Peer(Server):
    """One of peers/, by its name."""

    def __init__(self, executable, copy):
        self.port = free_port()
        super().__init__([executable, copy.path, str(self.port)], {})


class Flask(Server):
    def __init__(self, programs, copy):
        self.port = free_port()
        command = [
            programs / "gunicorn", "--bind", f"127.0.0.1:{self.port}", "--workers", str(WORKERS), "--threads", "8",
            # No sync worker, which the others would be measured beside without keep-alive.
            "--worker-class", "gthread", "--worker-connections", "4096", "--keep-alive", "75", "--log-level", "error",
            "application:app",
        ]
        super().__init__(command, {"FOLDER": copy.path}, cwd=ROOT / "benches" / "flask")
