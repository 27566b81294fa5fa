"""What `scan` promises. cargo audit is the real one, asking advisories that the test made. vulnix is played by a program
that answers in its form, and so is Trivy, but for the last tests: those are for the real ones, where there are some."""

import datetime
import functools
import gzip
import http.server
import json
import os
import shutil
import subprocess
import threading
import unittest
import zlib

import trivy_db
from stage import Stage, quoted

CRATES = [
    {"name": "walkthrough", "version": "0.1.0", "source": "local", "root": True},
    {"name": "rocket", "version": "0.5.2", "source": "crates.io"},
    {"name": "version_check", "version": "0.9.5", "source": "crates.io", "kind": "build"},
]
NOW = datetime.datetime.now(datetime.timezone.utc)
STALE = NOW - datetime.timedelta(days=8)


def advisory(crate, patched, identity="RUSTSEC-2026-9999", more=""):
    return f"""```toml
[advisory]
id = "{identity}"
package = "{crate}"
date = "2026-11-01"
url = "https://example.org/{identity}"
{more}
[versions]
patched = [{patched}]
```

# A planted one | in a cell

It is not real.
"""


class Scene(Stage):
    """An image, and scanners that find nothing in it."""

    bills = 0

    def setUp(self):
        super().setUp()
        # What somebody has set for their own scans.
        for name in [name for name in self.environment if name.startswith("TRIVY_")] + ["CARGO_HOME"]:
            self.environment.pop(name, None)
        self.linked("glibc-2.42", "gcc-15.2.0", "rust-1.95.0")
        self.advisories(NOW, unrelated=advisory("unrelated", '">= 2"', "RUSTSEC-2026-0001"))
        self.trivy()
        self.allowed = []
        self.nvd = NOW
        self.vulnix()

    def linked(self, *names):
        """Has the image's bill name these besides crates: a product and its version, or a name alone."""
        products = [name.rsplit("-", 1) for name in names]
        cpes = ["cpe:2.3:a:it:" + ":".join([*product, *"*******"]) if len(product) > 1 else None for product in products]
        parts = [{"name": "libc", "part_of": "rust", "cpe": None, "patches": []}]
        linked = [{"name": product[0], "part_of": None, "cpe": cpe, "patches": ["a.patch"]} for product, cpe in zip(products, cpes)]
        self.bill = json.dumps({"linked": linked + parts, "crates": []}).encode()
        self.bills += 1
        self.built = self.image_of(CRATES, f"image {self.bills}")

    def image_of(self, crates, name="image", packed=None, **more):
        """An image whose executable lists those crates, as cargo-auditable has it, or has `packed` in place of the list."""
        (self.folder / "list").write_bytes(packed or zlib.compress(json.dumps({"packages": crates}).encode()))
        program = self.folder / "program"
        add = ["--add-section", f".dep-v0={self.folder / 'list'}"] if crates else []
        subprocess.run(["objcopy", *add, os.path.realpath(shutil.which("true")), program], check=True)
        files = {"bin/walkthrough": program.read_bytes(), "share/bill/bill.json": self.bill}
        return self.image(name, files=files, **{"Env": ["A=b", "WALKTHROUGH_BILL_DIR=/share/bill"], **more})[0]

    def advisories(self, date, **files):
        """The advisory database, a git repository whose last commit is of that date."""
        self.database = self.folder / "advisories"
        for crate, text in files.items():
            place = self.database / "crates" / crate
            place.mkdir(parents=True, exist_ok=True)
            identity = text.split('id = "')[1].split('"')[0]
            (place / f"{identity}.md").write_text(text)
        git = ["git", "-C", self.database, "-c", "user.name=a", "-c", "user.email=a@example.org"]
        when = {"GIT_AUTHOR_DATE": date.isoformat(), "GIT_COMMITTER_DATE": date.isoformat()}
        (self.database).mkdir(exist_ok=True)
        (self.database / "date").write_text(date.isoformat())
        if not (self.database / ".git").exists():
            subprocess.run([*git, "init", "--quiet"], check=True)
        for command in (["add", "."], ["commit", "--quiet", "--message=a"]):
            subprocess.run([*git, *command], check=True, env={**self.environment, **when})

    def trivy(self, vulnerabilities=(), crates=CRATES, updated=NOW, version="0.70.0", code=0):
        packages = [{"Name": crate["name"], "Version": crate["version"]} for crate in crates if crate.get("kind") != "build"]
        results = [{"Target": "bin/walkthrough", "Type": "rustbinary", "Packages": packages, "Vulnerabilities": list(vulnerabilities)}]
        report = json.dumps({"SchemaVersion": 2, "Results": results if packages else None})
        told = json.dumps({"Version": version, "VulnerabilityDB": {"Version": 2, "UpdatedAt": updated.isoformat()}})
        (self.folder / "trivy.json").write_text(report)
        self.fake(
            "trivy",
            f"""if [ "$1" = version ]; then echo '{told}'; exit; fi
while [ "$1" != --output ]; do shift; done
cat {quoted(self.folder)}/trivy.json >"$2"
echo it broke >&2
exit {code}""",
        )

    def vulnix(self, found=(), knows=True):
        """`found` are (CVE, score or nothing) of the C library; `knows` is whether it knows glibc at all."""
        self.found, self.knows = found, knows

    def answer_as_vulnix(self):
        def entry(name, cves):
            return {
                "name": name,
                "pname": "glibc",
                "version": name.split("-")[1],
                "derivation": None,
                "affected_by": [cve for cve, _ in cves],
                "whitelisted": [],
                "cvssv3_basescore": {cve: score for cve, score in cves if score},
                "description": {cve: "An overflow\nof a kind" for cve, _ in cves},
            }

        canary = [entry("glibc-2.35", [("CVE-2023-4911", 7.8)])] if self.knows else []
        answer = json.dumps(canary + ([entry("glibc-2.42", self.found)] if self.found else []))
        (self.folder / "vulnix.json").write_text(answer)
        self.fake(
            "vulnix",
            f"""[ $1 != --version ] || {{ echo vulnix 1.12.3; exit; }}
while [ "$1" != --from-file ]; do shift; done
cp "$2" {quoted(self.folder)}/asked.json
cat {quoted(self.folder)}/vulnix.json
exit 2""",
        )
        mirror = self.folder / "nvd"
        mirror.mkdir(exist_ok=True)
        (mirror / "nvdcve-2.0-modified.meta").write_text(f"lastModifiedDate:{self.nvd.isoformat()}\r\nsize:1\r\n")
        return {"NVD_MIRROR": mirror.as_uri(), "VULNIX_ALLOWED": self.allow_list()}

    def allow_list(self):
        (self.folder / "allowed.json").write_text(json.dumps(self.allowed))
        return self.folder / "allowed.json"

    def scan(self, *arguments, code=0, says=(), image=None, **environment):
        told = {
            "XDG_CACHE_HOME": self.folder / "cache",
            "ADVISORY_DB_URL": f"file://{self.database}",
            **self.answer_as_vulnix(),
            **environment,
        }
        return self.run_program("scan", *arguments, image or self.built, code=code, says=says, **told)

    def row(self, table, start):
        found = [line for line in table.splitlines() if line.startswith(f"| {start}")]
        self.assertEqual(len(found), 1, table)
        return found[0]


class Scan(Scene):
    def test_nothing_found_by_scanners_that_saw_it_passes(self):
        table = self.scan(says=["No findings."])
        self.assertIn("| 3 |", self.row(table, "cargo audit"), "one took part in the build alone")
        self.assertIn("| 0.70.0 | 2 |", self.row(table, "Trivy"))
        self.assertIn("| 1.12.3 | 3 |", self.row(table, "vulnix"))
        self.assertEqual(table.count("| yes |"), 3, table)
        asked = json.loads((self.folder / "asked.json").read_text())
        # By the names that databases know. A part of Rust's library has none.
        self.assertEqual({package["name"] for package in asked.values()}, {"glibc-2.42", "gcc-15.2.0", "rust-1.95.0", "glibc-2.35"})
        self.assertEqual(asked["rust"]["patches"], ["a.patch"])

    def test_a_vulnerable_crate_that_is_linked_fails(self):
        self.advisories(NOW, rocket=advisory("rocket", '">= 0.6.0"'))
        table = self.scan(code=1, says=["something fails"])
        self.assertTrue(self.row(table, "RUSTSEC-2026-9999").endswith("| >=0.6.0 | cargo audit | fails |"), table)
        self.assertIn("A planted one \\| in a cell", table, "no cell ends early")

    def test_an_advisory_that_is_no_vulnerability_is_listed_and_passes(self):
        informational = advisory("rocket", "", "RUSTSEC-2026-9998", 'informational = "unmaintained"\n')
        self.advisories(NOW, rocket=informational)
        self.assertIn("passes: unmaintained", self.row(self.scan(), "RUSTSEC-2026-9998"))

    def test_what_is_grave_in_the_image_fails_if_it_could_be_fixed(self):
        def vulnerability(identity, severity, fixed):
            return {
                "VulnerabilityID": identity,
                "PkgName": "rocket",
                "InstalledVersion": "0.5.2",
                "FixedVersion": fixed,
                "Severity": severity,
                "Title": "Planted",
                "PrimaryURL": f"https://example.org/{identity}",
            }

        for severity in ("CRITICAL", "HIGH"):
            self.trivy([vulnerability("CVE-1", severity, "0.6.0"), vulnerability("CVE-2", severity, ""), vulnerability("CVE-3", "MEDIUM", "1")])
            table = self.scan(code=1)
            self.assertTrue(self.row(table, "CVE-1").endswith("| Trivy | fails |"), table)
            self.assertIn("passes: not fixed yet", self.row(table, "CVE-2"))
            self.assertIn("passes: below HIGH", self.row(table, "CVE-3"))
        self.trivy([vulnerability("CVE-4", "UNKNOWN", "1")])
        self.assertIn("passes: Trivy knows no severity", self.row(self.scan(), "CVE-4"))
        self.trivy([vulnerability("CVE-2", "CRITICAL", "")])
        self.scan(says=["passes: not fixed yet"])

    def test_what_is_grave_in_the_c_library_fails(self):
        self.vulnix([("CVE-2026-1", 7.0), ("CVE-2026-2", 6.9), ("CVE-2026-3", None)])
        table = self.scan(code=1)
        self.assertTrue(self.row(table, "CVE-2026-1").endswith("| vulnix | fails |"), table)
        self.assertIn("passes: below 7.0", self.row(table, "CVE-2026-2"))
        self.assertTrue(self.row(table, "CVE-2026-3").endswith("| no score |  | vulnix | fails |"), table)
        for score, code in ((6.9, 0), (7.0, 1), (None, 1)):
            self.vulnix([("CVE-2026-2", score)])
            self.scan(code=code)

    def allow(self, **changes):
        soon = (NOW + datetime.timedelta(days=30)).date().isoformat()
        entry = {"name": "glibc", "cve": "CVE-2026-1", "comment": "not reached", "until": soon} | changes
        self.allowed.append({key: value for key, value in entry.items() if value})

    def test_what_is_allowed_for_a_time_and_a_reason_passes_until_then(self):
        self.vulnix([("CVE-2026-1", 9.8)])
        self.allow()
        self.assertIn("not reached |", self.row(self.scan(), "CVE-2026-1"))
        self.vulnix([("CVE-2026-1", 9.8), ("CVE-2026-2", 9.8)])
        self.assertTrue(self.row(self.scan(code=1), "CVE-2026-2").endswith("| fails |"), "another than the allowed one")
        self.allow(cve="CVE-2026-2", comment="not linked")
        table = self.scan()
        self.assertIn("not reached |", self.row(table, "CVE-2026-1"))
        self.assertIn("not linked |", self.row(table, "CVE-2026-2"))
        self.vulnix([("CVE-2026-1", 9.8)])
        self.allowed = []
        self.allow(name="musl")
        self.scan(code=1)
        # The day itself is one too many.
        for days in (0, 1):
            day = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)).date().isoformat()
            self.allowed = []
            self.allow(until=day)
            self.assertIn(f"fails: was allowed until {day}", self.row(self.scan(code=1), "CVE-2026-1"))

    def test_an_entry_of_the_allow_list_without_reason_or_end_is_refused(self):
        late = (NOW + datetime.timedelta(days=200)).date().isoformat()
        for changes, phrase in [
            ({"comment": ""}, "has no comment"),
            ({"until": ""}, "has no date until"),
            ({"until": "soon"}, "has no date until"),
            ({"until": late}, "more than 180 days away"),
            ({"cve": ""}, "needs both name and cve"),
            ({"cve": ["CVE-2026-1"]}, "needs both name and cve"),
        ]:
            self.allowed = []
            self.allow(**changes)
            self.scan(code=3, says=[phrase])

    def test_a_scanner_that_saw_nothing_is_not_trusted(self):
        empty = self.image_of([], "empty")
        self.scan(code=3, image=empty, says=["cargo-auditable"])
        stranger = self.image_of([crate for crate in CRATES if crate["name"] != "rocket"], "stranger")
        self.scan(code=3, image=stranger, says=["does not list rocket"])
        broken = self.image_of([], "broken", packed=b"no list")
        self.assertIn("cargo-auditable", self.row(self.scan(code=3, image=broken), "cargo audit"))
        self.trivy(crates=[])
        self.scan(code=3, says=["it did not see rocket 0.5.2, walkthrough 0.1.0", "it did not see rocket |"])
        self.trivy(crates=CRATES[:1])
        self.scan(code=3, says=["it did not see rocket 0.5.2"])
        # As many as there are, and not those.
        self.trivy(crates=[CRATES[1], {"name": "rocket", "version": "0.4.0"}])
        self.scan(code=3, says=["it did not see walkthrough 0.1.0"])
        self.trivy()
        self.linked()
        self.scan(code=3, says=["the bill has no glibc"])
        self.linked("musl-1.2")
        self.scan(code=3, says=["the bill has no glibc"])
        self.linked("glibc-2.42", "musl")
        self.scan(code=3, says=["it skips musl, for which the bill has no name to look up"])
        self.linked("glibc-2.42")
        self.vulnix(knows=False)
        self.scan(code=3, says=["does not know the vulnerabilities of glibc-2.35"])

    def test_a_stale_database_is_not_trusted(self):
        self.advisories(STALE)
        table = self.scan(code=3)
        self.assertIn("more than a week old", self.row(table, "cargo audit"))
        self.advisories(NOW)
        self.trivy(updated=STALE)
        self.assertIn("more than a week old", self.row(self.scan(code=3), "Trivy"))
        self.trivy()
        self.nvd = STALE
        self.assertIn("more than a week old", self.row(self.scan(code=3), "vulnix"))

    def test_a_scanner_that_does_not_run_is_not_trusted(self):
        self.trivy(code=1)
        self.scan(code=3, says=["it did not end well: it broke"])
        self.trivy(version="0.69.4")
        self.scan(code=3, says=["0.69.4 was made by somebody"])
        self.trivy()
        self.scan(code=3, says=["the date of its database can't be had from file:///nowhere: curl"], NVD_MIRROR="file:///nowhere")
        for name, more in [("unnamed", {"Env": ["A=b"]}), ("elsewhere", {"Env": ["WALKTHROUGH_BILL_DIR=/bin"]})]:
            self.scan(code=3, says=["the image has no bill"], image=self.image_of(CRATES, name, **more))
        self.bill = b"[]"
        self.scan(code=3, says=["what is linked can't be read from the image's bill: jq: error"], image=self.image_of(CRATES, "malformed"))
        self.scan(code=3, says=["the allow-list: jq: error"], VULNIX_ALLOWED="")
        self.scan(code=3, says=["it did not end well"], ADVISORY_DB_URL="file:///nowhere", XDG_CACHE_HOME=self.folder / "other")
        for name in ("trivy", "vulnix", "cargo-audit"):
            self.fake(name, "exit 127")
        table = self.scan(code=3, NVD_MIRROR="file:///nowhere")
        self.assertEqual(table.count("**no**"), 3, "each is asked, whatever the others did")

    def test_cargo_audit_that_saw_less_or_knows_nothing_is_not_trusted(self):
        for advisories, packages, phrase in [(1, 2, "it saw 2 packages, and the executable lists 3"), (0, 3, "its database has no advisories")]:
            answer = {
                "database": {"advisory-count": advisories, "last-commit": None, "last-updated": None},
                "lockfile": {"dependency-count": packages},
                "vulnerabilities": {"found": False, "count": 0, "list": []},
                "warnings": {},
            }
            self.fake("cargo-audit", f"[ $1 != --version ] || {{ echo cargo-audit 0.22.1; exit; }}\necho '{json.dumps(answer)}'")
            self.assertTrue(self.row(self.scan(code=3), "cargo audit").endswith(f"| **no**: {phrase} |"))

    def test_an_answer_of_another_shape_is_not_trusted(self):
        self.advisories(NOW, rocket=advisory("rocket", '">= 0.6.0"'))
        self.trivy(["a text in place of a vulnerability"])
        table = self.scan(code=3)
        self.assertIn("another shape", self.row(table, "Trivy"))
        self.assertIn("RUSTSEC-2026-9999", table, "what the others found is told all the same")

    def test_no_file_that_lies_about_hides_an_advisory(self):
        self.advisories(NOW, rocket=advisory("rocket", '">= 0.6.0"'))
        (self.folder / ".cargo").mkdir()
        for setting in ('[advisories]\nignore = ["RUSTSEC-2026-9999"]', '[target]\nos = "windows"', '[advisories]\nseverity_threshold = "high"'):
            (self.folder / ".cargo" / "audit.toml").write_text(setting)
            self.scan(code=1, says=["RUSTSEC-2026-9999"])
            self.scan(code=1, says=["RUSTSEC-2026-9999"], CARGO_HOME=self.folder / ".cargo")

    def test_no_variable_but_the_listed_ones_reaches_a_scanner(self):
        listed = {"PATH", "TMPDIR", "HOME", "XDG_CACHE_HOME", "SSL_CERT_DIR", "SSL_CERT_FILE", "NIX_SSL_CERT_FILE", "GIT_SSL_CAINFO", "HTTPS_PROXY", "NO_PROXY"}
        listed |= {f"TRIVY_{name}" for name in ("DB_REPOSITORY", "USERNAME", "PASSWORD", "CACHE_DIR", "SKIP_DB_UPDATE")}
        # Of the shell that plays them, and what this test says to cargo audit.
        listed |= {"PWD", "OLDPWD", "SHLVL", "_", "CARGO_HOME"}
        others = ["TRIVY_SEVERITY", "TRIVY_SKIP_FILES", "TRIVY_OFFLINE_SCAN", "TRIVY_CONFIG", "TRIVY_NEW_IN_A_YEAR", "CARGO_AUDIT_ANYTHING", "RUSTSEC_X"]
        others += ["GIT_DIR", "GIT_CONFIG_COUNT", "PYTHONPATH", "NIX_PATH", "CURL_HOME", "XDG_CONFIG_HOME", "DOCKER_CONFIG", "rustsec", "out", "url"]
        home = self.folder / "home"
        home.mkdir()
        given = {name: "1" for name in [*listed - {"PATH", "TMPDIR", "HOME", "XDG_CACHE_HOME", "PWD", "OLDPWD", "SHLVL", "_"}, *others]}
        for command in ("git", "curl", "cargo-audit", "trivy", "vulnix"):
            self.answer_as_vulnix()
            played = self.folder / "fakes" / command
            before = played.read_text() if played.exists() else None
            self.fake(command, f"env --null >>{quoted(self.folder)}/seen\nls -A \"$HOME\" >{quoted(self.folder)}/home-of-{command}\nexit 1")
            told = {"XDG_CACHE_HOME": self.folder / "cache", "HOME": home, "ADVISORY_DB_URL": f"file://{self.database}", "VULNIX_ALLOWED": self.allow_list()}
            self.run_program("scan", self.built, code=3, **(given | told))
            seen = {entry.split("=")[0] for entry in (self.folder / "seen").read_text().split("\0") if entry}
            self.assertFalse(seen - listed, command)
            self.assertIn("HTTPS_PROXY", seen)
            self.assertEqual((self.folder / f"home-of-{command}").read_text(), "")
            self.assertNotIn(f"HOME={home}\0", (self.folder / "seen").read_text())
            (self.folder / "seen").unlink()
            played.unlink()
            if before:
                played.write_text(before)
                played.chmod(0o755)

    def test_no_setting_of_gits_leads_to_other_advisories(self):
        self.advisories(NOW, rocket=advisory("rocket", '">= 0.6.0"'))
        real = self.database
        others = self.folder / "elsewhere"
        subprocess.run(["git", "clone", "--quiet", real, others], check=True)
        (others / "crates" / "rocket" / "RUSTSEC-2026-9999.md").unlink()
        commit = ["git", "-C", others, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "--all", "--message=a"]
        subprocess.run(commit, check=True)
        home = self.folder / "home"
        home.mkdir()
        (home / ".gitconfig").write_text(f'[url "file://{others}"]\n  insteadOf = "file://{real}"\n')
        self.scan(code=1, says=["RUSTSEC-2026-9999"], HOME=home)
        settings = {"GIT_CONFIG_COUNT": 1, "GIT_CONFIG_KEY_0": f"url.file://{others}.insteadOf", "GIT_CONFIG_VALUE_0": f"file://{real}"}
        self.scan(code=1, says=["RUSTSEC-2026-9999"], **settings)

    def test_findings_are_told_though_a_scanner_is_not_trusted(self):
        self.advisories(NOW, rocket=advisory("rocket", '">= 0.6.0"'))
        self.trivy(crates=[])
        sarif = self.folder / "a.sarif"
        self.scan("--sarif", sarif, code=3, says=["RUSTSEC-2026-9999"])
        run = json.loads(sarif.read_text())["runs"][0]
        self.assertEqual([result["ruleId"] for result in run["results"]], ["RUSTSEC-2026-9999"])
        self.assertFalse(run["invocations"][0]["executionSuccessful"])
        told = [note["message"]["text"] for note in run["invocations"][0]["toolExecutionNotifications"]]
        self.assertTrue(any("Trivy" in text for text in told), told)

    def test_the_findings_are_written_for_github(self):
        self.advisories(NOW, rocket=advisory("rocket", '">= 0.6.0"'))
        self.vulnix([("CVE-2026-2", 6.9)])
        sarif, summary, written = (self.folder / name for name in ("a.sarif", "summary", "table"))
        table = self.scan("--sarif", sarif, "--table", written, code=1, GITHUB_STEP_SUMMARY=summary)
        self.assertEqual(written.read_text(), table)
        self.assertIn(table, summary.read_text())
        document = json.loads(sarif.read_text())
        self.assertEqual(document["version"], "2.1.0")
        run = document["runs"][0]
        levels = {result["ruleId"]: result["level"] for result in run["results"]}
        self.assertEqual(levels, {"RUSTSEC-2026-9999": "error", "CVE-2026-2": "note"})
        self.assertEqual({rule["id"] for rule in run["tool"]["driver"]["rules"]}, set(levels))
        places = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"]}
        self.assertEqual(places, {"Cargo.lock", "flake.lock"})
        self.assertTrue(run["invocations"][0]["executionSuccessful"])
        # GitHub makes one alert of two results with the same of these.
        marks = {result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]}
        self.assertEqual(len(marks), 2)

    def test_pinned_advisories_are_asked_alone_and_that_is_told(self):
        for name in ("trivy", "vulnix"):
            self.fake(name, "exit 127")
        self.advisories(STALE)
        told = {"ADVISORY_DB": self.database}
        table = self.run_program("scan", "--pinned", self.built, says=["No findings."], **told)
        self.assertEqual(table.count("not asked: pinned advisories alone, and no gate"), 2, table)
        self.assertIn("| pinned, the newest of 2026-11-01 |", self.row(table, "cargo audit"))
        self.run_program("scan", "--pinned", self.built, says=["scan: Trivy and vulnix were not asked"], **told)
        self.advisories(STALE, rocket=advisory("rocket", '">= 0.6.0"'))
        self.run_program("scan", "--pinned", self.built, code=1, **told)

    def test_an_image_from_elsewhere_is_the_one_with_that_digest_or_is_not_scanned(self):
        digest = (self.built / "digest").read_text().strip()
        other, another = self.image("other", files={"bin/walkthrough": b"another"})
        self.scan("--digest", digest, says=["No findings."])
        self.scan("--digest", another, code=2, says=[f"holds {digest}, and not {another}"])
        # Nobody asks the file beside it.
        (other / "digest").write_text(digest)
        self.scan("--digest", digest, image=other, code=2, says=[f"holds {another}, and not {digest}"])

    def test_no_name_in_an_image_is_believed(self):
        digest = (self.built / "digest").read_text().strip()
        layout = self.built / "oci"
        index, blobs = layout / "index.json", layout / "blobs" / "sha256"
        manifest = json.loads((blobs / digest.removeprefix("sha256:")).read_text())
        names = {"manifest": digest, "configuration": manifest["config"]["digest"], "layer": manifest["layers"][0]["digest"]}
        for name in names.values():
            blob = blobs / name.removeprefix("sha256:")
            content = blob.read_bytes()
            for altered, phrase in [
                (content[:-1] + bytes([content[-1] ^ 1]), f"{name} in {layout} has other bytes than its name says"),
                (content + b" ", f"{name} has not the {len(content)} bytes"),
            ]:
                blob.write_bytes(altered)
                self.scan(code=2, says=["can't be unpacked", phrase])
            blob.unlink()
            self.scan(code=2, says=[f"{layout} has no blob {name}"])
            blob.write_bytes(content)
        entry = json.loads(index.read_text())["manifests"][0]
        for manifests in ([], [entry, entry], [entry | {"digest": "sha256:../../../digest"}], {"0": entry}, None):
            index.write_text(json.dumps({"schemaVersion": 2, "manifests": manifests}))
            self.scan(code=2, says=["can't be unpacked"])
        index.write_text("no list")
        self.scan(code=2, says=["can't be unpacked"])
        # Go takes names for the same that differ in case alone, and jq does not.
        other, another = self.image("other", files={"bin/walkthrough": b"another"})
        for blob in (other / "oci" / "blobs" / "sha256").iterdir():
            (blobs / blob.name).write_bytes(blob.read_bytes())
        hidden = json.loads((other / "oci" / "index.json").read_text())["manifests"]
        index.write_text(json.dumps({"schemaVersion": 2, "manifests": [entry], "Manifests": hidden}))
        self.fake("trivy", f"""[ "$1" != version ] || exit 0
while [ "$1" != --input ]; do shift; done
cat "$2/index.json" >{quoted(self.folder)}/seen; ls "$2/blobs/sha256" >>{quoted(self.folder)}/seen""")
        self.scan("--digest", digest, code=3)
        seen = (self.folder / "seen").read_text()
        for name in names.values():
            self.assertIn(name.removeprefix("sha256:"), seen)
        self.assertNotIn(another.removeprefix("sha256:"), seen, "what was checked, and nothing else")

    def test_what_a_program_ends_with_is_no_code_of_its_own(self):
        told = {"XDG_CACHE_HOME": self.folder / "cache", "ADVISORY_DB_URL": f"file://{self.database}", **self.answer_as_vulnix()}
        self.ends_with_codes_of_its_own((0, 2, 3), "scan", self.built, **told)

    def test_wrong_arguments_are_told(self):
        for arguments, phrase in [
            (["--sarif", self.folder / "nowhere" / "a.sarif", self.built], "can't be written"),
            (["--table", self.folder, self.built], "can't be written"),
            (["--quick"], "there is no option --quick"),
            (["--sarif"], "needs a value"),
            (["--digest", "sha256:1", self.built], "is no digest"),
            ([self.folder], "is no image"),
            ([self.built, self.built], "one too many"),
            ([], "which image?"),
        ]:
            self.run_program("scan", *arguments, code=2, says=[phrase])
        self.assertIn("Exit codes", self.run_program("scan", "--help"))

    def test_a_cache_that_can_not_be_written_is_no_cache(self):
        self.scan(XDG_CACHE_HOME="", says=["No findings."])
        self.scan(XDG_CACHE_HOME="/proc", says=["No findings."])


@unittest.skipUnless(shutil.which("trivy"), "there is no trivy on the PATH, and nobody should fetch one for this")
class RealTrivy(Scene):
    """Trivy itself, with a database of ours."""

    def real(self, severity="HIGH", fixed="9.9.9", crate="rocket", updated=NOW, **more):
        cache = self.folder / "trivys"
        trivy_db.write(cache, crate, severity, fixed, updated)
        # Behind the fakes, so in the place of the fake one.
        os.unlink(self.folder / "fakes" / "trivy")
        try:
            return self.scan(TRIVY_CACHE_DIR=cache, TRIVY_SKIP_DB_UPDATE="true", **more)
        finally:
            self.trivy()

    def test_it_sees_what_is_linked(self):
        self.assertIn("| 2 |", self.row(self.real(crate="unrelated"), "Trivy"))

    def test_it_finds_what_is_grave_and_could_be_fixed(self):
        for severity in ("CRITICAL", "HIGH"):
            self.assertTrue(self.row(self.real(severity, code=1), "CVE-2026-7777").endswith("| Trivy | fails |"))
        self.assertIn("passes: not fixed yet", self.row(self.real("CRITICAL", fixed=""), "CVE-2026-7777"))
        self.assertIn("passes: below HIGH", self.row(self.real("MEDIUM"), "CVE-2026-7777"))

    def test_seeing_nothing_or_with_a_stale_database_it_is_not_trusted(self):
        empty = self.image_of([], "empty")
        self.real(code=3, image=empty, says=["did not see rocket"])
        self.assertIn("more than a week old", self.row(self.real(crate="unrelated", updated=STALE, code=3), "Trivy"))

    def test_no_file_and_no_variable_that_lies_about_hides_what_it_finds(self):
        (self.folder / ".trivyignore").write_text("CVE-2026-7777\n")
        (self.folder / "trivy.yaml").write_text("severity: [LOW]\nscan:\n  skip-files: [bin/walkthrough]\n")
        self.assertTrue(self.row(self.real(code=1), "CVE-2026-7777").endswith("| Trivy | fails |"))
        for name, value in [("SEVERITY", "LOW"), ("IGNORE_STATUS", "fixed"), ("IGNOREFILE", self.folder / ".trivyignore"), ("SKIP_FILES", "bin/walkthrough")]:
            self.real(code=1, says=["CVE-2026-7777"], **{f"TRIVY_{name}": value})
        self.real("CRITICAL", fixed="", says=["passes: not fixed yet"], TRIVY_IGNORE_UNFIXED="true")


@unittest.skipUnless(shutil.which("vulnix"), "there is no vulnix on the PATH")
class RealVulnix(Scene):
    """vulnix itself, with feeds of ours, on a server of ours."""

    def setUp(self):
        super().setUp()
        self.feeds = self.folder / "feeds"
        self.feeds.mkdir()
        serve = functools.partial(Quiet, directory=str(self.feeds))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.mirror = f"http://127.0.0.1:{server.server_port}"
        self.known = {"CVE-2023-4911": vulnerability("CVE-2023-4911", 7.8, versionStartIncluding="2.34", versionEndExcluding="2.39")}

    def answer_as_vulnix(self):
        # The feeds that it reads: one for each of six years. What changed lately is in one more, which it reads next time.
        for year in range(NOW.year - 5, NOW.year + 1):
            listed = [{"cve": cve} for name, cve in self.known.items() if name.startswith(f"CVE-{year}-")]
            (self.feeds / f"nvdcve-2.0-{year}.json.gz").write_bytes(gzip.compress(json.dumps({"vulnerabilities": listed}).encode()))
        (self.feeds / "nvdcve-2.0-modified.meta").write_text(f"lastModifiedDate:{self.nvd.isoformat()}\r\nsize:1\r\n")
        shutil.rmtree(self.folder / "cache", ignore_errors=True)
        return {"NVD_MIRROR": self.mirror, "VULNIX_ALLOWED": self.allow_list()}

    def know(self, score, version="*", **which):
        """One vulnerability of the C library; its name."""
        name = f"CVE-{NOW.year}-{len(self.known)}"
        self.known[name] = vulnerability(name, score, version, **which)
        return name

    def test_what_is_not_affected_passes(self):
        self.know(9.8, versionEndExcluding="2.42")
        self.assertIn("| 3 |", self.row(self.scan(says=["No findings."]), "vulnix"))

    def test_what_is_grave_fails_however_its_versions_are_told(self):
        names = [self.know(7.0, versionEndIncluding="2.42"), self.know(9.8, "2.42"), self.know(None, versionEndExcluding="2.43")]
        light = self.know(6.9, versionEndExcluding="2.43")
        table = self.scan(code=1)
        for name in names:
            self.assertTrue(self.row(table, name).endswith("| vulnix | fails |"), table)
        self.assertIn("passes: below 7.0", self.row(table, light))

    def test_each_of_two_allowed_ones_passes(self):
        for name in (self.know(9.8, "2.42"), self.know(9.8, "2.42")):
            until = (NOW + datetime.timedelta(days=30)).date().isoformat()
            self.allowed.append({"name": "glibc", "cve": name, "comment": "not reached", "until": until})
        self.assertEqual(self.scan().count(": not reached |"), 2)

    def test_one_that_knows_nothing_or_is_stale_or_without_feeds_is_not_trusted(self):
        self.nvd = STALE
        self.assertIn("more than a week old", self.row(self.scan(code=3), "vulnix"))
        self.nvd = NOW
        self.known = {}
        self.scan(code=3, says=["does not know the vulnerabilities of glibc-2.35"])
        self.assertIn("it did not end well", self.row(self.scan(code=3, NVD_MIRROR=f"{self.mirror}/nowhere"), "vulnix"))


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def vulnerability(name, score, version="*", **which):
    """One of the C library, as the feeds have it."""
    matched = {"vulnerable": True, "criteria": f"cpe:2.3:a:gnu:glibc:{version}:*:*:*:*:*:*:*", **which}
    return {
        "id": name,
        "descriptions": [{"lang": "en", "value": "A planted one"}],
        "metrics": {"cvssMetricV31": [{"cvssData": {"baseScore": score}}]} if score else {},
        "configurations": [{"nodes": [{"cpeMatch": [matched]}]}],
    }
