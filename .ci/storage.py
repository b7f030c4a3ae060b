"""A real S3 server on loopback, SeaweedFS, that the remote `storage` is pointed at while it runs.

Usage: python .ci/storage.py start [FOLDER] | stop [FOLDER]. The folder (.ontime/storage) keeps its objects, log,
process and credentials; the latter also stand in .dvc/config.local. Git ignores both.
"""

import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from ontime.repo.dvc_adapter import local_remote, set_local_remote

FOLDER = Path(".ontime/storage")
BUCKET = "ontime"
REMOTE = "storage"
PORTS = ("s3", "master", "volume", "filer", "admin")
GRPC = 10_000  # its second port lies so far above each
FIRST_PORT, LAST_PORT = 18_333, 28_333
SECONDS = 60
TRIES = 3


def main(arguments: list[str]) -> int:
    """Start or stop the server of a folder. Returns the exit code."""
    if len(arguments) not in {1, 2} or arguments[0] not in ACTIONS:
        print(__doc__, file=sys.stderr)
        return 2
    return ACTIONS[arguments[0]](Path(arguments[1]) if len(arguments) == 2 else FOLDER)


def start(folder: Path) -> int:
    """Start it, wait until it answers, and point the remote at it."""
    address = _other_address(folder)
    if address:
        print(
            f".dvc/config.local points the remote {REMOTE!r} at {address}, and still does. To use this server instead, "
            f"first run: dvc config --local --unset remote.{REMOTE}.url",
            file=sys.stderr,
        )
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    lock = _lock(folder)
    if lock is None:
        print(f"It runs already, at {_state(folder)['endpointurl']}: make storage-stop ends it")
        return 0
    for _ in range(TRIES):
        state = _begin(folder, lock)
        if state:
            break
    else:
        lines = (folder / "log").read_text(errors="replace").splitlines()[:10]
        print("\n".join([f"The server does not start; {folder / 'log'} begins:", *lines]), file=sys.stderr)
        return 1
    _point(state)
    print(f"S3 at {state['endpointurl']}, bucket {BUCKET}, objects in {folder}; the remote {REMOTE!r} is pointed at it")
    print("dvc push fills it, dvc pull reads it; make storage-stop ends just this server and points the remote back")
    return 0


def stop(folder: Path) -> int:
    """End the server of this folder and no other process; the remote is again what .dvc/config says."""
    if folder.exists() and _lock(folder) is None:
        process = _state(folder)["process"]
        os.kill(process, signal.SIGTERM)
        deadline = time.monotonic() + SECONDS
        while _lock(folder) is None:
            time.sleep(0.1)
            if time.monotonic() > deadline:
                os.kill(process, signal.SIGKILL)
        print(f"Ended process {process}; {folder} keeps what it held")
    else:
        print(f"No server of {folder} runs")
    if not _other_address(folder):
        set_local_remote(REMOTE, None)
    return 0


ACTIONS = {"start": start, "stop": stop}


def _begin(folder: Path, lock: int) -> dict[str, Any] | None:
    """Start the server and wait for its answer; None where it ends, as when another took one of its ports meanwhile."""
    state = _keys(folder) | {"ports": _ports(folder)}
    state["endpointurl"] = f"http://127.0.0.1:{state['ports']['s3']}"
    _write(folder / "s3.json", _identities(state))
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            _command(folder, state["ports"]),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=[lock],  # held as long as the server lives, whoever started it
        )
    if not _answers(server, folder, state["ports"]):
        server.kill()
        server.wait()
        return None
    _write(folder / "server.json", state | {"process": server.pid})
    return state


def _lock(folder: Path) -> int | None:
    """The lock of this folder as an open file; None while a server holds it."""
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _command(folder: Path, ports: dict[str, int]) -> list[str]:
    flags = {
        "dir": _objects(folder),
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        **{f"{name}.port": port for name, port in ports.items()},
        "s3.config": (folder / "s3.json").resolve(),
        "bucket": BUCKET,
        "admin.ui": "false",
        "webdav": "false",
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "metricsPort": 0,
    }
    _objects(folder).mkdir(exist_ok=True)
    return [str(Path(sys.executable).parent / "weed"), "mini", *(f"-{name}={value}" for name, value in flags.items())]


def _answers(server: subprocess.Popen[bytes], folder: Path, ports: dict[str, int]) -> bool:
    """Whether it answers in time, and knows the objects that the folder holds."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        if _is_open(ports["s3"]) and _knows(ports["master"], folder):
            return True
        time.sleep(0.1)
    return False


def _is_open(port: int) -> bool:
    """Whether S3 answers: 403, for it asks who is there."""
    return _get(port, "/")[0] == HTTPStatus.FORBIDDEN


def _knows(port: int, folder: Path) -> bool:
    """Whether the master has been told of every volume on disk: until then S3 answers but finds no object."""
    status, body = _get(port, "/dir/status")
    if status != HTTPStatus.OK:
        return False
    centres = json.loads(body)["Topology"]["DataCenters"] or []
    nodes = [node for centre in centres for rack in centre["Racks"] or [] for node in rack["DataNodes"] or []]
    return bool(nodes) and sum(node["Volumes"] for node in nodes) >= len(list(_objects(folder).glob("*.dat")))


def _get(port: int, path: str) -> tuple[int, bytes]:
    """Status and body of an answer on loopback; (0, nothing) where none comes."""
    connection = HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, HTTPException):
        return 0, b""
    finally:
        connection.close()


def _ports(folder: Path) -> dict[str, int]:
    """Those of before, where they are free; else some of any that are."""
    known: dict[str, int] = _state(folder).get("ports", {})
    if known and all(map(_is_free, known.values())):
        return known
    drawn = secrets.SystemRandom().sample(range(FIRST_PORT, LAST_PORT), LAST_PORT - FIRST_PORT)
    return dict(zip(PORTS, filter(_is_free, drawn), strict=False))


def _is_free(port: int) -> bool:
    """Whether a port and the second one that goes with it are free."""
    for number in (port, port + GRPC):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
            except OSError:
                return False
    return True


def _keys(folder: Path) -> dict[str, Any]:
    """The credentials of this folder, made once."""
    known = _state(folder)
    return {
        "access_key_id": known.get("access_key_id", BUCKET),
        "secret_access_key": known.get("secret_access_key", secrets.token_hex(16)),
    }


def _identities(state: dict[str, Any]) -> dict[str, Any]:
    credentials = {"accessKey": state["access_key_id"], "secretKey": state["secret_access_key"]}
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    return {"identities": [{"name": BUCKET, "credentials": [credentials], "actions": actions}]}


def _point(state: dict[str, Any]) -> None:
    """Point the remote at the server, in .dvc/config.local alone."""
    keys = ("endpointurl", "access_key_id", "secret_access_key")
    set_local_remote(REMOTE, {"url": f"s3://{BUCKET}", **{key: state[key] for key in keys}})


def _other_address(folder: Path) -> str | None:
    """Where .dvc/config.local points the remote, if that is not this server."""
    remote = local_remote(REMOTE)
    ours = remote.get("endpointurl") == _state(folder).get("endpointurl", "")
    return None if ours else remote.get("url")


def _objects(folder: Path) -> Path:
    return (folder / "objects").resolve()


def _state(folder: Path) -> dict[str, Any]:
    path = folder / "server.json"
    return json.loads(path.read_text()) if path.exists() else {}


def _write(path: Path, content: dict[str, Any]) -> None:
    """For its owner's eyes alone."""
    draft = path.with_name(f".{path.name}.draft")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(content))
    draft.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
