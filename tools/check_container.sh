#!/usr/bin/env bash
# Builds the Dockerfile and runs the image for real, with no daemon: buildah builds, podman runs.
#
# The base image is the real one when it is on this machine (or PULL=1 may fetch it); else a stand-in with the same Debian
# and its Python is bootstrapped from Debian's packages. Ends with "container: checked …" or "container: NOT checked …".
set -euo pipefail
cd "$(dirname "$0")/.."

cannot() { echo "container: NOT checked: $1"; exit "${CONTAINER_REQUIRED:-0}"; }

base=docker.io/library/python:3.11-slim-bookworm
kit=(podman buildah runc mmdebstrap)
missing=()
for tool in "${kit[@]}"; do PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null || missing+=("$tool"); done
if [ ${#missing[@]} -gt 0 ]; then
  bash tools/apt_install.sh "${kit[@]}" uidmap netavark iptables catatonit || cannot "${missing[*]} missing, and not to be installed"
fi
[ "$(id -u)" = 0 ] || cannot "a stand-in base and a chroot build need root"

work=$(mktemp -d)
image=localhost/unrolled:check volume=unrolled-check-$$ container=
finish() {
  [ -z "$container" ] || podman --runtime runc rm -f "$container" >/dev/null 2>&1 || true
  podman --runtime runc volume rm -f "$volume" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT

if [ "${PULL:-0}" = 1 ]; then podman pull -q "$base"; fi
if ! podman image exists "$base"; then
  base=localhost/unrolled-stand-in:bookworm
  if ! podman image exists "$base"; then
    echo "container: bootstrapping a stand-in for the base image"
    # shellcheck disable=SC2016  # mmdebstrap expands $1 itself
    mmdebstrap --quiet --variant=minbase --include=python3,python3-venv,ca-certificates \
      --customize-hook='ln -sf python3 "$1/usr/bin/python"' \
      --customize-hook='cp /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"' \
      --customize-hook='printf "[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n" > "$1/etc/pip.conf"' \
      bookworm "$work/base.tar" || cannot "no stand-in base could be bootstrapped"
    podman import -q --change 'ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' "$work/base.tar" "$base" >/dev/null
  fi
fi

echo "container: building on $base"
buildah bud --layers --pull-never --isolation chroot --format docker --build-arg "BASE=$base" -t "$image" . > "$work/build.log" 2>&1 \
  || { tail -n 30 "$work/build.log"; exit 1; }
inspect() { podman inspect "$image" --format "$1"; }
[ "$(inspect '{{.Config.User}}')" = 10001:10001 ] || { echo "container: the image does not name its user"; exit 1; }
[ -n "$(inspect '{{if .HealthCheck}}yes{{else if .Config.Healthcheck}}yes{{end}}')" ] || { echo "container: no HEALTHCHECK"; exit 1; }

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# Ulimits are stated because podman's defaults are above what some machines allow; its health timer wants systemd.
serve() {
  container=$(podman --runtime runc run -d --network host --ulimit nofile=4096:4096 --ulimit nproc=4096:4096 --no-healthcheck \
    --read-only --tmpfs /tmp:size=256m,mode=1777 --cap-drop all --security-opt no-new-privileges \
    --volume "$volume:/data" --env HOST=127.0.0.1 --env "PORT=$port" "$image")
}
stop() {
  podman --runtime runc stop -t 8 "$container" >/dev/null
  code=$(podman inspect "$container" --format '{{.State.ExitCode}}')
  [ "$code" = 0 ] || { podman logs "$container" | tail -n 20; echo "container: ended with $code on SIGTERM"; exit 1; }
  podman --runtime runc rm "$container" >/dev/null
}
drive() { python3 tools/drive_container.py "http://127.0.0.1:$port" "$1" "$work/run.json" || { podman logs "$container" | tail -n 30; exit 1; }; }

serve
drive create
podman --runtime runc exec "$container" python -c "
import os, urllib.request
assert os.getuid() == 10001, os.getuid()
urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)
try: open('/unrolled/x', 'w')
except OSError: pass
else: raise SystemExit('the root file system can be written')"
stop
serve
drive resume
stop
echo "container: checked: built on $base ($(podman images --format '{{.Size}}' "$image")), ran read-only as 10001, kept its run over a restart, ended with 0"
