"""What the small programs under nix/ promise, of images and executables that the tests made."""

import gzip
import io
import json
import os
import pathlib
import shutil
import subprocess
import tarfile
import unittest
import zlib

from stage import SERVICE, Stage

# The least that is an executable with no loader. It names a crate's path, and is not started.
SOURCE = 'const char *const at = "{path}"; void _start(void) {{ for (;;) __asm__ volatile("" : : "r"(at)); }}\n'

LINKED = [{"name": name, "part_of": None} for name in ("glibc", "libgcc", "rust-std")]
CRATES = [{"name": "rocket", "licence": "MIT", "sha256": "00"}]
SITE = {"static/a b.css": b"a style", "templates/page": b"a page"}
CONFIG = {
    "Env": [
        "GLIBC_TUNABLES=glibc.malloc.mmap_threshold=131072",
        "ROCKET_ADDRESS=0.0.0.0",
        f"ROCKET_PORT={SERVICE['port']}",
        "ROCKET_TEMPLATE_DIR=/share/walkthrough/templates",
        "ROCKET_WORKERS=1",
        "WALKTHROUGH_BILL_DIR=/share/bill",
        "WALKTHROUGH_STATIC_DIR=/share/walkthrough/static",
    ],
    "ExposedPorts": {f"{SERVICE['port']}/tcp": {}},
    "Labels": {f"org.opencontainers.image.{name}": name for name in ("description", "licenses", "title", "version")},
    "StopSignal": "SIGTERM",
}


class Executable(Stage):
    def build(self, path="/crates/a/src/lib.rs", crates=("a", SERVICE["crate"]), options=("-static",)):
        (self.folder / "a.c").write_text(SOURCE.format(path=path))
        program = self.folder / "program"
        subprocess.run(["gcc", "-nostdlib", *options, "-o", program, self.folder / "a.c"], check=True)
        if crates:
            (self.folder / "list").write_bytes(zlib.compress(json.dumps({"packages": [{"name": name} for name in crates]}).encode()))
            subprocess.run(["objcopy", "--add-section", f".dep-v0={self.folder / 'list'}", program], check=True)
        return program

    def test_one_that_needs_nothing_and_lists_its_crates_passes(self):
        self.run_program("executable", self.build(), says=["statically linked", "2 crates"])

    def test_what_a_reader_relies_on_is_missed(self):
        for changes, phrase in [
            ({"options": ("-pie", "-shared")}, "needs a loader"),
            ({"crates": ()}, "holds no list of crates"),
            ({"crates": ("a",)}, f"its list of crates lacks {SERVICE['crate']}"),
            ({"path": "/nix/store/00000000000000000000000000000000-a"}, "names paths of the machine"),
            ({"path": "/elsewhere"}, "no path of a crate in it"),
        ]:
            (self.folder / "crates.zlib").unlink(missing_ok=True)
            self.run_program("executable", self.build(**changes), code=1, says=[phrase])


class Content(Stage):
    def setUp(self):
        super().setUp()
        self.site, self.executable, self.bill = (self.folder / name for name in ("site", "executable", "bill"))
        for name, content in SITE.items():
            (self.site / name).parent.mkdir(parents=True, exist_ok=True)
            (self.site / name).write_bytes(content)
        self.billed(LINKED, CRATES)
        (self.executable / "bin").mkdir(parents=True)
        (self.executable / "bin" / "walkthrough").write_bytes(b"an executable")
        self.count = 0

    def billed(self, linked, crates):
        self.bill.mkdir(exist_ok=True)
        (self.bill / "bill.json").write_text(json.dumps({"linked": linked, "crates": crates}))
        (self.bill / "licences.txt").write_text("the terms\n")

    def content(self, *says, files=None, config=None, code=1, prepare=None, **entry):
        """Holds an image against what it is meant to be; what is given differs from that."""
        self.count += 1
        packed = {"bin/walkthrough": b"an executable"} | {f"share/walkthrough/{name}": content for name, content in SITE.items()}
        packed |= {f"share/bill/{file.name}": file.read_bytes() for file in self.bill.iterdir()}
        image, _ = self.image(f"image {self.count}", packed | (files or {}), entry, **(CONFIG | (config or {})))
        if prepare:
            prepare(image)
        here = self.folder / str(self.count)
        here.mkdir()
        # A date is the same everywhere.
        arguments = ("image-content", image, self.executable, self.site, self.bill)
        return self.run_program(*arguments, code=code, says=says, folder=here, TZ="Pacific/Kiritimati")

    def test_what_is_meant_passes(self):
        self.assertIn("bytes in all", self.content(code=0))

    def test_what_is_not_meant_is_told(self):
        self.content("configuration differs", config={"User": "0:0"})
        self.content("configuration differs", config={"Env": []})
        self.content("list of files differs", files={"bin/sh": b"a shell"})
        self.content("the executable is another one", files={"bin/walkthrough": b"another"})
        self.content("the pages are others", files={"share/walkthrough/templates/page": b"another"})
        self.content("the bill is another one", files={"share/bill/licences.txt": b"other terms"})
        for linked, crates, phrase in [
            (LINKED[:2], CRATES, "what the bill names besides crates differs"),
            (LINKED, [CRATES[0] | {"licence": None}], "crates that the bill does not describe differs"),
            (LINKED, [CRATES[0] | {"sha256": None}], "crates that the bill does not describe differs"),
        ]:
            self.billed(linked, crates)
            self.content(phrase)
        self.billed(LINKED, CRATES)
        self.content("owner differs", uid=1)
        self.content("files with a date of their own differs", mtime=1_700_000_000)
        for mode in (0o4555, 0o2555, 0o575, 0o557):
            self.content("can be written by others than root", mode=mode)

    def test_a_budget_that_is_used_up_is_told(self):
        large = os.urandom(SERVICE["budget"] + 1)
        (self.site / "static" / "a b.css").write_bytes(large)
        self.content(f"larger than {SERVICE['budget']} bytes", files={"share/walkthrough/static/a b.css": large})

    def test_names_that_do_not_fit_are_told(self):
        self.content("index differs", prepare=lambda image: (image / "digest").write_text(f"sha256:{'0' * 64}\n"))
        self.content("SHA-256 differs", prepare=lambda image: (image / "oci" / "blobs" / "sha256" / ("0" * 64)).write_text("more"))


class Layout(Stage):
    def archive(self, comment):
        """A docker archive of one layer, as nixpkgs' image streamer makes it."""
        built, digest = self.image(f"image of {len(list(self.folder.iterdir()))}")
        blobs = built / "oci" / "blobs"
        manifest = json.loads((blobs / digest.replace(":", "/")).read_text())
        config = json.loads((blobs / manifest["config"]["digest"].replace(":", "/")).read_text())
        config["history"] = [{"created": "1970-01-01T00:00:01Z", "comment": comment}]
        layer = gzip.decompress((blobs / manifest["layers"][0]["digest"].replace(":", "/")).read_bytes())
        files = {
            "config.json": json.dumps(config).encode(),
            "layer.tar": layer,
            "manifest.json": json.dumps([{"Config": "config.json", "RepoTags": ["a:b"], "Layers": ["layer.tar"]}]).encode(),
        }
        with tarfile.open(self.folder / "archive", "w") as archive:
            for name, content in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        return self.folder / "archive"

    def layout(self, name, archive):
        with archive.open() as opened:
            self.run_program("oci-layout", self.folder / name, stdin=opened)
        digest = (self.folder / name / "digest").read_text().strip()
        self.run_program("oci-unpack", self.folder / name / "oci", self.folder / name / "unpacked", digest)
        return digest

    def test_the_digest_is_that_of_the_bytes_whatever_made_them(self):
        first = self.layout("first", self.archive("store paths: ['/nix/store/a']"))
        self.assertEqual(self.layout("second", self.archive("store paths: ['/nix/store/b']")), first)
        config = json.loads((self.folder / "first" / "unpacked" / "config.json").read_text())
        self.assertEqual(config["config"]["Entrypoint"], ["/bin/walkthrough"])
        self.assertEqual((self.folder / "first" / "unpacked" / "root" / "bin" / "walkthrough").read_bytes(), b"an executable")

    def test_another_configuration_is_another_image(self):
        built, digest = self.image()
        self.run_program("oci-rewrite", built, '.config.Env += ["A=b c"]')
        other = (built / "digest").read_text().strip()
        self.assertNotEqual(other, digest)
        self.run_program("oci-unpack", built / "oci", self.folder / "unpacked", other)
        config = json.loads((self.folder / "unpacked" / "config.json").read_text())
        self.assertEqual(config["config"]["Env"], ["A=b c"])

    def test_a_filter_that_fails_changes_nothing(self):
        built, digest = self.image()
        self.run_program("oci-rewrite", built, ".config | error", code=1)
        self.run_program("oci-unpack", built / "oci", self.folder / "unpacked", digest)


class SameBytes(Stage):
    def test_a_difference_of_any_kind_is_told(self):
        first, second = self.folder / "first one", self.folder / "second one"
        for folder in (first, second):
            (folder / "a b").mkdir(parents=True)
            (folder / "a b" / "file").write_text("the same")
            (folder / "a b" / "link").symlink_to("file")

        def same(*says, code=1):
            self.run_program("same-bytes", first, second, code=code, says=says)

        same("1 files, all the same", code=0)
        (second / "a b" / "file").write_text("THE same")
        same("a b/file came out differently")
        (second / "a b" / "file").write_text("the same")
        (second / "a b" / "file").chmod(0o600)
        same("not the same files")
        shutil.rmtree(second / "a b")
        same("not the same files")
        shutil.rmtree(first / "a b")
        same("no file to compare")


@unittest.skipUnless(os.environ.get("IMAGE"), "IMAGE names no image of the service; with Nix the check image-boots is for that")
class Boots(Stage):
    """The service itself, in the image that IMAGE names."""

    def test_it_starts_answers_and_stops(self):
        image = pathlib.Path(os.environ["IMAGE"])
        self.run_program("image-boots", image, says=["ended by SIGTERM with 0"])

    def test_an_image_that_does_not_start_is_told(self):
        broken, _ = self.image(files={"bin/walkthrough": b"no executable"})
        self.run_program("image-boots", broken, code=1, says=["it ended before /health answered", "/bin/walkthrough"])
