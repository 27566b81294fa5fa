"""What `oci-unpack` promises: an image of anybody's is unpacked as a container runtime does it, or the reason is told."""

import gzip
import hashlib
import io
import json
import struct
import tarfile

from stage import LAYER, MANIFEST, Stage

DOCKER = "application/vnd.docker.image.rootfs.diff.tar"


def archive(*entries):
    """A tar archive of (name, content): content is bytes, "a folder", or a link's target behind -> or =>, which is a hard one."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as opened:
        for name, content in entries:
            entry = tarfile.TarInfo(name)
            entry.mode, entry.mtime = (0o755, 1)
            if content == "a folder":
                entry.type = tarfile.DIRTYPE
            elif isinstance(content, str):
                entry.type = tarfile.SYMTYPE if content.startswith("->") else tarfile.LNKTYPE
                entry.linkname = content[2:]
            else:
                entry.size = len(content)
            opened.addfile(entry, io.BytesIO(content if isinstance(content, bytes) else b""))
    return packed.getvalue()


def zstd(content):
    """A frame of blocks that are not compressed (RFC 8878)."""
    blocks = [content[at : at + 100_000] for at in range(0, len(content), 100_000)]
    heads = [(len(block) << 3) | (block is blocks[-1]) for block in blocks]
    frame = b"".join(struct.pack("<I", head)[:3] + block for head, block in zip(heads, blocks))
    return struct.pack("<IBI", 0xFD2FB528, 0xA0, len(content)) + frame


class Unpack(Stage):
    def unpack(self, *layers, code=0, says=(), kind=(lambda content: content, LAYER), **config):
        """Every file of the image of these archives, with what is in it; a link with where it goes."""
        self.count = getattr(self, "count", 0) + 1
        kept = [(layer, kind[0](layer), kind[1]) for layer in layers]
        image, digest = self.image_of_layers(f"image {self.count}", kept, **config)
        folder = self.folder / f"unpacked {self.count}"
        self.run_program("oci-unpack", image / "oci", folder, digest, code=code, says=says)
        root = folder / "root"
        found = {str(path.relative_to(root)): path for path in sorted(root.rglob("*"))} if root.exists() else {}
        return {
            name: f"->{path.readlink()}" if path.is_symlink() else "a folder" if path.is_dir() else path.read_bytes() for name, path in found.items()
        }

    def test_a_layer_is_what_its_type_says(self):
        layer = archive(("a", b"x" * 250_000))
        for keep, endings in [(lambda content: content, ("", "")), (gzip.compress, ("+gzip", ".gzip")), (zstd, ("+zstd", ".zstd"))]:
            for kind in (LAYER + endings[0], LAYER.replace("v1", "nondistributable.v1") + endings[0], DOCKER + endings[1]):
                self.assertEqual(self.unpack(layer, kind=(keep, kind)), {"a": b"x" * 250_000}, kind)
        self.unpack(layer, kind=(zstd, f"{LAYER}+gzip"), code=1, says=[f"is no {LAYER}+gzip"])
        self.unpack(layer, kind=(gzip.compress, LAYER), code=1, says=["is no archive"])
        self.unpack(layer, kind=(gzip.compress, f"{LAYER}+gzip+encrypted"), code=1, says=[f"{LAYER}+gzip+encrypted is the type of a layer", "expected a tar archive"])
        self.unpack(layer[:100_000], code=1, says=["is no archive"])

    def test_dockers_manifest_is_one_too(self):
        kind = "application/vnd.docker.distribution.manifest.v2+json"
        told = {"manifest_type": kind, "config_type": "application/vnd.docker.container.image.v1+json"}
        self.assertEqual(self.unpack(archive(("a", b"1")), kind=(gzip.compress, f"{DOCKER}.gzip"), **told), {"a": b"1"})
        layout = self.folder / "unpacked 1" / "oci"
        self.assertEqual(json.loads((layout / "index.json").read_text())["manifests"][0]["mediaType"], kind)

    def test_an_index_is_told_as_such(self):
        image, digest = self.image()
        blobs = image / "oci" / "blobs" / "sha256"
        entry = json.loads((image / "oci" / "index.json").read_text())["manifests"][0]
        index = self.index(image)
        self.run_program("oci-unpack", image / "oci", self.folder / "unpacked", code=1, says=[f"{index} is an index, of images for linux/amd64, linux/arm64"])
        # The manifest of something that is no image.
        (blobs / digest.removeprefix("sha256:")).write_bytes(b"{}")
        entry |= {"size": 2, "digest": "sha256:" + hashlib.sha256(b"{}").hexdigest()}
        (blobs / entry["digest"].removeprefix("sha256:")).write_bytes(b"{}")
        (image / "oci" / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
        self.run_program("oci-unpack", image / "oci", self.folder / "none", code=1, says=["is the manifest of no image"])

    def test_a_layer_covers_the_ones_below(self):
        below = archive(("./", "a folder"), ("./a", "a folder"), ("./a/b", b"below"), ("./c", b"below"), ("./d", "a folder"), ("./d/e", b"below"))
        self.assertEqual(
            self.unpack(below, archive(("a/b", b"above"), ("c", "a folder"), ("c/f", b"above")), archive(("d", b"above"))),
            {"a": "a folder", "a/b": b"above", "c": "a folder", "c/f": b"above", "d": b"above"},
        )
        for content in (b"above", "->c", "->/nowhere", "a folder"):
            self.assertEqual(self.unpack(archive(("c", "->/"), ("d", "->c")), archive(("c", content))), {"c": content, "d": "->c"})
        # Another name of a file stays.
        self.assertEqual(self.unpack(archive(("a", b"1"), ("b", "=>a")), archive(("a", b"2"))), {"a": b"2", "b": b"1"})
        # More than nine: they have an order, and their names another.
        layers = [archive(("a", str(number).encode())) for number in range(12)]
        self.assertEqual(self.unpack(*layers), {"a": b"11"})

    def test_a_whiteout_takes_away_what_is_below_it_and_nothing_else(self):
        below = archive(("a", b"1"), ("ab", b"1"), ("d", "a folder"), ("d/a", b"1"), ("d/e", "a folder"), ("d/e/f", b"1"), ("-x y\n", b"1"), ("ü*", b"1"))
        rest = {"ab": b"1", "d": "a folder", "d/a": b"1", "d/e": "a folder", "d/e/f": b"1", "-x y\n": b"1", "ü*": b"1"}
        self.assertEqual(self.unpack(below, archive((".wh.a", b""))), rest)
        self.assertEqual(self.unpack(below, archive(("./.wh.a", b"")), archive(("a", b"3"))), rest | {"a": b"3"})
        self.assertEqual(self.unpack(below, archive(("a", b"2"), (".wh.a", b""))), rest | {"a": b"2"}, "it is for what is below")
        without = {name: content for name, content in rest.items() if not name.startswith("d")} | {"a": b"1"}
        self.assertEqual(self.unpack(below, archive((".wh.d", b""))), without)
        self.assertEqual(self.unpack(below, archive((".wh.-x y\n", b""), (".wh.ü*", b""), (".wh.d", b""))), {"a": b"1", "ab": b"1"})
        opaque = archive(("d", "a folder"), ("d/.wh..wh..opq", b""), ("d/g", b"2"))
        self.assertEqual(self.unpack(below, opaque), without | {"d": "a folder", "d/g": b"2"})
        self.assertEqual(self.unpack(below, archive((".wh..wh..opq", b""), ("b", b"2"))), {"b": b"2"})

    def test_no_layer_leads_out_of_the_folder(self):
        outside = self.folder / "outside"
        outside.mkdir()
        (outside / "a").write_text("kept")
        link = archive(("out", f"->{outside}"), ("up", "->../../outside"))
        self.assertEqual(self.unpack(link), {"out": f"->{outside}", "up": "->../../outside"})
        for name in ("out/a", "up/a", "out/.wh.a", "../../outside/a"):
            self.unpack(link, archive((name, b"changed")), code=1 if name in ("out/a", "up/a", "../../outside/a") else 0)
        self.unpack(link, archive(("b", "=>out/a")), code=1, says=["can't be unpacked"])
        self.assertEqual([(path.name, path.read_text()) for path in outside.iterdir()], [("a", "kept")])
        folder = self.unpack(link, archive(("out", "a folder"), ("out/a", b"inside")))
        self.assertEqual(folder, {"out": "a folder", "out/a": b"inside", "up": "->../../outside"})

    def test_what_a_program_ends_with_is_no_code_of_its_own(self):
        image, digest = self.image()
        for name in ("tar", "jq", "gzip", "cat", "mkdir", "rm"):
            self.fake(name, "exit 77")
            self.run_program("oci-unpack", image / "oci", self.folder / name, digest, code=1)
            (self.folder / "fakes" / name).unlink()

    def test_the_manifests_type_is_one_that_readers_know(self):
        self.unpack(archive(("a", b"1")), manifest_type="application/x-of-mine")
        layout = self.folder / "unpacked 1" / "oci"
        self.assertEqual(json.loads((layout / "index.json").read_text())["manifests"][0]["mediaType"], MANIFEST)
