#!/usr/bin/env python3
"""What a request costs beside nginx, and what the service takes to start and to stay.

usage: benches/side_by_side.py EXECUTABLE

Needs nginx and wrk. Everything happens on 127.0.0.1, for about three minutes. The service and nginx
answer in turn, in one run, with the same bytes: the overview page, out of memory and out of a file.
Processor time is what the kernel counted for the server's processes, divided by wrk's requests.
"""

import argparse
import http.client
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import tempfile
import time

ROUNDS, SECONDS, CONNECTIONS = 7, 3, 32
STARTS = 20
# Of both servers; one is what the image sets.
WORKERS = 1
ROOT = pathlib.Path(__file__).resolve().parent.parent


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def ask(port, path="/", headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path, headers=headers or {})
    answer = connection.getresponse()
    return answer, answer.read()


def until_answered(port, path="/health", limit=5.0):
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


class Service:
    def __init__(self, executable, level):
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
        self.begin = time.perf_counter()
        self.process = subprocess.Popen([executable], env=variables, stdout=self.log)
        until_answered(self.port)
        self.first_answer = time.perf_counter() - self.begin
        self.pids = [self.process.pid]

    def resident(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()


class Nginx:
    def __init__(self, page, headers, logging):
        self.port = free_port()
        self.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self.folder.name)
        (folder / "index.html").write_bytes(page)
        os.chmod(folder, 0o755)
        # A policy has single quotes in it, so the values stand in double ones.
        lines = "".join(f'add_header {name} "{value}" always;\n' for name, value in headers)
        log = f"access_log {folder}/access.log" if logging else "access_log off"
        (folder / "nginx.conf").write_text(f"""
            daemon off; worker_processes {WORKERS}; pid {folder}/pid; error_log {folder}/error.log;
            events {{ worker_connections 1024; }}
            http {{
              include /etc/nginx/mime.types; sendfile on; tcp_nopush on; keepalive_requests 1000000; {log};
              server {{ listen 127.0.0.1:{self.port}; root {folder}; server_tokens off;
                       {lines} }}
            }}""")
        self.process = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
        until_answered(self.port, "/")
        workers = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        self.pids = [self.process.pid, *map(int, workers.split())]

    def stop(self):
        self.process.terminate()
        self.process.wait()


def processor_seconds(pids):
    ticks = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def load(server):
    """Microseconds of processor time per request, and requests per second."""
    before = processor_seconds(server.pids)
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", f"http://127.0.0.1:{server.port}/"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in output:
        raise SystemExit(f"not every answer was a page:\n{output}")
    requests = int(re.search(r"(\d+) requests in", output)[1])
    return (processor_seconds(server.pids) - before) / requests * 1e6, requests / SECONDS


def compare(title, executable, level, logging, copied=lambda name: False, request_id=False):
    """One line of figures; nginx sends those of the service's headers that `copied` tells, as its own."""
    service = Service(executable, level)
    answer, page = ask(service.port)
    headers = [(name, value) for name, value in answer.getheaders() if copied(name.lower())]
    if request_id:
        headers.append(("X-Request-Id", "$request_id"))
    nginx = Nginx(page, headers, logging)
    if ask(nginx.port)[1] != page:
        raise SystemExit("nginx serves something else")
    rounds = [(load(service), load(nginx)) for _ in range(ROUNDS)]
    service.stop()
    nginx.stop()
    ours, theirs = (statistics.median(pair[side][0] for pair in rounds) for side in (0, 1))
    ratios = sorted(pair[0][0] / pair[1][0] for pair in rounds)
    rates = [statistics.median(pair[side][1] for pair in rounds) for side in (0, 1)]
    print(f"{title}: {ours:.1f} us beside nginx's {theirs:.1f} us per request of {len(page)} bytes, "
          f"ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}); "
          f"{rates[0]:.0f} and {rates[1]:.0f} requests/s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("executable")
    executable = parser.parse_args().executable

    starts, resident = [], []
    for _ in range(STARTS):
        service = Service(executable, "warn")
        starts.append(service.first_answer * 1e3)
        ask(service.port)
        time.sleep(0.5)
        resident.append(service.resident())
        service.stop()
    print(f"exec to first answer: median {statistics.median(starts):.1f} ms of {STARTS} "
          f"({min(starts):.1f} to {max(starts):.1f})")
    print(f"idle, half a second after the first page: median {statistics.median(resident):.1f} MiB resident "
          f"({min(resident):.1f} to {max(resident):.1f})", flush=True)
    # What nginx sends of itself, and what differs from request to request.
    own = {"date", "connection", "content-length", "content-type", "etag", "x-request-id"}
    same = lambda name: name not in own
    compare("logging off, nginx with no header of ours", executable, "warn", False)
    compare("logging off, nginx with the same headers", executable, "warn", False, same)
    compare("logging off, nginx with the same headers and an id", executable, "warn", False, same, True)
    compare("logging on, nginx with the same headers and an id", executable, "info", True, same, True)


if __name__ == "__main__":
    main()
