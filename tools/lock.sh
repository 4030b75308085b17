#!/usr/bin/env bash
# Resolves pyproject.toml and package.json again. The lock files name versions and hashes, never where they came from.
set -euo pipefail
venv=$1
compile=("$venv/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --extra dask --upgrade pyproject.toml)
"${compile[@]}" -o requirements.txt
"${compile[@]}" -c requirements.txt --group dev -o requirements-dev.txt
npm install --package-lock-only --ignore-scripts --no-audit --no-fund
