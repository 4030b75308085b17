#!/usr/bin/env bash
# Makes the virtual environment $1 with a Python 3.11+, also where Debian left python3-venv out.
set -euo pipefail
venv=$1

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

for python in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
  if [ -n "$python" ] && command -v "$python" >/dev/null && new_enough "$python"; then break; fi
  python=
done
if [ -z "$python" ]; then
  echo "Unrolled needs Python 3.11 or newer; none of python3, python3.11 … python3.14 is that. Set PYTHON=/path/to/python." >&2
  exit 1
fi

python=$(command -v "$python")  # in full: the new environment is going to be the first on PATH

echo "Setting up $venv with $("$python" --version)" >&2
if "$python" -m venv "$venv" >/dev/null 2>&1; then exit 0; fi

# No ensurepip: let the system's own pip fill an empty environment.
rm -rf "$venv"
if "$python" -m venv --without-pip "$venv" 2>/dev/null \
    && "$python" -m pip --python "$venv/bin/python" install --quiet --disable-pip-version-check pip 2>/dev/null; then
  exit 0
fi

rm -rf "$venv"
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
if bash tools/apt_install.sh "python$version-venv" && "$python" -m venv "$venv"; then exit 0; fi
rm -rf "$venv"
echo "Could not make a virtual environment: $python has neither ensurepip nor pip. Install the package python3-venv (or python3-pip) and run make again." >&2
exit 1
