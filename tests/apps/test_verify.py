"""What `verify` promises, of a site that says this or that and of images that are the same or not."""

import hashlib
import http.server
import json
import threading
import urllib.parse

from stage import Stage, quoted

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
        self.assertEqual(printed, f"same: {self.url} runs {self.digest}, and so is the image of commit {COMMIT}, rebuilt\n")

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

    def test_parts_that_can_not_be_seen_are_told_as_such(self):
        other = f"sha256:{'1' * 64}"
        self.says |= {"image_digest": other, "executable_sha256": None}
        self.verify(code=1, says=["does not know the SHA-256", "can't be had from here", "connection refused", "log in with skopeo"])

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
