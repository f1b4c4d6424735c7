"""A storage server that speaks S3, in a thread of its own, and a bucket in it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import httpx
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer


@dataclass
class Storage:
    """One bucket, `acme`, of a running server."""

    endpoint: str

    def options(self, path: str, **more: Any) -> dict[str, Any]:
        """What a source writes to read `path` from here."""
        key = {"access_key_id": "reader", "secret_access_key": "not-a-secret"}
        return {"path": path, "endpoint": self.endpoint, "region": "us-east-1", **key, **more}

    def put(self, key: str, content: bytes | str) -> None:
        """Writes an object without a request, so that many are quickly there."""
        body = content.encode() if isinstance(content, str) else content
        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].put_object("acme", key, body)

    def delete(self, key: str) -> None:
        """Removes an object."""
        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].delete_object("acme", key)

    def empty(self) -> None:
        """Removes every object."""
        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets["acme"].keys.clear()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """While this lasts, nobody's key is accepted."""
        httpx.post(f"{self.endpoint}/moto-api/reset-auth", content="0")
        try:
            yield
        finally:
            httpx.post(f"{self.endpoint}/moto-api/reset-auth", content="inf")


@contextmanager
def storage() -> Iterator[Storage]:
    """A server with an empty bucket."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # one line for each request otherwise
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        made = Storage(f"http://{host}:{port}")
        client = boto3.client(
            "s3",
            endpoint_url=made.endpoint,
            region_name="us-east-1",
            aws_access_key_id="reader",
            aws_secret_access_key="not-a-secret",
        )
        client.create_bucket(Bucket="acme")
        yield made
    finally:
        s3_backends.reset()
        server.stop()
