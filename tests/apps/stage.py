"""What the tests of the apps share: a small image, a registry, and how a program is run."""

import gzip
import hashlib
import io
import json
import os
import pathlib
import re
import shlex
import subprocess
import tarfile
import tempfile
import time
import tomllib
import unittest
import urllib.error
import urllib.request

import programs

ROOT = programs.ROOT
SERVICE = programs.SERVICE
# Where it may mount.
ISOLATED = ["unshare", "--user", "--map-root-user", "--mount"]
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"


def quoted(path):
    """As a shell takes it for one word."""
    return shlex.quote(str(path))


class Stage(unittest.TestCase):
    """A folder of its own for each test, whose name has a space, and programs that are run in it. They have no home."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="a stage "))
        self.addCleanup(subprocess.run, ["rm", "--recursive", "--force", self.folder], stderr=subprocess.DEVNULL)
        self.addCleanup(subprocess.run, ["chmod", "--recursive", "u+rwX", self.folder], stderr=subprocess.DEVNULL)
        self.environment = {**os.environ, "HOME": "/homeless-shelter", "TMPDIR": str(self.folder)}
        for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "IMAGE", "REGISTRY_AUTH_FILE"):
            self.environment.pop(name, None)

    def run_program(self, *command, code=0, says=(), folder=None, stdin=subprocess.DEVNULL, **environment):
        """Runs it, there or in the stage's folder, holds its exit code and its words against what is expected; its standard
        output."""
        ended = subprocess.run(
            [str(part) for part in command],
            env={**self.environment, **{name: str(value) for name, value in environment.items()}},
            cwd=folder or self.folder,
            stdin=stdin,
            capture_output=True,
            text=True,
            timeout=120,
        )
        told = f"{command}: {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
        self.assertEqual(ended.returncode, code, told)
        for phrase in says:
            self.assertIn(phrase, ended.stdout + ended.stderr, told)
        return ended.stdout

    def ends_with_codes_of_its_own(self, codes, name, *arguments, folder=None, prepare=lambda: None, only=None, **environment):
        """Every program that the script calls fails in its turn, with a code that none of ours has; `prepare` is called
        before each, and `only` names those to try."""
        text = next(ROOT.glob(f"nix/**/{name}.sh")).read_text()
        commands = {command for package in programs.COMMANDS.values() for command in package.split()}
        commands |= set(tomllib.loads((ROOT / "nix" / "tools.toml").read_text())) | {"curl", "jq", "nix", "skopeo", "cargo-audit", "trivy", "vulnix"}
        called = {word for word in re.findall(r"[a-z][a-z0-9-]+", text) if word in commands - {name, "echo", "printf", "test", "kill", "true"}}
        self.assertTrue(called)
        for command in sorted(called & set(only or called)):
            prepare()
            played = self.folder / "fakes" / command
            before = played.read_text() if played.exists() else None
            self.fake(command, "exit 77")
            started = [str(part) for part in (name, *arguments)]
            told = {**self.environment, **{name: str(value) for name, value in environment.items()}}
            ended = subprocess.run(started, env=told, cwd=folder or self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
            self.assertIn(ended.returncode, codes, f"{name} without {command}: {ended.stdout}\n{ended.stderr}")
            played.unlink()
            if before:
                played.write_text(before)
                played.chmod(0o755)

    def image(self, name="image", files=None, entries=None, **config):
        """A small image as nix/image/default.nix makes it: FOLDER/oci and FOLDER/digest. Its folder and its digest. `entries` are
        what its files have in place of the store's mode, date and owner."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            files = files or {"bin/walkthrough": b"an executable"}
            # As in the store: nobody can write in it.
            for path in sorted({str(above) for path in files for above in pathlib.PurePath(path).parents}):
                above = tarfile.TarInfo(path)
                above.type, above.mode, above.mtime = tarfile.DIRTYPE, 0o555, 1
                archive.addfile(above)
            for path, content in files.items():
                entry = tarfile.TarInfo(path)
                entry.size = len(content)
                for member, value in ({"mode": 0o555, "mtime": 1} | (entries or {})).items():
                    setattr(entry, member, value)
                archive.addfile(entry, io.BytesIO(content))
        return self.image_of_layers(name, [(packed.getvalue(), gzip.compress(packed.getvalue(), mtime=0), f"{LAYER}+gzip")], **config)

    def image_of_layers(self, name, layers, manifest_type=MANIFEST, config_type="application/vnd.oci.image.config.v1+json", **config):
        """The same of layers, each as an archive, as it is kept, and the type of that."""
        folder = self.folder / name
        blobs = folder / "oci" / "blobs" / "sha256"
        blobs.mkdir(parents=True)

        def put(content, kind):
            digest = hashlib.sha256(content).hexdigest()
            (blobs / digest).write_bytes(content)
            return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(content)}

        def document(content, kind):
            return put(json.dumps(content, separators=(",", ":")).encode(), kind)

        kept = [put(content, kind) for _, content, kind in layers]
        described = {
            "architecture": "amd64",
            "created": "1970-01-01T00:00:01Z",
            "history": [{"created": "1970-01-01T00:00:01Z"}],
            "os": "linux",
            "config": {"Entrypoint": ["/bin/walkthrough"], "Env": [], "User": "65532:65532", **config},
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(packed).hexdigest() for packed, _, _ in layers]},
        }
        manifest = {"schemaVersion": 2, "mediaType": manifest_type, "config": document(described, config_type), "layers": kept}
        entry = document(manifest, manifest_type)
        (folder / "oci" / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        (folder / "oci" / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
        (folder / "digest").write_text(entry["digest"] + "\n")
        return folder, entry["digest"]

    def index(self, image):
        """Makes the layout of an image name an index in its place, of that image for two platforms. The index's digest."""
        listed = image / "oci" / "index.json"
        entry = json.loads(listed.read_text())["manifests"][0]
        images = [entry | {"platform": {"os": "linux", "architecture": name}} for name in ("amd64", "arm64")]
        content = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": images}).encode()
        digest = hashlib.sha256(content).hexdigest()
        (image / "oci" / "blobs" / "sha256" / digest).write_bytes(content)
        entry = {"mediaType": INDEX, "digest": f"sha256:{digest}", "size": len(content)}
        listed.write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
        return f"sha256:{digest}"

    def fake(self, name, script):
        """A program of that name that is found before the real one. It is a shell script, with the tests' own tools."""
        programs = self.folder / "fakes"
        programs.mkdir(exist_ok=True)
        (programs / name).write_text(f"#!/bin/sh\nPATH={quoted(os.environ['PATH'])}\n{script}\n")
        (programs / name).chmod(0o755)
        self.environment["FAKES"] = str(programs)

    def registry(self, before="", storage=None):
        """A real registry on this machine; `before` is what its shell does first."""
        return Registry(self, before, storage or self.folder / "registry")


class Registry:
    """The registry that Docker made, on a port of its own."""

    def __init__(self, stage, before, storage):
        config = stage.folder / "registry.yml"
        config.write_text(
            "version: 0.1\n"
            f"storage: {{ filesystem: {{ rootdirectory: {json.dumps(str(storage))} }} }}\n"
            'http: { addr: "127.0.0.1:0" }\n'
        )
        self.log = stage.folder / "registry.log"
        command = f"{before}\nexec registry serve {quoted(config)}"
        isolated = ISOLATED if before else []
        with self.log.open("w") as log:
            self.process = subprocess.Popen([*isolated, "sh", "-ec", command], stdout=log, stderr=log)
        stage.addCleanup(self.stop)
        for _ in range(100):
            found = re.findall(r"listening on 127\.0\.0\.1:(\d+)", self.log.read_text())
            if found:
                break
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        else:
            found = []
        stage.assertTrue(found, f"no registry: {self.log.read_text()}")
        self.port = int(found[0])
        self.repository = f"127.0.0.1:{self.port}/walkthrough"

    def stop(self):
        self.process.kill()
        self.process.wait()

    def digest(self, name):
        """The digest of what it has under a tag or a digest; nothing if it has no such thing."""
        url = f"http://127.0.0.1:{self.port}/v2/walkthrough/manifests/{name}"
        try:
            answer = urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": MANIFEST}))
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 404:
                raise
            return None
        return "sha256:" + hashlib.sha256(answer.read()).hexdigest()

    def put(self, layout):
        """Gives it what an OCI layout holds, as it is: the blobs, and the manifest under its digest."""
        server = f"http://127.0.0.1:{self.port}"
        for blob in (layout / "blobs" / "sha256").iterdir():
            begun = urllib.request.urlopen(urllib.request.Request(f"{server}/v2/walkthrough/blobs/uploads/", method="POST"))
            place = f"{begun.headers['Location']}&digest=sha256:{blob.name}"
            kind = {"Content-Type": "application/octet-stream"}
            urllib.request.urlopen(urllib.request.Request(place, blob.read_bytes(), kind, method="PUT")).close()
            begun.close()
        for entry in json.loads((layout / "index.json").read_text())["manifests"]:
            content = (layout / "blobs" / entry["digest"].replace(":", "/")).read_bytes()
            place = f"{server}/v2/walkthrough/manifests/{entry['digest']}"
            urllib.request.urlopen(urllib.request.Request(place, content, {"Content-Type": entry["mediaType"]}, method="PUT")).close()

    def changes(self):
        """The requests so far that change something, each once."""
        return re.findall(r'"((?:POST|PATCH|PUT|DELETE) [^ ?"]+)', self.log.read_text())
