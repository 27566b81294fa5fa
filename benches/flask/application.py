"""The same two pages, as such an application mostly does it: a template for each request, and an extension that compresses.

FOLDER names what the benchmark took from the service: page and health, each with its headers in a .json.
"""

import json
import os
import pathlib
import uuid

from flask import Flask, make_response, render_template_string, request
from flask_compress import Compress

FOLDER = pathlib.Path(os.environ["FOLDER"])

app = Flask(__name__)
app.config["COMPRESS_MIMETYPES"] = ["text/html"]
Compress(app)


def read(name):
    headers = json.loads((FOLDER / f"{name}.json").read_text())
    headers.pop("etag", None)
    # What is between the two words is no template of ours.
    return "{% raw %}" + (FOLDER / name).read_text() + "{% endraw %}", headers


PAGE, HEALTH = read("page"), read("health")


def answer(page):
    template, headers = page
    response = make_response(render_template_string(template))
    for name, value in headers.items():
        response.headers[name] = value
    response.headers["X-Request-Id"] = uuid.uuid4().hex
    return response


@app.get("/")
def overview():
    response = answer(PAGE)
    response.add_etag()
    return response.make_conditional(request)


@app.get("/health")
def health():
    return answer(HEALTH)
