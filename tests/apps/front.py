"""A registry as others answer: a server before a real one, which says some things in its own way."""

import base64
import http.client
import http.server
import json
import threading


class Front:
    """`missing` is the (type, content) of its 404 for a manifest; `refuses` the (status, content) that it answers with to
    all who ask for one; `login` is user:password, without which nothing is told, asked for in the way of `scheme`."""

    def __init__(self, stage, registry, missing=None, refuses=None, login=None, scheme="Basic"):
        self.registry, self.missing, self.refuses, self.login, self.scheme = registry, missing, refuses, login, scheme
        self.asked = []
        front = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                front.answer(self)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = handle_one

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stage.addCleanup(server.server_close)
        stage.addCleanup(server.shutdown)
        self.host = f"127.0.0.1:{server.server_port}"
        self.repository = f"{self.host}/walkthrough"

    def tell(self, handler, status, content=b"", kind="application/json", **headers):
        handler.send_response(status)
        for name, value in ({"Content-Type": kind, "Content-Length": str(len(content))} | headers).items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(content)

    def body(self, handler):
        if handler.headers.get("Transfer-Encoding") != "chunked":
            return handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        body = b""
        while size := int(handler.rfile.readline(), 16):
            body += handler.rfile.read(size)
            handler.rfile.readline()
        handler.rfile.readline()
        return body

    def answer(self, handler):
        body = self.body(handler)
        given = handler.headers.get("Authorization", "")
        basic = self.login and "Basic " + base64.b64encode(self.login.encode()).decode()
        self.asked.append((handler.command, handler.path))
        if handler.path.startswith("/token"):
            # Who has a login by a token of another kind hands that over in the body.
            known = given == basic or b"refresh_token=an+identity" in body
            return self.tell(handler, 200, b'{"token": "a-token"}') if known else self.tell(handler, 401, b'{"details": "incorrect username or password"}')
        if self.login and given != (basic if self.scheme == "Basic" else "Bearer a-token"):
            asks = 'Basic realm="a registry"' if self.scheme == "Basic" else f'Bearer realm="http://{self.host}/token",service="a registry",scope="repository:walkthrough:pull,push"'
            error = {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}
            return self.tell(handler, 401, json.dumps(error).encode(), WWW_Authenticate=asks)
        is_manifest = "/manifests/" in handler.path and handler.command in ("GET", "HEAD")
        if is_manifest and self.refuses:
            return self.tell(handler, *self.refuses)
        upstream = http.client.HTTPConnection("127.0.0.1", self.registry.port)
        ours = ("Authorization", "Transfer-Encoding", "Content-Length")
        kept = {name: ", ".join(handler.headers.get_all(name)) for name in handler.headers if name not in ours}
        upstream.request(handler.command, handler.path, body, kept | {"Content-Length": str(len(body))})
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        if is_manifest and answer.status == 404 and self.missing:
            kind, content = self.missing
            return self.tell(handler, 404, content, kind)
        handler.send_response_only(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(content)
