"""`python -m bench [training] [maps] [frames] [service]`: one thread for all is set before any library is loaded."""

import importlib
import os
import sys

SECTIONS = ("training", "maps", "frames", "service")
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def main(chosen: list[str]) -> None:
    """Run the sections named, or all."""
    unknown = set(chosen) - set(SECTIONS)
    if unknown:
        raise SystemExit(f"no such section: {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    for name in chosen or SECTIONS:
        importlib.import_module(f"bench.{name}").report()


if __name__ == "__main__":
    main(sys.argv[1:])
