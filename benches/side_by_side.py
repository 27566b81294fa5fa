#!/usr/bin/env python3
"""What a request costs beside what people use instead, as tables in Markdown.

usage: benches/side_by_side.py [--rounds ROUNDS] [--seconds SECONDS] SERVICE

benches/run makes all that is needed and starts it. Everything happens on 127.0.0.1. The servers answer in turn, in each round
and for each number of connections, with the same bytes. Processor time is what the kernel counted for a server's processes,
divided by wrk's requests.
"""

import argparse
import datetime
import os
import pathlib
import platform
import re
import resource
import shutil
import statistics
import subprocess
import threading
import time

from servers import ROOT, Copy, Flask, Nginx, Peer, Service, ask

CONNECTIONS = (1, 64, 1024)
STARTS = 10
UNITS = {"us": 1, "ms": 1e3, "s": 1e6}


def requests(server):
    """What is asked for: a name, the path, and headers."""
    tag = ask(server.port)[0].getheader("ETag")
    return {
        "`/`": ("/", {}),
        "`/health`": ("/health", {}),
        "`/`, 304": ("/", {"If-None-Match": tag}),
        "`/`, gzip": ("/", {"Accept-Encoding": "gzip"}),
    }


def check(servers):
    """All of them answer the same, to the byte where there is something to answer."""
    for name in requests(next(iter(servers.values()))):
        answers = {}
        for who, server in servers.items():
            path, headers = requests(server)[name]
            answer, body = ask(server.port, path, headers)
            if answer.getheader("Content-Encoding"):
                # Each compresses in its own way; none sends more than the page.
                body = answer.getheader("Content-Encoding")
            answers[who] = (answer.status, body)
        if len(set(answers.values())) != 1:
            raise SystemExit(f"{name}: {({who: (status, body[:80]) for who, (status, body) in answers.items()})}")


def load(server, path, headers, connections, seconds):
    """Microseconds of processor time per request, requests per second, and p50 and p99 in microseconds."""
    lines = [option for name, value in headers.items() for option in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "--latency", *lines]
    before = server.processor_seconds()
    output = subprocess.run(
        [*command, f"http://127.0.0.1:{server.port}{path}"], check=True, capture_output=True, text=True
    ).stdout
    spent = server.processor_seconds() - before
    # wrk counts a 304 among those that are as they should be.
    if "Non-2xx" in output:
        raise SystemExit(f"not every answer was one:\n{output}")
    count, took = re.search(r"(\d+) requests in ([\d.]+)s", output).groups()
    if int(count) == 0:
        raise SystemExit(f"no answer within {took} s: the machine is too busy to measure anything")

    def latency(share):
        number, unit = re.search(rf"{share}%\s+([\d.]+)(us|ms|s)", output).groups()
        return float(number) * UNITS[unit]

    return spent / int(count) * 1e6, int(count) / float(took), latency(50), latency(99)


class Memory:
    """The most that is resident while it is looked at, MiB."""

    def __init__(self, server):
        self.server, self.most, self.ended = server, 0.0, threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        while not self.ended.wait(0.5):
            self.most = max(self.most, self.server.resident())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


def starts(make):
    """Exec to first answer in ms, and what is resident half a second after the first page."""
    times, resident = [], []
    for _ in range(STARTS):
        for who, start in make.items():
            server = start()
            ask(server.port)
            time.sleep(0.5)
            times.append((who, server.first_answer * 1e3))
            resident.append((who, server.resident()))
            server.stop()
    return medians(times), medians(resident)


def medians(pairs):
    found = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return {key: statistics.median(values) for key, values in found.items()}


def sizes(service, peers, programs):
    """Of the executable, or of what is installed for it, MB."""
    folder = next(programs.parent.glob("lib/*/site-packages"))
    installed = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and "pip" not in file.parts)
    files = {"this service": service, "nginx": shutil.which("nginx"), "axum": peers / "axum", "actix": peers / "actix"}
    found = {who: pathlib.Path(file).stat().st_size / 1e6 for who, file in files.items()}
    return found | {"Flask": installed / 1e6}


def versions(programs):
    def said(*command):
        ended = subprocess.run(command, capture_output=True, text=True, check=True)
        return (ended.stdout + ended.stderr).strip().splitlines()[-1].split("/")[-1]

    frozen = dict(line.split("==") for line in subprocess.run(
        [programs / "pip", "freeze"], capture_output=True, text=True, check=True).stdout.split())
    frozen = {name.lower(): version for name, version in frozen.items()}
    locked = (ROOT / "benches" / "peers" / "Cargo.lock").read_text()

    def crate(name):
        return re.search(rf'name = "{name}"\nversion = "(.*)"', locked)[1]

    python = said(programs / "python", "--version").split()[-1]
    return (
        f"nginx {said('nginx', '-v')}, axum {crate('axum')}, actix-web {crate('actix-web')}, "
        f"Flask {frozen['flask']} with gunicorn {frozen['gunicorn']} on Python {python}"
    )


def machine():
    model = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return f"{os.cpu_count()} processors ({model[1] if model else platform.machine()}), Linux {platform.release()}"


def row(*cells):
    print("| " + " | ".join(cells) + " |", flush=True)


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def table(found, names, column, title):
    """A row for each request and number of connections, with the median over the rounds and, behind it, the ratio."""
    print(f"\n{title}\n")
    row("request", "connections", *names)
    row("---", "---:", *["---:"] * len(names))
    for (name, connections), rounds in found.items():
        cells = []
        for who in names:
            value = statistics.median(one[who][column] for one in rounds)
            ratio = statistics.median(one[who][column] / one["this service"][column] for one in rounds)
            cells.append(number(value) if who == "this service" else f"{number(value)} ({ratio:.2f})")
        row(name, str(connections), *cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--peers", type=pathlib.Path, default=ROOT / "target/benches/peers/release")
    parser.add_argument("--python", type=pathlib.Path, default=ROOT / "target/benches/flask/bin")
    parser.add_argument("service", type=pathlib.Path)
    given = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))

    source = Service(given.service)
    copy = Copy(source)
    source.stop()
    make = {
        "this service": lambda: Service(given.service),
        "nginx": lambda: Nginx(copy),
        "axum": lambda: Peer(given.peers / "axum", copy),
        "actix": lambda: Peer(given.peers / "actix", copy),
        "Flask": lambda: Flask(given.python.absolute(), copy),
    }
    print(f"{datetime.date.today()}, {machine()}, load {os.getloadavg()[0]:.1f} at the beginning.")
    print(f"{versions(given.python)}. {given.rounds} rounds of {given.seconds} s, one thread or process each.")
    first, idle = starts(make)
    size = sizes(given.service, given.peers, given.python)

    servers = {who: start() for who, start in make.items()}
    # Of what is drawn once it runs, such as the time of the start, the copies have an older one.
    check({who: server for who, server in servers.items() if who != "this service"})
    # Once: after a load one of them may be long in answering.
    asked = {who: requests(server) for who, server in servers.items()}
    most, found = dict.fromkeys(servers, 0.0), {}
    for _ in range(given.rounds):
        for name in asked["nginx"]:
            for connections in CONNECTIONS:
                one = {}
                for who, server in servers.items():
                    path, headers = asked[who][name]
                    with Memory(server) as memory:
                        one[who] = load(server, path, headers, connections, given.seconds)
                    most[who] = max(most[who], memory.most)
                found.setdefault((name, connections), []).append(one)
    for server in servers.values():
        server.stop()

    names = list(servers)
    print()
    row("", *names)
    row("---", *["---:"] * len(names))
    for title, values in (
        ("exec to first answer, ms", first), ("resident, idle, MiB", idle), ("resident, under load, MiB", most),
        ("executable, or packages, MB", size),
    ):
        row(title, *(number(values[who]) for who in names))
    behind = "; behind it, times this service's, the median of the rounds"
    table(found, names, 0, f"Processor time per request, µs{behind}:")
    table(found, names, 1, f"Requests per second{behind}:")
    table(found, names, 2, f"p50, µs{behind}:")
    table(found, names, 3, f"p99, µs{behind}:")


if __name__ == "__main__":
    main()
