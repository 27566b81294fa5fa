"""What the bill promises, of crates, a lock file and a standard library that the tests made."""

import json
import pathlib
import subprocess
import sys

from stage import Stage

BILL = pathlib.Path(__file__).resolve().parent.parent.parent / "nix" / "bill.py"

LINKED = {
    "name": "glibc",
    "version": "2.42-67",
    "licence": "LGPL-2.0-or-later",
    "homepage": "https://example.org/libc",
    "cpe": "cpe:2.3:a:gnu:glibc:2.42:*:*:*:*:*:*:*",
    "source": "https://example.org/a b/glibc.tar.xz",
    "sha256": "11",
    "patches": ["a.patch"],
}


class Bill(Stage):
    def setUp(self):
        super().setUp()
        self.lock, self.listed, self.linked = [], [{"name": "walkthrough", "version": "0.1.0", "root": True}], [LINKED]
        for folder in ("vendored", "sources", "compiled"):
            (self.folder / folder).mkdir()

    def crate(self, name, version, licence="MIT", texts=None, kind="runtime", checksum="00", listed=True, where="vendored/registry"):
        """A crate that the executable lists and that was vendored, with the texts of its terms by the names of their files."""
        folder = self.folder / where / f"{name}-{version}"
        folder.mkdir(parents=True)
        said = f'license = "{licence}"' if licence else 'license-file = "LICENSE"'
        (folder / "Cargo.toml").write_text(f'[package]\nname = "{name}"\nversion = "{version}"\n{said}\n')
        for file, text in (texts or {}).items():
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_text(text)
        if listed:
            self.lock.append(f'[[package]]\nname = "{name}"\nversion = "{version}"\nchecksum = "{checksum}"\n')
            self.listed.append({"name": name, "version": version, "kind": kind})

    def make(self, name="bill"):
        (self.folder / "listed.json").write_text(json.dumps({"packages": self.listed}))
        (self.folder / "linked.json").write_text(json.dumps(self.linked))
        (self.folder / "Cargo.lock").write_text("version = 4\n" + "".join(self.lock))
        given = {"listed": "listed.json", "lock": "Cargo.lock", "vendored": "vendored", "linked": "linked.json"}
        given |= {name: name for name in ("sources", "compiled")}
        options = [f"--{option}={self.folder / file}" for option, file in given.items()]
        subprocess.run([sys.executable, BILL, self.folder / name, *options], check=True)
        return json.loads((self.folder / name / "bill.json").read_text()), (self.folder / name / "licences.txt").read_text()

    def test_a_crate_has_what_its_manifest_and_the_lock_file_say(self):
        self.crate("a", "1.0.0", "MIT/Apache-2.0", checksum="aa")
        self.crate("a", "2.0.0", "ISC", checksum="bb")
        bill, _ = self.make()
        expected = [
            {"name": "a", "version": "1.0.0", "licence": "MIT OR Apache-2.0", "sha256": "aa"},
            {"name": "a", "version": "2.0.0", "licence": "ISC", "sha256": "bb"},
        ]
        self.assertEqual(bill["crates"], expected)

    def test_what_nobody_says_of_a_crate_is_null(self):
        self.crate("a", "1.0.0", None)
        self.listed.append({"name": "gone", "version": "1.0.0"})
        bill, _ = self.make()
        self.assertEqual([(crate["licence"], crate["sha256"]) for crate in bill["crates"]], [(None, "00"), (None, None)])

    def test_what_is_linked_is_named_by_a_package_url_where_its_source_is_known(self):
        unknown = LINKED | {"name": "other", "version": None, "source": None, "sha256": None}
        self.linked = [LINKED, unknown]
        bill, _ = self.make()
        url = "pkg:generic/glibc@2.42-67?checksum=sha256:11&download_url=https://example.org/a%20b/glibc.tar.xz"
        self.assertEqual(bill["linked"], [LINKED | {"purl": url, "part_of": None}, unknown | {"purl": None, "part_of": None}])

    def test_parts_of_the_standard_library_are_those_that_it_depends_on_and_that_were_compiled(self):
        library = self.folder / "sources" / "rust-std" / "library"
        library.mkdir(parents=True)
        package = '[[package]]\nname = "{}"\nversion = "{}"\n{}\n'
        known = 'source = "registry"\nchecksum = "{}"\n'
        (library / "Cargo.lock").write_text(
            package.format("std", "0.0.0", 'dependencies = ["core", "cfg-if", "old 1.0.0", "windows"]')
            + package.format("core", "0.0.0", "")
            + package.format("cfg-if", "1.0.0+it", known.format("cc") + 'dependencies = ["deep"]')
            + package.format("deep", "1.0.0", known.format("dd"))
            + package.format("old", "1.0.0", known.format("11"))
            + package.format("old", "2.0.0", known.format("22"))
            + package.format("windows", "1.0.0", known.format("ee"))
            + package.format("getopts", "1.0.0", known.format("ff"))
        )
        for name in ("core", "cfg_if", "deep", "old", "getopts"):
            (self.folder / "compiled" / f"lib{name}-0123abcd.rlib").touch()
        self.crate("cfg-if", "1.0.0+it", "MIT", {"LICENSE": "its terms"}, listed=False, where="sources/rust-std/vendor")
        self.linked = [LINKED | {"name": "rust-std"}]
        bill, licences = self.make()
        parts = [part for part in bill["linked"] if part["part_of"]]
        self.assertEqual([(part["name"], part["sha256"]) for part in parts], [("cfg-if", "cc"), ("deep", "dd"), ("old", "11")])
        self.assertEqual({part["part_of"] for part in parts}, {"rust-std"})
        self.assertEqual((parts[0]["purl"], parts[0]["licence"]), ("pkg:cargo/cfg-if@1.0.0%2Bit", "MIT"))
        self.assertIn("cfg-if 1.0.0+it, part of rust-std", licences)
        self.assertIn("its terms", licences)

    def test_each_text_stands_once_with_all_who_come_under_it(self):
        self.crate("a", "1.0.0", texts={"LICENSE-MIT": "Copyright A\n\nDo what you like.", "src": "no terms"})
        self.crate("b", "1.0.0", texts={"COPYING": "Copyright A\nDo what\nyou like.\n", "LICENSES/MIT": "Other terms."})
        self.crate("c", "1.0.0", texts={"LICENSE": "Terms of a tool."}, kind="build")
        self.crate("d", "1.0.0", "ISC")
        (self.folder / "sources" / "glibc").mkdir()
        (self.folder / "sources" / "glibc" / "COPYING.LIB").write_text("The lesser terms.")
        _, licences = self.make()
        self.assertEqual(licences.count("Do what"), 1)
        self.assertIn("=\na 1.0.0\nb 1.0.0\n=", licences)
        self.assertIn("Other terms.", licences)
        self.assertIn("=\nglibc\n=", licences)
        self.assertIn("The lesser terms.", licences)
        self.assertNotIn("Terms of a tool", licences, "what helped to build is not passed on")
        self.assertNotIn("no terms", licences)
        self.assertIn("d 1.0.0: ISC", licences, "a crate without a text is said to be one")

    def test_who_gets_the_executable_reads_whose_library_it_holds_and_where_its_source_is(self):
        _, licences = self.make()
        for told in ("glibc 2.42-67", "LGPL-2.0-or-later", LINKED["source"], "a.patch", "another glibc"):
            self.assertIn(told, licences)

    def test_the_same_inputs_give_the_same_bytes(self):
        self.crate("b", "1.0.0", texts={"LICENSE": "Terms."})
        self.crate("a", "1.0.0", texts={"LICENSE": "Terms."})
        self.assertEqual(self.make("first"), self.make("second"))
        for file in ("bill.json", "licences.txt"):
            self.assertEqual((self.folder / "first" / file).read_bytes(), (self.folder / "second" / file).read_bytes())
            self.assertNotIn(str(self.folder), (self.folder / "first" / file).read_text())
