"""Weights as files: safetensors, or npz without pickle. Nothing read is trusted before its size is checked."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from app.errors import Invalid, invalid

Arrays = dict[str, np.ndarray[Any, Any]]
MEDIA_TYPES = {"safetensors": "application/octet-stream", "npz": "application/zip"}
UNREADABLE = (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError, NotImplementedError, RuntimeError)
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def pack(arrays: Mapping[str, np.ndarray[Any, Any]], format: str) -> bytes:
    """Return named arrays as one file."""
    if format == "safetensors":
        return safetensors.numpy.save({name: np.ascontiguousarray(value) for name, value in arrays.items()})
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def unpack(body: bytes, format: str, like: Mapping[str, np.ndarray[Any, Any]]) -> Arrays:
    """Return the arrays of a file, which may replace those of `like`: names known, shapes equal, all finite.

    Raises HTTPProblem 422 naming the array, before anything larger than `like` is unpacked.
    """
    arrays = (_safetensors if format == "safetensors" else _npz)(body, like)
    if not arrays:
        raise Invalid("body", format, "there are no weights in the file")
    bad = [(name, "not finite", "weights must be finite") for name, a in arrays.items() if not np.isfinite(a).all()]
    if bad:
        raise invalid(bad)
    return arrays


def _safetensors(body: bytes, like: Mapping[str, np.ndarray[Any, Any]]) -> Arrays:
    try:
        arrays = safetensors.numpy.load(body)
    except (safetensors.SafetensorError, ValueError, KeyError, AttributeError) as error:
        raise Invalid("body", f"{len(body)} bytes", f"not a safetensors file of NumPy's types: {error}") from None
    for name, value in arrays.items():
        _fits(name, value.shape, value.dtype, like)
    return arrays


def _npz(body: bytes, like: Mapping[str, np.ndarray[Any, Any]]) -> Arrays:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = archive.infolist()
            if len(members) > len(like):  # names may stand in it again and again, all for one small piece of file
                raise Invalid("body", len(members), f"there are more arrays in the file than the {len(like)} known")
            return dict(_member(archive, info, like) for info in members)
    except UNREADABLE as error:
        raise Invalid("body", f"{len(body)} bytes", f"not an npz file: {error}") from None


def _member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, like: Mapping[str, np.ndarray[Any, Any]]
) -> tuple[str, np.ndarray[Any, Any]]:
    """Read one array whose header says the shape that is wanted, and never more bytes than that takes."""
    name = info.filename.removesuffix(".npy")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others ask for memory as they please
        raise Invalid(name, info.compress_type, "must be stored or deflated, as numpy.savez does")
    with archive.open(info) as stream:
        version = np.lib.format.read_magic(stream)
        if version not in HEADERS:
            raise Invalid(name, str(version), "unknown version of the npy format")
        shape, fortran, dtype = HEADERS[version](stream, max_header_size=4096)
        _fits(name, shape, dtype, like)
        data = stream.read(int(np.prod(shape, dtype=np.int64)) * dtype.itemsize)
        if stream.read(1):
            raise Invalid(name, list(shape), "there is more data than its header says")
    return name, np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")


def _fits(name: str, shape: tuple[int, ...], dtype: np.dtype[Any], like: Mapping[str, np.ndarray[Any, Any]]) -> None:
    if name not in like:
        raise Invalid(name, list(shape), f"no such weights; known are {', '.join(like)}")
    if tuple(shape) != like[name].shape:
        raise Invalid(name, list(shape), f"its shape must be {list(like[name].shape)}")
    if dtype.kind not in "fiu":
        raise Invalid(name, str(dtype), "must be numbers")
