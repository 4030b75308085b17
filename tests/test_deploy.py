"""What is handed out for running the service is in step with the service: image, compose, Kubernetes, proxies."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.main import create_app
from app.settings import Settings, table

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
RESOURCES = {each["kind"]: each for each in yaml.safe_load_all((ROOT / "docs/deploy/kubernetes.yaml").read_text())}
POD = RESOURCES["StatefulSet"]["spec"]["template"]["spec"]
NAMES = {row["name"] for row in table()}


def environments() -> Iterator[str]:
    """Every name that is set for the service."""
    yield from re.findall(r"\b(UNROLLED_\w+|HOST|PORT)=", DOCKERFILE)
    yield from COMPOSE["unrolled"]["environment"]
    yield from (each["name"] for each in POD["containers"][0]["env"])


def test_what_is_set_is_a_setting() -> None:
    assert set(environments()) <= NAMES
    assert len(set(environments())) >= 10


def test_every_library_of_the_image_is_pinned_by_hash() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        blocks = re.split(r"\n(?=[a-z0-9])", re.sub(r"(?m)^\s*#.*\n?", "", (ROOT / name).read_text()).strip())
        assert len(blocks) > 20
        for block in blocks:
            assert re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+ ", block), block
            assert "--hash=sha256:" in block, block
    installs = [line for line in DOCKERFILE.splitlines() if "pip install" in line]
    assert installs
    assert all("--require-hashes -r requirements.txt" in line for line in installs)


def test_the_image_runs_as_nobody_of_importance_and_asks_for_tokens() -> None:
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, re.MULTILINE)
    assert "UNROLLED_REQUIRE_TOKEN=1" in DOCKERFILE
    assert DOCKERFILE.index("USER 10001") > DOCKERFILE.index("compileall")  # nothing is written after it


@pytest.mark.parametrize("name", sorted(COMPOSE))
def test_no_container_may_write_to_itself_or_has_more_rights_than_it_needs(name: str) -> None:
    service = COMPOSE[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service.get("cap_add", [])) <= {"NET_BIND_SERVICE"}


def test_the_pod_is_as_narrow_as_the_container() -> None:
    container = POD["containers"][0]
    assert POD["securityContext"]["runAsNonRoot"] is True
    assert POD["automountServiceAccountToken"] is False
    context = container["securityContext"]
    assert context["readOnlyRootFilesystem"] is True
    assert context["allowPrivilegeEscalation"] is False
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/data", "/tmp"}
    assert int(container["resources"]["limits"]["cpu"]) == int(next(e["value"] for e in container["env"]
                                                                   if e["name"] == "UNROLLED_WORKERS"))  # fmt: skip


def test_probes_ask_what_is_there_and_not_what_a_full_disk_turns_off(tmp_path: Path) -> None:
    paths = create_app(Settings(data_dir=tmp_path)).openapi()["paths"]
    container = POD["containers"][0]
    probes: dict[str, Any] = {name: probe["httpGet"] for name, probe in container.items() if name.endswith("Probe")}
    assert set(probes) == {"startupProbe", "readinessProbe", "livenessProbe"}
    for name, ask in probes.items():
        assert ask["path"] in paths, name
        assert ask["path"] != "/readyz", name  # docs/deploy.md says why
        assert ask["port"] in {port["name"] for port in container["ports"]}
    assert "/healthz" in DOCKERFILE


def test_what_stands_in_front_lets_through_what_the_service_takes_and_does_not_buffer() -> None:
    notes = RESOURCES["Ingress"]["metadata"]["annotations"]
    most = Settings.model_fields["max_body"].default
    nginx = (ROOT / "docs/deploy/nginx.conf").read_text()
    for text in (notes["nginx.ingress.kubernetes.io/proxy-body-size"],
                 re.search(r"client_max_body_size (\w+);", nginx)[1]):  # type: ignore[index]  # fmt: skip
        assert int(text.removesuffix("m")) << 20 >= most
    assert notes["nginx.ingress.kubernetes.io/proxy-buffering"] == "off"
    assert "proxy_buffering off;" in nginx
    assert "flush_interval -1" in (ROOT / "docs/deploy/Caddyfile").read_text()


def test_everything_of_the_pod_is_found_by_its_label() -> None:
    label = RESOURCES["StatefulSet"]["spec"]["template"]["metadata"]["labels"].items()
    for kind, path in (("Service", "selector"), ("NetworkPolicy", "podSelector")):
        wanted = RESOURCES[kind]["spec"][path]
        assert wanted.get("matchLabels", wanted).items() <= label
    backend = RESOURCES["Ingress"]["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
    service = RESOURCES["Service"]
    assert backend["name"] == service["metadata"]["name"]
    assert backend["port"]["name"] in {port["name"] for port in service["spec"]["ports"]}
