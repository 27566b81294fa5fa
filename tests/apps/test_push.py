"""What `push` promises, against a real registry."""

import os
import pathlib
import socket
import subprocess
import threading
import time

from stage import ISOLATED, Stage, quoted

HERE = pathlib.Path(__file__).resolve().parent
COMMIT = "c" * 40


class Push(Stage):
    def setUp(self):
        super().setUp()
        self.built, self.digest = self.image(files={"bin/walkthrough": os.urandom(3_000_000)})

    def push(self, *arguments, code=0, says=(), image=None):
        # One is named on the command line, the other is the default.
        named = ["--image", image] if image else []
        return self.run_program("push", *named, *arguments, code=code, says=says, IMAGE=self.built)

    def test_the_reference_by_digest_is_all_that_is_printed(self):
        registry = self.registry()
        printed = self.push(registry.repository, "--tag", COMMIT)
        self.assertEqual(printed, f"{registry.repository}@{self.digest}\n")
        self.assertEqual(registry.digest(COMMIT), self.digest, "preserved")
        self.assertEqual(registry.digest(self.digest), self.digest)

    def test_an_image_needs_no_tag(self):
        registry = self.registry()
        self.push(registry.repository)
        self.assertEqual(registry.digest(self.digest), self.digest)

    def test_what_is_there_is_not_pushed_again(self):
        registry = self.registry()
        first = self.push(registry.repository, "--tag", COMMIT)
        before = registry.changes()
        self.assertTrue(before, "the first push is in the log")
        self.assertEqual(self.push(registry.repository, "--tag", COMMIT, says=["is there already"]), first)
        self.assertEqual(self.push(registry.repository, says=["is there already"]), first)
        self.assertEqual(registry.changes(), before)

    def test_another_tag_is_only_added(self):
        registry = self.registry()
        first = self.push(registry.repository, "--tag", COMMIT)
        before = registry.changes()
        self.assertEqual(self.push(registry.repository, "--tag", "other", says=["gets the tag other"]), first)
        self.assertEqual(registry.changes()[len(before) :], ["PUT /v2/walkthrough/manifests/other"])
        self.assertEqual(registry.digest("other"), self.digest)

    def test_a_tag_of_another_image_is_left_alone(self):
        registry = self.registry()
        self.push(registry.repository, "--tag", COMMIT)
        other, digest = self.image("other", files={"bin/walkthrough": b"another"})
        before = registry.changes()
        printed = self.push(registry.repository, "--tag", COMMIT, code=3, says=[f"names {self.digest} already", digest], image=other)
        self.assertEqual(printed, "")
        self.assertEqual(registry.digest(COMMIT), self.digest)
        self.assertEqual(registry.changes(), before, "the other image is not there under any name")

    def test_a_push_that_breaks_off_leaves_no_image_and_the_next_one_completes_it(self):
        registry = self.registry()
        broken = Breaking(registry.port, after=1_000_000)
        repository = f"127.0.0.1:{broken.port}/walkthrough"
        self.assertEqual(self.push(repository, "--tag", COMMIT, code=1, says=["that did not end well", "does not answer"]), "")
        self.assertTrue(broken.is_gone, "it was in the middle")
        self.assertIn("PATCH", " ".join(registry.changes()), "a layer had been begun")
        self.assertIsNone(registry.digest(COMMIT))
        self.assertIsNone(registry.digest(self.digest))
        self.push(registry.repository, "--tag", COMMIT)
        self.assertEqual(registry.digest(COMMIT), self.digest)

    def test_a_registry_whose_disk_is_full_has_no_half_image(self):
        if subprocess.run([*ISOLATED, "true"], capture_output=True).returncode:
            self.skipTest("this kernel lets nobody mount a small disk")
        disk, room = self.folder / "disk", self.folder / "room"
        disk.mkdir()
        # What fills it goes when there is to be room: nobody but root can make a disk larger.
        registry = self.registry(
            f"mount -t tmpfs -o size=32m tmpfs {quoted(disk)}\n"
            f"cd {quoted(disk)}\n"
            "head -c 31M /dev/zero >ballast\n"
            f"(until [ -e {quoted(room)} ]; do sleep 0.1; done; rm ballast; mv {quoted(room)} {quoted(room)}.made) &\n"
            "cd /",
            disk / "registry",
        )
        self.assertEqual(self.push(registry.repository, "--tag", COMMIT, code=1, says=["has nothing as"]), "")
        self.assertIsNone(registry.digest(COMMIT))
        room.touch()
        for _ in range(100):
            if not room.exists():
                break
            time.sleep(0.1)
        self.assertFalse(room.exists(), "there is room")
        self.push(registry.repository, "--tag", COMMIT)
        self.assertEqual(registry.digest(COMMIT), self.digest)

    def test_a_registry_that_is_not_there_is_named(self):
        self.push("127.0.0.1:1/walkthrough", code=1, says=["http://127.0.0.1:1/v2/walkthrough/manifests/", "does not answer: curl: (7)"])

    def test_what_a_program_ends_with_is_no_code_of_its_own(self):
        registry = self.registry()
        self.ends_with_codes_of_its_own((0, 1), "push", "--image", self.built, registry.repository)

    def test_wrong_arguments_are_told_before_anything_is_asked(self):
        for arguments, phrase in [
            ([], "which repository?"),
            (["walkthrough"], "expected HOST/NAME"),
            (["127.0.0.1:1/walkthrough:tag"], "without a tag"),
            (["127.0.0.1:1/walkthrough@sha256:1"], "or a digest"),
            (["127.0.0.1:1/a", "127.0.0.1:1/b"], "one too many"),
            (["127.0.0.1:1/a", "--tag"], "--tag needs a value"),
            (["127.0.0.1:1/a", "--tag", "a b"], "is no tag"),
            (["127.0.0.1:1/a", "--tags"], "there is no option --tags"),
        ]:
            self.push(*arguments, code=2, says=[phrase])
        self.push("127.0.0.1:1/a", code=2, says=["it has no oci/index.json"], image=self.folder)
        self.run_program("push", "127.0.0.1:1/a", code=2, says=["which image?"])
        self.assertIn("Exit codes", self.push("--help"))

    def test_ecr_is_logged_into_with_the_credentials_of_the_environment(self):
        calls = self.folder / "calls"
        self.fake("aws", f'echo "aws $*" >>{quoted(calls)}\necho a-password')
        self.fake("skopeo", f"""printf '%s\n' "$* $(cat)" "$REGISTRY_AUTH_FILE" >>{quoted(calls)}; echo secret >"$REGISTRY_AUTH_FILE\"""")
        # It has the image already.
        self.fake("registry-manifest", f"cp {quoted(self.manifest())} \"$2\"; echo 200")
        forms = [line for line in (HERE.parents[1] / "ecs" / "src" / "ecr-hosts.txt").read_text().splitlines() if not line.startswith("#")]
        self.assertGreater(len(forms), 10)
        for form in forms:
            host = form.replace("ACCOUNT", "123456789012").replace("REGION", "eu-west-1")
            calls.unlink(missing_ok=True)
            printed = self.push(f"{host}/walkthrough")
            self.assertEqual(printed, f"{host}/walkthrough@{self.digest}\n")
            aws, login, auth = calls.read_text().splitlines()
            self.assertEqual(aws, "aws ecr get-login-password --region eu-west-1")
            self.assertEqual(login, f"login --username AWS --password-stdin {host} a-password")
            self.assertFalse(pathlib.Path(auth).exists(), "the login is gone with the push")

    def test_nobody_else_gets_a_login_of_amazons(self):
        calls = self.folder / "calls"
        self.fake("aws", f"touch {quoted(calls)}\nexit 1")
        self.fake("registry-manifest", f"cp {quoted(self.manifest())} \"$2\"; echo 200")
        for host in (
            "12345678901.dkr.ecr.eu-west-1.amazonaws.com",
            "a123456789012.dkr.ecr.eu-west-1.amazonaws.com",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com.example.org",
            "123456789012.dkr.ecr.a.b.amazonaws.com",
            "123456789012.dkr-ecr.eu-west-1.onxaws",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.org",
        ):
            self.push(f"{host}/walkthrough")
        self.assertFalse(calls.exists())

    def manifest(self):
        return self.built / "oci" / "blobs" / self.digest.replace(":", "/")

    def test_a_login_that_aws_does_not_give_is_told(self):
        self.fake("aws", "exit 1")
        self.push("123456789012.dkr.ecr.eu-west-1.amazonaws.com/walkthrough", code=1, says=["ecr:GetAuthorizationToken"])


class Breaking:
    """Passes bytes on to a registry, and is gone for good after so many of them."""

    def __init__(self, port, after):
        self.left, self.to, self.is_gone = after, port, False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while not self.is_gone:
            try:
                client, _ = self.listener.accept()
            except OSError:
                break
            server = socket.create_connection(("127.0.0.1", self.to))
            threading.Thread(target=self.forward, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self.forward, args=(server, client, False), daemon=True).start()
        self.listener.close()

    def forward(self, source, target, counts):
        try:
            while data := source.recv(65536):
                self.left -= len(data) if counts else 0
                if self.left < 0:
                    self.is_gone = True
                    # It wakes the thread that accepts.
                    self.listener.shutdown(socket.SHUT_RDWR)
                    break
                target.sendall(data)
        except OSError:
            pass
        # The other direction ends with this one, and each closes what it read from.
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        source.close()
