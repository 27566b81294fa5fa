"""What `push` and `verify` make of registries that say things in their own way."""

import base64
import json
import os

from front import Front
from stage import Stage

COMMIT = "c" * 40


def errors(code, message):
    return "application/json", json.dumps({"errors": [{"code": code, "message": message, "detail": {}}]}).encode()


# What each says of a manifest, or of a repository, that it does not have.
MISSING = {
    "distribution": errors("MANIFEST_UNKNOWN", "manifest unknown"),
    "Harbor": errors("NOT_FOUND", "artifact walkthrough/walkthrough:c not found"),
    "Quay": errors("NOT_FOUND", "repository does not exist"),
    "Artifactory": errors("MANIFEST_UNKNOWN", "The named manifest is not known to the registry."),
    "zot": errors("NAME_UNKNOWN", "repository name not known to registry"),
    "a proxy": ("text/html", b"<html>\r\n<head><title>404 Not Found</title></head>"),
    "a silent one": ("text/plain", b""),
}


class Registries(Stage):
    def setUp(self):
        super().setUp()
        self.built, self.digest = self.image(files={"bin/walkthrough": os.urandom(300_000)})
        self.real = self.registry()

    def push(self, front, *arguments, code=0, says=(), **environment):
        return self.run_program("push", "--image", self.built, front.repository, *arguments, code=code, says=says, **environment)

    def test_what_is_not_there_is_known_by_404_whatever_is_said_with_it(self):
        for number, (name, missing) in enumerate(MISSING.items()):
            with self.subTest(name):
                front = Front(self, self.real, missing=missing)
                self.push(front, "--tag", f"tag{number}", says=["pushing"] if number == 0 else ["gets the tag"])
                self.assertEqual(self.real.digest(f"tag{number}"), self.digest)
                self.assertEqual(self.push(front, "--tag", f"tag{number}", says=["is there already"]), f"{front.repository}@{self.digest}\n")

    def test_every_other_answer_is_a_failure_in_the_registrys_own_words(self):
        # The first two speak of what is unknown, and do not say that it is not there.
        for status, content, phrase, advises in [
            (401, errors("UNAUTHORIZED", "manifest unknown")[1], "401 UNAUTHORIZED: manifest unknown", True),
            (403, errors("DENIED", "name unknown to you")[1], "403 DENIED: name unknown to you", True),
            (400, b"<html>\r\nno such manifest unknown", "400 <html> no such manifest unknown", False),
            (429, errors("TOOMANYREQUESTS", "slow down")[1], "429 TOOMANYREQUESTS: slow down", False),
            (503, b"manifest unknown", "503 manifest unknown", False),
        ]:
            with self.subTest(status):
                front = Front(self, self.real, refuses=(status, content))
                before = self.real.changes()
                advice = f"log in with skopeo login {front.host}"
                self.push(front, code=1, says=[f"answers {phrase}", *([advice] if advises else [])])
                self.assertEqual(self.real.changes(), before, "nothing is pushed")
        self.push(Front(self, self.real, refuses=(200, b"<html>log in here")), code=1, says=["is no manifest"])

    def test_a_login_is_used_in_the_way_that_the_registry_asks_for(self):
        user = 'some "body":pass\\word'
        auth = self.folder / "auth.json"

        def store(**more):
            auth.write_text(json.dumps(more))

        for number, scheme in enumerate(("Basic", "Bearer")):
            front = Front(self, self.real, login=user, scheme=scheme)
            entry = {"auth": base64.b64encode(user.encode()).decode()}
            store(auths={"127.0.0.1:1": {"auth": "YTpi"}})
            self.push(front, code=1, says=["answers 401 ", f"log in with skopeo login {front.host}"], REGISTRY_AUTH_FILE=auth)
            for key in (front.host, front.repository):
                store(auths={front.host: {"auth": "YTpi"}} | {key: entry})
                self.push(front, "--tag", f"{number}", REGISTRY_AUTH_FILE=auth)
                self.assertEqual(self.real.digest(f"{number}"), self.digest)
        # By a program that keeps it, for all registries or for this one.
        self.fake("docker-credential-keeper", f"read host; [ \"$host\" = {front.host} ] && printf '%s' '{json.dumps({'Username': user.split(':')[0], 'Secret': user.split(':')[1]})}'")
        for settings in ({"credsStore": "keeper"}, {"credHelpers": {front.host: "keeper"}}):
            store(**settings)
            self.assertEqual(self.manifest(front, REGISTRY_AUTH_FILE=auth), "200\n")
        store(auths={front.host: {"auth": "YTpi", "identitytoken": "an identity"}})
        self.assertEqual(self.manifest(front, REGISTRY_AUTH_FILE=auth), "200\n")
        # Where skopeo and Docker leave it.
        store(auths={front.host: entry})
        for variable, place in (("XDG_RUNTIME_DIR", "containers/auth.json"), ("XDG_CONFIG_HOME", "containers/auth.json"), ("DOCKER_CONFIG", "config.json")):
            file = self.folder / variable / place
            file.parent.mkdir(parents=True)
            file.write_text(auth.read_text())
            self.assertEqual(self.manifest(front, **{variable: self.folder / variable}), "200\n")
        self.assertTrue(self.manifest(front).startswith("401 "), "by the one who gives tokens")

    def manifest(self, front, **environment):
        for name in ("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "DOCKER_CONFIG"):
            self.environment.pop(name, None)
        return self.run_program("registry-manifest", f"{front.repository}@{self.digest}", self.folder / "manifest", **environment)

    def test_no_secret_is_on_a_command_line(self):
        auth = self.folder / "auth.json"
        front = Front(self, self.real, login="a:secret", scheme="Bearer")
        auth.write_text(json.dumps({"auths": {front.host: {"auth": base64.b64encode(b"a:secret").decode()}}}))
        self.fake("curl", f'echo "$*" >>"{self.folder}/lines"\nexec curl "$@"')
        self.push(front, REGISTRY_AUTH_FILE=auth)
        lines = (self.folder / "lines").read_text()
        self.assertIn("/token", lines)
        for secret in ("secret", "a-token", base64.b64encode(b"a:secret").decode()):
            self.assertNotIn(secret, lines)
