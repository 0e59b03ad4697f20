"""moto behind a real HTTP server in this process, for clients that are not botocore's (stores/aws_json.py).

`mock_aws` hooks into botocore, so it sees calls of boto3 only. This hands what comes over HTTP to the same
hook, and so to the same state.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from botocore.awsrequest import AWSRequest
from moto.core.models import botocore_stubber

SCOPE = re.compile(r"Credential=[^/]+/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")

ONE_AT_A_TIME = threading.Lock()
"""moto's check and its write are two steps; DynamoDB's conditional write is one."""


class MotoHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        scope = SCOPE.search(self.headers["Authorization"])
        assert scope is not None, "a request that is not signed"
        url = f"https://{scope['service']}.{scope['region']}.amazonaws.com/"
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        request = AWSRequest(method="POST", url=url, headers=headers, data=body).prepare()
        with ONE_AT_A_TIME:
            answer = botocore_stubber("before-send", request)
        assert answer is not None, "a call to AWS outside of mock_aws()"
        content = answer.content
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's own name
        pass


@contextmanager
def moto_over_http() -> Iterator[str]:
    """The server's URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), MotoHandler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
