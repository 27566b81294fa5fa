"""What `verify` promises, of a site that says this or that and of images that are the same or not."""

import gzip
import hashlib
import http.server
import json
import threading
import urllib.parse

from front import Front
from stage import LAYER, Stage, quoted
from test_unpack import archive, zstd

COMMIT = "c" * 40
REPOSITORY = "https://example.org/walkthrough"


class Verify(Stage):
    def setUp(self):
        super().setUp()
        self.built, self.digest = self.image()
        self.says = {
            "commit": COMMIT,
            "repository": REPOSITORY,
            "system": "x86_64-linux",
            "image": f"127.0.0.1:1/walkthrough@{self.digest}",
            "image_digest": self.digest,
            "executable_sha256": hashlib.sha256(b"an executable").hexdigest(),
        }
        # A nix that has built it already, and keeps what it was asked.
        self.asked = self.folder / "asked"
        self.fake("nix", f'printf "%s\\n" "$@" >{quoted(self.asked)}\necho {quoted(self.built)}')
        site = http.server.HTTPServer(("127.0.0.1", 0), self.answer)
        threading.Thread(target=site.serve_forever, daemon=True).start()
        self.addCleanup(site.server_close)
        self.addCleanup(site.shutdown)
        self.url = f"http://127.0.0.1:{site.server_port}"

    def answer(self, *arguments):
        stage = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200 if self.path == "/release.json" else 404)
                self.end_headers()
                told = stage.says
                self.wfile.write(told if isinstance(told, bytes) else json.dumps(told).encode())

            def log_message(self, *_):
                pass

        return Answer(*arguments)

    def verify(self, *arguments, code=0, says=()):
        return self.run_program("verify", *(arguments or [self.url]), code=code, says=says)

    def test_one_line_says_that_it_is_the_same(self):
        printed = self.verify()
        self.assertEqual(printed, f"same: {self.url} says that it runs {self.digest}, and so is the image of commit {COMMIT}, rebuilt\n")

    def test_what_is_built_is_the_commit_that_the_site_names(self):
        self.verify(self.url + "/", "--", "--option", "substitute", "false")
        asked = self.asked.read_text().splitlines()
        self.assertEqual(asked[-1], f"git+{REPOSITORY}?rev={COMMIT}&allRefs=1#packages.x86_64-linux.image")
        self.assertEqual(asked[-4:-1], ["--option", "substitute", "false"])

    def test_a_clone_takes_the_place_of_the_repository(self):
        (self.folder / "clone" / ".git").mkdir(parents=True)
        self.verify("--checkout", "clone", self.url)
        self.assertTrue(self.asked.read_text().splitlines()[-1].startswith(f"git+file://{urllib.parse.quote(str(self.folder))}/clone?rev={COMMIT}"))
        self.verify("--checkout", self.folder / "fakes", self.url, code=2, says=["no clone"])

    def test_a_given_digest_takes_the_place_of_the_sites_own(self):
        self.says["image_digest"] = None
        self.verify(code=3, says=["does not know the digest of its image", "--digest"])
        self.verify(self.url, "--digest", self.digest, says=["same:"])
        other = f"sha256:{'0' * 64}"
        self.verify(self.url, "--digest", other, code=1, says=[f"runs {other}", self.digest])

    def test_a_given_image_takes_the_place_of_the_rebuilt_one(self):
        self.verify("--image", self.built, self.url, says=["same:"])
        self.assertFalse(self.asked.exists(), "nothing is built")
        other, _ = self.image("other", files={"bin/walkthrough": b"another"})
        self.verify("--image", other, self.url, code=1, says=["different:"])

    def test_an_image_that_is_not_what_it_says_it_is_is_the_same_as_nothing(self):
        other, _ = self.image("other", files={"bin/walkthrough": b"another"})
        (other / "digest").write_text(self.digest)
        self.verify("--image", other, self.url, code=3, says=["is not what it says it is"])

    def test_what_differs_is_told_part_by_part(self):
        registry = self.registry()
        theirs, digest = self.image("theirs", {"bin/walkthrough": b"an executable", "share/page": b"theirs"}, Env=["A=b"])
        self.run_program("push", "--image", theirs, registry.repository)
        self.says |= {"image": f"{registry.repository}@{digest}", "image_digest": digest}
        printed = self.verify(code=1, says=["executable: the same", "configuration: different", "files: different"])
        self.assertTrue(printed.startswith("different:"), printed)
        for line in ('-      "A=b"', "-share/page f 555"):
            self.assertIn(line, printed)
        self.says["executable_sha256"] = "0" * 64
        self.verify(code=1, says=["executable: different"])

    def runs(self, registry, theirs, digest, tag=""):
        """The site runs that image, which the registry gets."""
        registry.put(theirs / "oci")
        self.says |= {"image": f"{registry.repository}{tag}@{digest}", "image_digest": digest}

    def test_the_name_of_the_image_may_have_a_tag_and_a_digest_or_one_of_them(self):
        registry = self.registry()
        theirs, digest = self.image("theirs", {"bin/walkthrough": b"theirs"})
        self.runs(registry, theirs, digest)
        other = f"sha256:{'0' * 64}"
        for image in ("", ":tag", f"@{digest}", f":tag@{digest}", f"@{other}", f":a.tag@{other}"):
            self.says["image"] = f"{registry.repository}{image}"
            self.verify(code=1, says=["configuration: different", "files: different"])

    def test_an_image_of_another_make_is_told_part_by_part(self):
        registry = self.registry()
        below = archive(("bin", "a folder"), ("bin/walkthrough", b"below"), ("gone", b"x"))
        above = archive(("bin/walkthrough", b"an executable"), (".wh.gone", b""), ("new", b"theirs"))
        docker = {
            "manifest_type": "application/vnd.docker.distribution.manifest.v2+json",
            "config_type": "application/vnd.docker.container.image.v1+json",
        }
        for name, keep, kind, more in [
            ("plain", lambda content: content, LAYER, {}),
            ("zstd", zstd, f"{LAYER}+zstd", {}),
            ("docker", gzip.compress, "application/vnd.docker.image.rootfs.diff.tar.gzip", docker),
        ]:
            with self.subTest(name):
                theirs, digest = self.image_of_layers(name, [(layer, keep(layer), kind) for layer in (below, above)], **more)
                self.runs(registry, theirs, digest)
                printed = self.verify(code=1, says=["executable: the same", "configuration: different", "files: different", "-new f 755"])
                self.assertNotIn("gone", printed)

    def test_what_is_no_image_or_can_not_be_unpacked_is_told_of_that_part(self):
        registry = self.registry()
        theirs, digest = self.image("theirs", {"bin/walkthrough": b"theirs"})
        registry.put(theirs / "oci")
        self.runs(registry, theirs, self.index(theirs))
        self.verify(code=1, says=["layers and configuration:", "is an index, of images for linux/amd64, linux/arm64, and no image"])
        odd, digest = self.image_of_layers("odd", [(b"", b"no archive", "application/x-of-mine")])
        self.runs(registry, odd, digest)
        self.verify(code=1, says=["layers and configuration:", "application/x-of-mine is the type of a layer"])
        self.runs(registry, *self.image("none", Entrypoint=["/bin/none"]))
        self.built, _ = self.image("without", Entrypoint=["/bin/none"])
        self.verify("--image", self.built, self.url, says=["same"])
        self.says["image_digest"] = digest
        self.verify("--image", self.built, self.url, code=1, says=["has no /bin/none, which is its entry point"])

    def test_who_is_told_to_log_in_is_who_the_registry_told_that_rights_are_missing(self):
        registry = self.registry()
        theirs, digest = self.image("theirs", {"bin/walkthrough": b"theirs"})
        self.runs(registry, theirs, digest)
        for status, content in ((401, b"{}"), (403, b"no"), (404, b"unauthorized"), (500, b"authentication required")):
            front = Front(self, registry, refuses=(status, content))
            self.says["image"] = f"{front.repository}@{digest}"
            printed = self.verify(code=1, says=["executable: ", f"the registry answers {status} "])
            self.assertEqual(f"log in with skopeo login {front.host}" in printed, status in (401, 403), printed)

    def test_parts_that_can_not_be_seen_are_told_as_such(self):
        other = f"sha256:{'1' * 64}"
        self.says |= {"image_digest": other, "executable_sha256": None}
        printed = self.verify(code=1, says=["does not know the SHA-256", "can't be had from here", "does not answer: curl: (7)"])
        self.assertNotIn("log in", printed, "nobody said that it takes rights")
        self.says["image"] = None
        self.verify(code=1, says=["the site does not know where its image came from"])
        for image in ("walkthrough", "a b/c", "127.0.0.1:1/A", "http://a/b"):
            self.says["image"] = image
            self.verify(code=1, says=[f"the site names {image}, which is no image in a registry"])

    def test_what_can_not_be_found_out_is_neither_same_nor_different(self):
        for change, phrase in [
            ({"commit": None}, "names no commit"),
            ({"commit": "main"}, "names main"),
            ({"commit": "--help"}, "names --help"),
            ({"repository": None}, "names no repository"),
            ({"repository": "https://example.org/a?dir=b#c"}, "not an https URL"),
            ({"repository": "file:///etc"}, "not an https URL"),
            ({"system": "aarch64-darwin"}, "images are for Linux"),
            ({"system": "x#y-linux"}, "images are for Linux"),
            ({"image_digest": "sha256:1"}, "which is none"),
        ]:
            before = dict(self.says)
            self.says |= change
            self.verify(code=3, says=[phrase])
            self.says = before
        self.assertFalse(self.asked.exists(), "nothing was built")
        self.fake("nix", "echo it broke >&2; exit 1")
        self.verify(code=3, says=["it broke", "does not build here"])
        self.says = b"<html>"
        self.verify(code=3, says=["is no JSON object"])
        self.says = ["no", "object"]
        self.verify(code=3, says=["is no JSON object"])
        self.verify("http://127.0.0.1:1", code=3, says=["http://127.0.0.1:1/release.json does not answer"])

    def test_what_a_program_ends_with_is_no_code_of_its_own(self):
        self.ends_with_codes_of_its_own((0, 3), "verify", self.url)
        registry = self.registry()
        self.runs(registry, *self.image("theirs", {"bin/walkthrough": b"theirs"}))
        self.ends_with_codes_of_its_own((1, 3), "verify", self.url)

    def test_wrong_arguments_are_told(self):
        for arguments, phrase in [
            (["--digest", "sha256:1", self.url], "is no digest"),
            (["--digest"], "needs a value"),
            (["example.org"], "no http or https URL"),
            ([self.url, self.url], "one too many"),
            (["--quick", self.url], "there is no option --quick"),
            (["--image", self.folder, self.url], "holds no digest"),
            (["--", "x"], "which site?"),
        ]:
            self.verify(*arguments, code=2, says=[phrase])
        self.assertIn("Exit codes", self.verify("--help"))
