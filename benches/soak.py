#!/usr/bin/env python3
"""Whether the service stays as it is under load: memory and processor time, a line for each minute.

usage: benches/soak.py [--minutes MINUTES] SERVICE

Needs wrk. 64 connections on 127.0.0.1 ask for the page and for /health in turn, each every 20 ms: about 3,000 requests a
second.
"""

import argparse
import re
import subprocess
import tempfile

from servers import Service, ask

PACE = """
local number = 0
function delay() return 20 end
function request()
  number = number + 1
  return wrk.format("GET", number % 2 == 0 and "/" or "/health")
end
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("service")
    given = parser.parse_args()
    service = Service(given.service)
    ask(service.port)
    print("| minute | requests | µs of processor time each | p99, ms | resident, MiB |\n| ---: | ---: | ---: | ---: | ---: |")
    rows = []
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as pace:
        pace.write(PACE)
        pace.flush()
        for minute in range(1, given.minutes + 1):
            before = service.processor_seconds()
            command = ["wrk", "-t1", "-c64", "-d60s", "--latency", "-s", pace.name, f"http://127.0.0.1:{service.port}"]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            if "Non-2xx" in output or "Socket errors" in output:
                raise SystemExit(output)
            count = int(re.search(r"(\d+) requests in", output)[1])
            late, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", output).groups()
            late = float(late) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]
            rows.append(((service.processor_seconds() - before) / count * 1e6, service.resident()))
            spent, resident = rows[-1]
            print(f"| {minute} | {count:,} | {spent:.1f} | {late:.2f} | {resident:.2f} |", flush=True)
    service.stop()
    # The first minute fills what is kept.
    settled = [resident for _, resident in rows[1:]]
    print(f"\nresident from the second minute on: {min(settled):.2f} to {max(settled):.2f} MiB, "
          f"{(max(settled) / min(settled) - 1) * 100:.1f} % apart")


if __name__ == "__main__":
    main()
