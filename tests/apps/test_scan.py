"""What `scan` promises. cargo audit is the real one, asking advisories that the test made. vulnix is played by a program
that answers in its form, and so is Trivy, but for the last tests: those are for a real one, where there is one."""

import datetime
import json
import os
import shutil
import subprocess
import unittest
import zlib

import trivy_db
from stage import Stage

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

    def setUp(self):
        super().setUp()
        self.built = self.image_of(CRATES)
        self.advisories(NOW, unrelated=advisory("unrelated", '">= 2"', "RUSTSEC-2026-0001"))
        self.trivy()
        self.allowed = []
        self.nvd = NOW
        self.vulnix()

    def image_of(self, crates, name="image"):
        """An image whose executable lists those crates, as cargo-auditable has it."""
        (self.folder / "list").write_bytes(zlib.compress(json.dumps({"packages": crates}).encode()))
        program = self.folder / "program"
        add = ["--add-section", f".dep-v0={self.folder / 'list'}"] if crates else []
        subprocess.run(["objcopy", *add, "/bin/true", program], check=True)
        return self.image(name, files={"bin/walkthrough": program.read_bytes()})[0]

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
cat {self.folder}/trivy.json >"$2"
echo it broke >&2
exit {code}""",
        )

    def vulnix(self, found=(), knows=True):
        """`found` are (CVE, score or nothing) of the C library; `knows` is whether it knows glibc at all."""
        self.found, self.knows = found, knows

    def answer_as_vulnix(self):
        def entry(name, cves):
            allowed = {cve.get("cve") for cve in self.allowed if cve.get("until", "") > NOW.date().isoformat()}
            return {
                "name": name,
                "pname": "glibc",
                "version": name.split("-")[1],
                "derivation": None,
                "affected_by": [cve for cve, _ in cves if cve not in allowed],
                "whitelisted": [cve for cve, _ in cves if cve in allowed],
                "cvssv3_basescore": {cve: score for cve, score in cves if score},
                "description": {cve: "An overflow\nof a kind" for cve, _ in cves},
            }

        canary = [entry("glibc-2.35", [("CVE-2023-4911", 7.8)])] if self.knows else []
        answer = json.dumps(canary + ([entry("glibc-2.42", self.found)] if self.found else []))
        asked = self.folder / "asked"
        (self.folder / "vulnix.json").write_text(answer)
        self.fake("vulnix", f"[ $1 != --version ] || {{ echo vulnix 1.12.3; exit; }}\necho $* >{asked}\ncat {self.folder}/vulnix.json\nexit 2")
        mirror = self.folder / "nvd"
        mirror.mkdir(exist_ok=True)
        (mirror / "nvdcve-2.0-modified.meta").write_text(f"lastModifiedDate:{self.nvd.isoformat()}\r\nsize:1\r\n")
        (self.folder / "linked.json").write_text(json.dumps({"glibc": {"name": "glibc-2.42", "patches": []}}))
        (self.folder / "allowed.json").write_text(json.dumps(self.allowed))
        return {
            "NVD_MIRROR": f"file://{mirror}",
            "LINKED": self.folder / "linked.json",
            "VULNIX_ALLOWED": self.folder / "allowed.json",
        }

    def scan(self, *arguments, code=0, says=(), image=None, **environment):
        told = {
            "IMAGE": image or self.built,
            "XDG_CACHE_HOME": self.folder / "cache",
            "ADVISORY_DB_URL": f"file://{self.database}",
            **self.answer_as_vulnix(),
            **environment,
        }
        return self.run_program("scan", *arguments, code=code, says=says, **told)

    def row(self, table, start):
        found = [line for line in table.splitlines() if line.startswith(f"| {start}")]
        self.assertEqual(len(found), 1, table)
        return found[0]


class Scan(Scene):
    def test_nothing_found_by_scanners_that_saw_it_passes(self):
        table = self.scan(says=["No findings."])
        self.assertIn("| 3 |", self.row(table, "cargo audit"), "one took part in the build alone")
        self.assertIn("| 0.70.0 | 2 |", self.row(table, "Trivy"))
        self.assertIn("| 1.12.3 | 1 |", self.row(table, "vulnix"))
        self.assertEqual(table.count("| yes |"), 3, table)
        asked = (self.folder / "asked").read_text()
        self.assertIn("--show-whitelisted", asked)

    def test_a_vulnerable_crate_that_is_linked_fails(self):
        self.advisories(NOW, rocket=advisory("rocket", '">= 0.6.0"'))
        table = self.scan(code=1, says=["something fails"])
        self.assertTrue(self.row(table, "RUSTSEC-2026-9999").endswith("| >=0.6.0 | cargo audit | fails |"), table)
        self.assertIn("A planted one \\| in a cell", table, "no cell ends early")

    def test_an_advisory_that_is_no_vulnerability_is_listed_and_passes(self):
        informational = advisory("rocket", "", "RUSTSEC-2026-9998", 'informational = "unmaintained"\n')
        self.advisories(NOW, rocket=informational)
        self.assertIn("passes: unmaintained", self.row(self.scan(), "RUSTSEC-2026-9998"))

    def test_what_is_grave_in_the_image_fails_if_it_could_be_mended(self):
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
            self.assertIn("passes: not mended yet", self.row(table, "CVE-2"))
            self.assertIn("passes: below HIGH", self.row(table, "CVE-3"))
        self.trivy([vulnerability("CVE-2", "CRITICAL", "")])
        self.scan(says=["passes: not mended yet"])

    def test_what_is_grave_in_the_c_library_fails(self):
        self.vulnix([("CVE-2026-1", 7.0), ("CVE-2026-2", 6.9), ("CVE-2026-3", None)])
        table = self.scan(code=1)
        self.assertTrue(self.row(table, "CVE-2026-1").endswith("| vulnix | fails |"), table)
        self.assertIn("passes: below 7.0", self.row(table, "CVE-2026-2"))
        self.assertTrue(self.row(table, "CVE-2026-3").endswith("| no score |  | vulnix | fails |"), table)
        self.vulnix([("CVE-2026-2", 6.9)])
        self.scan()

    def allow(self, **changes):
        soon = (NOW + datetime.timedelta(days=30)).date().isoformat()
        entry = {"name": "glibc", "cve": "CVE-2026-1", "comment": "not reached", "until": soon} | changes
        self.allowed = [{key: value for key, value in entry.items() if value}]

    def test_what_is_allowed_for_a_time_and_a_reason_passes_until_then(self):
        self.vulnix([("CVE-2026-1", 9.8)])
        self.allow()
        self.assertIn("not reached |", self.row(self.scan(), "CVE-2026-1"))
        yesterday = (NOW - datetime.timedelta(days=1)).date().isoformat()
        self.allow(until=yesterday)
        self.assertIn(f"fails: was allowed until {yesterday}", self.row(self.scan(code=1), "CVE-2026-1"))

    def test_an_entry_of_the_allow_list_without_reason_or_end_is_refused(self):
        late = (NOW + datetime.timedelta(days=200)).date().isoformat()
        for changes, phrase in [
            ({"comment": ""}, "has no comment"),
            ({"until": ""}, "has no date until"),
            ({"until": "soon"}, "has no date until"),
            ({"until": late}, "more than 180 days away"),
            ({"cve": ""}, "needs both name and cve"),
        ]:
            self.allow(**changes)
            self.scan(code=3, says=[phrase])

    def test_a_scanner_that_saw_nothing_is_not_trusted(self):
        empty = self.image_of([], "empty")
        self.scan(code=3, image=empty, says=["cargo-auditable"])
        stranger = self.image_of([crate for crate in CRATES if crate["name"] != "rocket"], "stranger")
        self.scan(code=3, image=stranger, says=["does not list rocket"])
        self.trivy(crates=[])
        self.scan(code=3, says=["it saw 0 packages, and the executable has 2 linked", "it did not see rocket"])
        self.trivy(crates=CRATES[:1])
        self.scan(code=3, says=["it saw 1 packages"])
        self.trivy()
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
        self.scan(code=3, says=["its database has no date"], NVD_MIRROR="file:///nowhere")
        self.scan(code=3, says=["LINKED names no file"], LINKED="")
        self.scan(code=3, says=["it did not end well"], ADVISORY_DB_URL="file:///nowhere", XDG_CACHE_HOME=self.folder / "other")
        for name in ("trivy", "vulnix", "cargo-audit"):
            self.fake(name, "exit 127")
        told = {"LINKED": self.folder / "linked.json", "VULNIX_ALLOWED": self.folder / "allowed.json"}
        table = self.run_program("scan", code=3, IMAGE=self.built, NVD_MIRROR="file:///nowhere", **told)
        self.assertEqual(table.count("**no**"), 3, "each is asked, whatever the others did")

    def test_findings_are_told_though_a_scanner_is_not_trusted(self):
        self.advisories(NOW, rocket=advisory("rocket", '">= 0.6.0"'))
        self.trivy(crates=[])
        self.scan(code=3, says=["RUSTSEC-2026-9999"])

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

    def test_pinned_advisories_are_asked_alone_and_that_is_told(self):
        for name in ("trivy", "vulnix"):
            self.fake(name, "exit 127")
        self.advisories(STALE)
        told = {"IMAGE": self.built, "ADVISORY_DB": self.database}
        table = self.run_program("scan", "--pinned", says=["No findings."], **told)
        self.assertEqual(table.count("not asked: pinned advisories alone, and no gate"), 2, table)
        self.advisories(STALE, rocket=advisory("rocket", '">= 0.6.0"'))
        self.run_program("scan", "--pinned", code=1, **told)

    def test_wrong_arguments_are_told(self):
        for arguments, phrase in [
            (["--quick"], "there is no option --quick"),
            (["--sarif"], "needs the name of a file"),
            ([self.folder], "is no image"),
            ([self.built, self.built], "one too many"),
        ]:
            self.scan(*arguments, code=2, says=[phrase])
        self.run_program("scan", code=2, says=["which image?"])
        self.assertIn("Exit codes", self.scan("--help"))


@unittest.skipUnless(shutil.which("trivy"), "there is no trivy on the PATH, and nobody should fetch one for this")
class RealTrivy(Scene):
    """Trivy itself, with a database of ours."""

    def real(self, severity="HIGH", fixed="9.9.9", crate="rocket", updated=NOW, **more):
        cache = self.folder / "trivy"
        trivy_db.write(cache, crate, severity, fixed, updated)
        # Behind the fakes, so in the place of the fake one.
        os.unlink(self.folder / "fakes" / "trivy")
        try:
            return self.scan(TRIVY_CACHE_DIR=cache, TRIVY_SKIP_DB_UPDATE="true", **more)
        finally:
            self.trivy()

    def test_it_sees_what_is_linked(self):
        self.assertIn("| 2 |", self.row(self.real(crate="unrelated"), "Trivy"))

    def test_it_finds_what_is_grave_and_could_be_mended(self):
        for severity in ("CRITICAL", "HIGH"):
            self.assertTrue(self.row(self.real(severity, code=1), "CVE-2026-7777").endswith("| Trivy | fails |"))
        self.assertIn("passes: not mended yet", self.row(self.real("CRITICAL", fixed=""), "CVE-2026-7777"))
        self.assertIn("passes: below HIGH", self.row(self.real("MEDIUM"), "CVE-2026-7777"))

    def test_seeing_nothing_or_with_a_stale_database_it_is_not_trusted(self):
        empty = self.image_of([], "empty")
        self.real(code=3, image=empty, says=["did not see rocket"])
        self.assertIn("more than a week old", self.row(self.real(crate="unrelated", updated=STALE, code=3), "Trivy"))
