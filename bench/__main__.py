"""`python -m bench [section …]`, the short sections when none is named; one thread, set before any import."""

import importlib
import os
import sys

SECTIONS = ("training", "maps", "frames", "service", "page")
LONG = ("hessian_free", "presets", "papers")  # minutes: only when asked for
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def main(chosen: list[str]) -> None:
    """Run the sections named, or all but the long ones."""
    unknown = set(chosen) - {*SECTIONS, *LONG}
    if unknown:
        raise SystemExit(f"no such section: {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS + LONG)}")
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    for name in chosen or SECTIONS:
        importlib.import_module(f"bench.{name}").report()


if __name__ == "__main__":
    main(sys.argv[1:])
