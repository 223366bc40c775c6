"""A saved model behind HTTP: a page for people, JSON for programs."""

from __future__ import annotations

from fieldguide.serve.served import Served as Served
from fieldguide.serve.served import load as load
from fieldguide.serve.server import MAX_BYTES as MAX_BYTES
from fieldguide.serve.server import application as application
from fieldguide.serve.server import listen as listen
from fieldguide.serve.server import run as run
from fieldguide.serve.server import serve as serve
