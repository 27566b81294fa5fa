#!/usr/bin/env python3
"""What becomes of many connections: memory, answers beside them, and how the service ends with them.

usage: benches/connections.py [--seconds SECONDS] EXECUTABLE...

Everything happens on 127.0.0.1. For each executable, twice, with many descriptors and with 256 of them: 2,000
connections that were answered once and are idle, and 500 with half of a request's head, held for a minute, while
somebody new asks for /health each second. Then: what SIGTERM takes with 100 idle connections, over six ends.
"""

import argparse
import contextlib
import resource
import signal
import socket
import statistics
import subprocess
import time

from servers import Service

IDLE, HALF_OPEN, ENDS = 2000, 500, 6
REQUEST = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
# What the client itself needs; the service gets its own.
DESCRIPTORS = IDLE + HALF_OPEN + 100


def connect(port, timeout):
    return socket.create_connection(("127.0.0.1", port), timeout=timeout)


def asked(connection):
    connection.sendall(REQUEST)
    return connection.recv(65536)


def hold(port):
    """The connections that could be made. Who doesn't get an answer within a second is one that could not."""
    held = []
    for number in range(IDLE + HALF_OPEN):
        with contextlib.suppress(OSError):
            connection = connect(port, 1)
            held.append(connection)
            if number % (IDLE // HALF_OPEN + 1) == 0:
                connection.sendall(REQUEST[:30])
            else:
                asked(connection)
        if len(held) < number - 50:
            break
    return held


def are_open(connections):
    count = 0
    for connection in connections:
        connection.setblocking(False)
        try:
            count += bool(connection.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            count += 1
        except OSError:
            pass
    return count


def crowd(executable, descriptors, seconds):
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, limits[1]))
    service = Service(executable, "warn")
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    with connect(service.port, 5) as connection:
        asked(connection)
    time.sleep(0.5)
    before = service.resident()
    held = hold(service.port)
    begun, most, times, failed = are_open(held), service.resident(), [], 0
    for _ in range(seconds):
        begin = time.perf_counter()
        try:
            with connect(service.port, 2) as connection:
                if not asked(connection).startswith(b"HTTP/1.1 200"):
                    failed += 1
            times.append((time.perf_counter() - begin) * 1e3)
        except OSError:
            failed += 1
        most = max(most, service.resident())
        time.sleep(max(0, begin + 1 - time.perf_counter()))
    left = are_open(held)
    for connection in held:
        connection.close()
    time.sleep(3)
    answers = f"{len(times)} in {statistics.median(times):.1f} ms ({max(times):.1f} at most)" if times else "none"
    print(f"  {descriptors} descriptors: {begun} open of {IDLE + HALF_OPEN} at first, {left} after {seconds} s; "
          f"/health beside them: {answers}, {failed} not answered; resident {before:.1f} MiB before, "
          f"{most:.1f} at most, {service.resident():.1f} when they are gone", flush=True)
    service.process.kill()
    service.process.wait()


def ends(executable):
    times = []
    for _ in range(ENDS):
        service = Service(executable, "warn")
        held = [connect(service.port, 5) for _ in range(100)]
        for connection in held:
            asked(connection)
        begin = time.perf_counter()
        service.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            service.process.wait(timeout=20)
        times.append(time.perf_counter() - begin)
        for connection in held:
            connection.close()
    print(f"  from SIGTERM to the end: {', '.join(f'{seconds:.2f}' for seconds in times)} s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("executable", nargs="+")
    arguments = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, hard))
    for executable in arguments.executable:
        print(executable)
        crowd(executable, DESCRIPTORS, arguments.seconds)
        crowd(executable, 256, arguments.seconds)
        ends(executable)


if __name__ == "__main__":
    main()
