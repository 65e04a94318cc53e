"""An engine on another machine: docker contexts and DOCKER_HOST, over unix, ssh and tcp with TLS.

The engine is a second one, in a network namespace of its own; the user's engine is pointed away from, so that what works
here works there.
"""

from __future__ import annotations

import datetime
import getpass
import ipaddress
import json
import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from harness.base.errors import EngineError
from harness.base.host import HostEnvironment
from harness.engine.api import open_api
from harness.engine.docker_engine import connect
from tests.faults.own_engine import OwnEngine, own_engine, why_not
from tests.harness.engine.conftest import SERVER, python_bundle
from tests.support.docker_contexts import write_context
from tests.support.docprobe_process import ENDS_S, left_in, start, until_nothing_is_left, until_one_runs
from tests.support.host import HOST
from tests.support.pods import QUICK, client

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.engine, pytest.mark.anyio]
_SSH_SERVER = "/usr/sbin/sshd"
_NOWHERE = "unix:///nonexistent/engine.sock"
_SSHD = """
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
PermitRootLogin prohibit-password
"""
_SSH = """
Host *
  IdentityFile {folder}/user
  IdentitiesOnly yes
  UserKnownHostsFile {folder}/known
  StrictHostKeyChecking yes
"""


class Authority:
    """A throwaway CA, and files of certificates that it signed, named as docker names them."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder / name
        self.folder.mkdir()
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        basics = x509.BasicConstraints(ca=True, path_length=None)
        self._certificate = self._signed(self._name, self._key, [(basics, True)])

    def files(self, who: str) -> Path:
        """A folder with ca.pem, cert.pem and key.pem for 127.0.0.1."""
        folder = self.folder / who
        folder.mkdir()
        key = ec.generate_private_key(ec.SECP256R1())
        address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, who)])
        certificate = self._signed(subject, key, [(address, False), (usage, False)])
        pem = serialization.Encoding.PEM
        (folder / "ca.pem").write_bytes(self._certificate.public_bytes(pem))
        (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
        plain = serialization.NoEncryption()
        (folder / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
        return folder

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, extensions: list[tuple[x509.ExtensionType, bool]]
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )  # fmt: skip
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self._key, hashes.SHA256())


@dataclass(frozen=True)
class Remote:
    """The engine, and how it is reached."""

    engine: OwnEngine
    tcp: str
    ssh: str
    certificates: Path
    """Of a client that it trusts."""
    foreign: Path
    """Of a client of another CA."""
    path: str
    """PATH with an ``ssh`` that knows the throwaway keys."""

    def environment(self, way: str, by: str, folder: Path) -> dict[str, str]:
        """The environment of a user whose engine is this one.

        Args:
            way: ``unix``, ``tcp`` or ``ssh``.
            by: ``DOCKER_HOST``, or ``context``.
            folder: for the files of a docker context.
        """
        address = {"unix": self.engine.host, "tcp": self.tcp, "ssh": self.ssh}[way]
        variables = {**os.environ, "PATH": self.path, "DOCKER_CONFIG": str(folder)}
        variables.pop("DOCKER_HOST", None)
        if by == "DOCKER_HOST":
            variables["DOCKER_HOST"] = address
            if way == "tcp":
                variables |= {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(self.certificates)}
        else:
            write_context(folder, "far", address, self.certificates if way == "tcp" else None)
            variables["DOCKER_CONTEXT"] = "far"
        return variables


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
    reason = why_not() or (None if Path(_SSH_SERVER).exists() else "needs OpenSSH's server")
    if reason is not None:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("remote")
    authority, other = Authority(folder, "authority"), Authority(folder, "other")
    server = authority.files("engine")
    tls = ["--tlsverify", *(f"--tls{name}={server}/{name}.pem" for name in ("cert", "key"))]
    tls.append(f"--tlscacert={server}/ca.pem")

    async def base() -> str:
        async with connect(state=tmp_path_factory.mktemp("state"), host=HOST) as users:
            return (await users.base("python")).tag

    image = anyio.run(base)
    with socket.create_server(("127.0.0.1", 0)) as listener, own_engine(folder, image, listener, tls) as engine:
        with ssh_server(folder) as port:
            yield Remote(
                engine,
                f"tcp://127.0.0.1:{listener.getsockname()[1]}",
                f"ssh://{getpass.getuser()}@127.0.0.1:{port}{engine.sockets}/engine.sock",
                authority.files("client"),
                other.files("client"),
                f"{folder / 'bin'}:{os.environ['PATH']}",
            )


@contextmanager
def ssh_server(folder: Path) -> Iterator[int]:
    """OpenSSH's server on loopback, with throwaway keys; ``folder/bin`` gets an ssh that knows them. Yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    (folder / "known").write_text(f"[127.0.0.1]:{port} {(folder / 'host.pub').read_text()}")
    (folder / "sshd_config").write_text(_SSHD.format(folder=folder, port=port))
    (folder / "ssh_config").write_text(_SSH.format(folder=folder))
    (folder / "bin").mkdir()
    (folder / "bin" / "ssh").write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {folder}/ssh_config "$@"\n')
    (folder / "bin" / "ssh").chmod(0o755)
    Path("/run/sshd").mkdir(exist_ok=True)
    with (folder / "sshd.log").open("wb") as log:
        process = subprocess.Popen([_SSH_SERVER, "-D", "-e", "-f", str(folder / "sshd_config")], stderr=log)
    try:
        until = time.monotonic() + 60
        while "Server listening" not in (said := (folder / "sshd.log").read_text()):
            assert process.poll() is None, said
            assert time.monotonic() < until, said
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


@pytest.mark.parametrize("by", ["DOCKER_HOST", "context"])
@pytest.mark.parametrize("way", ["unix", "tcp", "ssh"])
async def test_a_pod_on_another_machine(remote: Remote, state: Path, tmp_path: Path, way: str, by: str) -> None:
    """Nothing is published there: the conversation goes through the same connection as everything else."""
    with pytest.MonkeyPatch.context() as patch:
        # docker-py reads the files of contexts where the process says, and nothing may fall back on the usual engine
        patch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
        patch.setenv("DOCKER_HOST", _NOWHERE)
        host = HostEnvironment(remote.environment(way, by, tmp_path / "docker"))
        bundle = python_bundle(SERVER)
        async with (
            connect(state=state, host=host, limits=QUICK) as engine,
            engine.pod(bundle, await engine.install(bundle)) as pod,
            client(pod) as http,
        ):
            assert engine.run.api.is_local is (way == "unix")
            assert await pod.wait_listening(60)
            assert (await http.get("http://localhost:3000/there")).json()["path"] == "/there"
            raw = remote.engine.client()
            assert len(left_in(raw, state, running=True)) >= 2, "anchor and example run on the second engine"
    assert left_in(raw, state) == []
    raw.close()


@pytest.mark.parametrize("way", ["tcp", "ssh"])
def test_a_whole_check_on_another_machine(remote: Remote, docs: Path, state: Path, tmp_path: Path, way: str) -> None:
    """The verdicts are those of an engine on this machine."""
    found = {}
    for here_or_there, by in (("unix", "DOCKER_HOST"), (way, "context")):
        environment = remote.environment(here_or_there, by, tmp_path / f"docker-{here_or_there}")
        out = tmp_path / f"{here_or_there}.json"
        with start(docs, state, out, "--no-cache", environment=environment) as process:
            said = process.communicate(timeout=ENDS_S)[0]
        examples = json.loads(out.read_text())["examples"]
        assert {example["status"] for example in examples} == {"judged"}, said
        found[here_or_there] = {
            (example["id"], f["requirement"], f["revision"]): f["verdict"]
            for example in examples
            for f in example["findings"]
        }
    # a deadline missed on a busy machine leaves a verdict open, and never turns one
    differing = {row: {found["unix"].get(row), found[way].get(row)} for row in found["unix"].keys() | found[way].keys()}
    turned = {row: both for row, both in differing.items() if len(both) > 1 and "inconclusive" not in both}
    assert turned == {}
    assert list(found[way].values()).count("violated") > 1


def test_docprobe_killed_while_ssh_carries_it(remote: Remote, docs: Path, state: Path, tmp_path: Path) -> None:
    """The forwarding dies with docprobe, and with it the pod; the sweeper opens one of its own for the rest."""
    environment = remote.environment("ssh", "DOCKER_HOST", tmp_path / "docker")
    raw = remote.engine.client()
    with start(docs, state, tmp_path / "out.json", environment=environment) as process:
        until_one_runs(raw, state, process)
        process.kill()
        process.communicate()
    until_nothing_is_left(raw, state, within_s=60)
    raw.close()


async def test_a_client_of_another_authority(remote: Remote, tmp_path: Path) -> None:
    environment = remote.environment("tcp", "DOCKER_HOST", tmp_path) | {"DOCKER_CERT_PATH": str(remote.foreign)}
    with pytest.raises(EngineError, match=r"no container engine answers at tcp://127\.0\.0\.1:\d+: .*certificate"):
        await open_api(HostEnvironment(environment))


async def test_no_engine_where_ssh_leads(remote: Remote, tmp_path: Path) -> None:
    environment = remote.environment("ssh", "DOCKER_HOST", tmp_path) | {
        "DOCKER_HOST": remote.ssh.replace("engine.sock", "x")
    }
    with pytest.raises(EngineError, match=r"no container engine answers at ssh://.*/x: ") as caught:
        await open_api(HostEnvironment(environment))
    assert "check that the engine's socket is there" in (caught.value.hint or "")


async def test_tls_that_is_not_asked_for(remote: Remote, tmp_path: Path) -> None:
    environment = remote.environment("tcp", "DOCKER_HOST", tmp_path) | {"DOCKER_TLS_VERIFY": "", "DOCKER_CERT_PATH": ""}
    with pytest.raises(EngineError, match=r"no container engine answers at tcp://.*Bad Request") as caught:
        await open_api(HostEnvironment(environment))
    assert "DOCKER_TLS_VERIFY=1" in (caught.value.hint or "")


async def test_a_key_that_is_not_known_there(remote: Remote, tmp_path: Path) -> None:
    environment = remote.environment("ssh", "DOCKER_HOST", tmp_path) | {
        "DOCKER_HOST": remote.ssh.replace("//", "//no-", 1)
    }
    with pytest.raises(EngineError, match=r"no container engine answers at ssh://.*Permission denied") as caught:
        await open_api(HostEnvironment(environment))
    assert "set up a key, and add the host to known_hosts" in (caught.value.hint or "")
