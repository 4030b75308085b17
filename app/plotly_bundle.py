"""Plotly.js out of the installed plotly package, compressed once: page, notebook and report draw with one version."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Bundle(NamedTuple):
    """The script as it is and compressed, and the start of its SHA-256."""

    raw: bytes
    gzipped: bytes
    digest: str


@cache
def bundle() -> Bundle:
    """Return plotly.min.js; reading and compressing its 4.8 MB takes a quarter of a second, once."""
    raw = (files("plotly") / "package_data" / "plotly.min.js").read_bytes()
    return Bundle(raw, gzip.compress(raw, 6, mtime=0), hashlib.sha256(raw).hexdigest()[:12])


def address() -> str:
    """Return where the page finds the script, relative to it; another version has another address."""
    return f"vendor/plotly.min.js?v={bundle().digest}"
