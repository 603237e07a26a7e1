"""An S3 server that is independent of moto and refuses the newer checksum headers, as R2, Ceph and older MinIO do."""

import email.utils
import hashlib
import re
import urllib.parse
from http.server import BaseHTTPRequestHandler
from typing import Final
from xml.sax.saxutils import escape

from tests.http_server import HttpServer

REFUSED_HEADERS: Final = re.compile(r"x-amz-(checksum-.*|sdk-checksum-algorithm|trailer|decoded-content-length)")
RANGE: Final = re.compile(r"bytes=(\d+)-(\d*)")


class StrictS3(HttpServer):
    """A server on 127.0.0.1 with objects in memory, while the context is open."""

    def __init__(self) -> None:
        super().__init__(type("Handler", (_Handler,), {"store": self}))
        self.objects: dict[str, bytes] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.refused: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    store: StrictS3
    protocol_version = "HTTP/1.1"

    def handle_expect_100(self) -> bool:
        # Botocore sends the body only after this response.
        self.send_response_only(100)
        self.end_headers()
        return True

    def do_PUT(self) -> None:
        body = self._read()
        if self._is_refused():
            return
        if "partNumber" in self._query:
            self.store.uploads[self._query["uploadId"]][int(self._query["partNumber"])] = body
        else:
            self.store.objects[self._key] = body
        self._respond(200, ETag=_tag(body))

    def do_POST(self) -> None:
        self._read()
        if self._is_refused():
            return
        if "uploads" in self._query:
            upload_id = f"upload-{len(self.store.uploads)}"
            self.store.uploads[upload_id] = {}
            self._respond_xml(
                f"<InitiateMultipartUploadResult><UploadId>{upload_id}</UploadId></InitiateMultipartUploadResult>"
            )
        else:
            parts = self.store.uploads.pop(self._query["uploadId"])
            self.store.objects[self._key] = b"".join(parts[number] for number in sorted(parts))
            self._respond_xml("<CompleteMultipartUploadResult></CompleteMultipartUploadResult>")

    def do_GET(self) -> None:
        if self._is_refused():
            return
        if "/" not in self._key:
            self._list()
            return
        content = self.store.objects.get(self._key)
        if content is None:
            self._respond_xml("<Error><Code>NoSuchKey</Code></Error>", 404)
            return
        wanted = RANGE.fullmatch(self.headers.get("Range", ""))
        last = {"Last-Modified": email.utils.formatdate(usegmt=True), "ETag": _tag(content)}
        if wanted is None:
            self._respond(200, content, **last)
            return
        start, end = int(wanted[1]), min(int(wanted[2] or len(content) - 1), len(content) - 1)
        last["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
        self._respond(206, content[start : end + 1], **last)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        if not self._is_refused():
            self.store.objects.pop(self._key, None)
            self._respond(204)

    def log_message(self, format: str, *arguments: object) -> None:
        pass

    @property
    def _key(self) -> str:
        return urllib.parse.unquote(self.path.partition("?")[0]).strip("/")

    @property
    def _query(self) -> dict[str, str]:
        return dict(urllib.parse.parse_qsl(self.path.partition("?")[2], keep_blank_values=True))

    def _read(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _is_refused(self) -> bool:
        names = [name for name in self.headers if REFUSED_HEADERS.fullmatch(name.lower())]
        is_chunked = "aws-chunked" in self.headers.get("Content-Encoding", "")
        is_streamed = self.headers.get("x-amz-content-sha256", "").startswith("STREAMING")
        if not names and not is_chunked and not is_streamed:
            return False
        self.store.refused.append(f"{self.command} {', '.join(names)}")
        self._respond_xml(
            "<Error><Code>NotImplemented</Code><Message>A header is not implemented</Message></Error>", 501
        )
        return True

    def _list(self) -> None:
        prefix, delimiter = self._query.get("prefix", ""), self._query.get("delimiter")
        names, folders = [], set()
        for key in sorted(self.store.objects):
            bucket, _, name = key.partition("/")
            if bucket != self._key or not name.startswith(prefix):
                continue
            folder, found, _ = name.removeprefix(prefix).partition(delimiter) if delimiter else ("", "", "")
            if found:
                folders.add(f"{prefix}{folder}{delimiter}")
            else:
                names.append(name)
        contents = "".join(f"<Contents><Key>{escape(name)}</Key></Contents>" for name in names)
        contents += "".join(
            f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>" for name in sorted(folders)
        )
        self._respond_xml(f"<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>")

    def _respond_xml(self, body: str, status: int = 200) -> None:
        self._respond(status, body.encode(), **{"Content-Type": "application/xml"})

    def _respond(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _tag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
