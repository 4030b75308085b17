"""`python -m app`: serve, as the environment says. `--help` lists what can be set there."""

from __future__ import annotations

import logging
import os
import sys

# Worker processes import this module too (spawn): the web is imported only where it is served.


def main(arguments: list[str]) -> int:
    """Serve until told to stop; return the exit code."""
    from app.executor import one_thread

    one_thread()  # before anything imports NumPy
    from pydantic import ValidationError

    from app.settings import Settings, table

    if arguments:
        print("usage: python -m app\n\nSettings, by the environment:\n")
        print("\n".join(f"  {row['name']:<28} {row['help']} [{row['default']}]" for row in table()))
        return 0 if arguments[0] in ("-h", "--help") else 2
    try:
        settings = Settings()
    except ValidationError as error:
        for problem in error.errors():
            name = str(problem["loc"][0])
            value = "(not shown)" if name.endswith("key") else repr(problem["input"])
            print(f"setting {name} = {value}: {problem['msg']}", file=sys.stderr)
        return 2
    from app.errors import StoreError
    from app.server import serve

    try:
        serve(settings)
    except StoreError as error:
        print(f"UNROLLED_DATA_DIR={settings.data_dir} cannot be used: {error}", file=sys.stderr)
        return 2
    return 0


def leave(code: int) -> None:
    """End this process now: all is stored and closed, and taking the interpreter apart may last a second."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
