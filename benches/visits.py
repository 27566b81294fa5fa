#!/usr/bin/env python3
"""What a visit takes in Chromium: bytes over the wire, requests and the time to first paint, for a first and a second one.

usage: benches/visits.py SERVICE

Needs Chromium and chromedriver; CHROMEDRIVER and CHROMIUM may name them. Before a first visit the browser's cache is emptied.
"""

import argparse
import contextlib
import json
import os
import re
import statistics
import subprocess
import tempfile
import urllib.request

from servers import Service

PAGES = ("/", "/walkthrough", "/release", "/dependencies", "/verify", "/health")
VISITS = 3


class Browser:
    def __init__(self, driver):
        self.driver, self.profile = driver, tempfile.TemporaryDirectory()
        options = {
            "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                f"--user-data-dir={self.profile.name}",
            ],
        }
        if "CHROMIUM" in os.environ:
            options["binary"] = os.environ["CHROMIUM"]
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"performance": "ALL"}}
        session = self.command("", {"capabilities": {"alwaysMatch": wanted}})
        self.session = f"/{session['sessionId']}"
        self.version = session["capabilities"]["browserVersion"]

    def command(self, path, body):
        request = urllib.request.Request(f"{self.driver}/session{path}", json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def visit(self, url):
        """Requests, bytes over the wire with headers, and milliseconds to first paint."""
        self.command(f"{self.session}/url", {"url": "about:blank"})
        self.command(f"{self.session}/se/log", {"type": "performance"})
        self.command(f"{self.session}/url", {"url": url})
        paint = """const done = arguments[0];
            new PerformanceObserver((list) => done(list.getEntries()[0].startTime)).observe({ type: "paint", buffered: true });"""
        painted = self.command(f"{self.session}/execute/async", {"script": paint, "args": []})
        entries = self.command(f"{self.session}/se/log", {"type": "performance"})
        events = [json.loads(entry["message"])["message"] for entry in entries]
        site = url.split("/")[2]
        asked = {
            event["params"]["requestId"] for event in events
            if event["method"] == "Network.responseReceived"
            and site in event["params"]["response"]["url"] and not event["params"]["response"].get("fromDiskCache")
            and event["params"]["response"]["encodedDataLength"]
        }
        ended = [event["params"] for event in events if event["method"] == "Network.loadingFinished"]
        return len(asked), sum(end["encodedDataLength"] for end in ended if end["requestId"] in asked), painted

    def forget(self):
        command = {"cmd": "Network.clearBrowserCache", "params": {}}
        self.command(f"{self.session}/goog/cdp/execute", command)

    def end(self):
        urllib.request.urlopen(urllib.request.Request(f"{self.driver}/session{self.session}", method="DELETE"), timeout=60)
        self.profile.cleanup()


@contextlib.contextmanager
def driver():
    command = [os.environ.get("CHROMEDRIVER", "chromedriver"), "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        port = next(match[1] for line in process.stdout if (match := re.search(r"on port (\d+)\.", line)))
        yield f"http://127.0.0.1:{port}"
        process.terminate()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("service")
    service = Service(parser.parse_args().service)
    rows = []
    with driver() as address:
        browser = Browser(address)
        for page in PAGES:
            first, second = [], []
            for _ in range(VISITS):
                browser.forget()
                for visits in (first, second):
                    visits.append(browser.visit(f"http://127.0.0.1:{service.port}{page}"))
            rows.append([f"`{page}`", *(statistics.median(column) for visits in (first, second) for column in zip(*visits))])
        browser.end()
    service.stop()
    print(f"Chromium {browser.version}, medians of {VISITS} visits.\n")
    print("| page | requests | bytes | first paint, ms | again: requests | bytes | first paint, ms |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for page, *values in rows:
        print(f"| {page} | " + " | ".join(f"{value:,.0f}" for value in values) + " |")


if __name__ == "__main__":
    main()
