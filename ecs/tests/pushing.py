"""What `push` asks of Amazon ECR: the program itself, beside a registry that notes which of ECR's actions each request is.

ECR has no other way in for an image than the registry's protocol, and asks IAM about an action for each request of it.
"""

import hashlib
import http.server
import json
import os
import pathlib
import re
import subprocess
import tempfile
import threading

MANIFEST = "application/vnd.oci.image.manifest.v1+json"

# By the protocol, https://github.com/opencontainers/distribution-spec, and AWS's page "IAM permissions for pushing an
# image to an Amazon ECR private repository".
ACTIONS = [
    (r"GET /v2/", "GetAuthorizationToken"),
    (r"(GET|HEAD) /v2/walkthrough/manifests/.+", "BatchGetImage"),
    (r"HEAD /v2/walkthrough/blobs/.+", "BatchCheckLayerAvailability"),
    (r"GET /v2/walkthrough/blobs/.+", "GetDownloadUrlForLayer"),
    (r"POST /v2/walkthrough/blobs/uploads/", "InitiateLayerUpload"),
    (r"PATCH /v2/walkthrough/blobs/uploads/1", "UploadLayerPart"),
    (r"PUT /v2/walkthrough/blobs/uploads/1", "CompleteLayerUpload"),
    (r"PUT /v2/walkthrough/manifests/.+", "PutImage"),
]


class Registry(http.server.BaseHTTPRequestHandler):
    """As much of a registry as a push needs."""

    protocol_version = "HTTP/1.1"
    has = {}
    seen = []

    def one(self):
        path, _, query = self.path.partition("?")
        request = f"{self.command} {path}"
        action = next((action for pattern, action in ACTIONS if re.fullmatch(pattern, request)), None)
        self.seen.append(action or request)
        body = self.body()
        kind, _, name = path.removeprefix("/v2/walkthrough/").partition("/")
        if action in ("BatchGetImage", "BatchCheckLayerAvailability", "GetDownloadUrlForLayer"):
            found = self.has.get(name)
            error = b'{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}'
            return self.answer(200 if found else 404, found or error, MANIFEST if kind == "manifests" else "")
        if action == "PutImage":
            digest = "sha256:" + hashlib.sha256(body).hexdigest()
            self.has.update({name: body, digest: body})
            return self.answer(201, b"", MANIFEST, {"Docker-Content-Digest": digest})
        if action in ("InitiateLayerUpload", "UploadLayerPart"):
            return self.answer(202, b"", "", {"Location": "/v2/walkthrough/blobs/uploads/1"})
        if action == "CompleteLayerUpload":
            digest = query.removeprefix("digest=").replace("%3A", ":")
            self.has[digest] = b"a layer"
            return self.answer(201, b"", "", {"Docker-Content-Digest": digest})
        return self.answer(200, b"{}", "application/json")

    do_GET = do_HEAD = do_PATCH = do_POST = do_PUT = one

    def body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def answer(self, status, body, kind, headers=()):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), "Content-Type": kind, **dict(headers)}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


def make_image(folder):
    """A small image as the flake makes it."""
    blobs = folder / "oci" / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def put(content, kind):
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(content)}

    layer = put(b"a layer", "application/vnd.oci.image.layer.v1.tar")
    described = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]}}
    config = put(json.dumps(described).encode(), "application/vnd.oci.image.config.v1+json")
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]}
    entry = put(json.dumps(manifest).encode(), MANIFEST)
    (folder / "oci" / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (folder / "oci" / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    (folder / "digest").write_text(entry["digest"] + "\n")


def actions():
    """The actions of a first push, of one that finds the image there, and of one that only adds a tag."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    repository = f"127.0.0.1:{server.server_port}/walkthrough"
    with tempfile.TemporaryDirectory() as folder:
        make_image(pathlib.Path(folder))
        # As the flake has it: the program that push calls, and the table that it reads.
        programs = pathlib.Path(folder) / "programs"
        programs.mkdir()
        program = programs / "registry-manifest"
        program.write_text(f"#!/usr/bin/env bash\nset -euo pipefail\n{pathlib.Path('nix/image/registry-manifest.sh').read_text()}")
        program.chmod(0o755)
        environment = {"HOME": folder, "ECR_HOSTS": "ecs/src/ecr-hosts.txt", "PATH": f"{programs}:{os.environ['PATH']}"}
        for tag in ("a" * 40, "a" * 40, "b" * 40):
            push = ["bash", "-euo", "pipefail", "nix/apps/push.sh", "--image", folder, "--tag", tag, repository]
            ended = subprocess.run(push, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60)
            assert ended.returncode == 0, ended.stderr
    server.shutdown()
    server.server_close()
    known = {action for _, action in ACTIONS}
    assert set(Registry.seen) <= known, f"requests that are no action of ECR's: {set(Registry.seen) - known}"
    return sorted(set(Registry.seen))
