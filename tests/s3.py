"""A real S3 server, as a process of its own."""

import subprocess
import sys
import time
from collections.abc import Iterator

import httpx2
import pytest

from tests.ports import free_port


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of an S3 server with the bucket `photos`."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for_bucket(address)
        yield address
    finally:
        process.terminate()
        process.wait()


def _wait_for_bucket(address: str) -> None:
    deadline = time.monotonic() + 300
    while True:
        try:
            httpx2.put(f"{address}/photos", timeout=60).raise_for_status()
            return
        except httpx2.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
