"""A small HTTPS service that asks for a client certificate of the broker's authority and looks whether it was revoked.

It knows nothing of the broker but the address of its publications: what it does, any TLS server can do.
"""
import base64
import http.client
import http.server
import json
import os
import queue
import ssl
import textwrap
import threading
import urllib.request

from client_key import openssl
from story import StepFailed

LIMIT = 10
INVOICES = {"invoices": [{"id": "2026-001", "total": "120.00"}, {"id": "2026-002", "total": "80.50"}]}


class _Handler(http.server.BaseHTTPRequestHandler):
    timeout = LIMIT

    def do_GET(self):  # pylint: disable=invalid-name
        names = self.connection.getpeercert().get("subjectAltName", ())
        status, body = (200, INVOICES) if ("URI", self.server.workload) in names else (403, {"error": "not your invoices"})
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass


class _Server(http.server.HTTPServer):
    def __init__(self, target, workload):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = target
        self.workload = workload

    def get_request(self):
        connection, address = super().get_request()
        connection.settimeout(LIMIT)
        try:
            return self.target.tls_context().wrap_socket(connection, server_side=True), address
        except OSError as failure:
            # Without a list of what was revoked nobody is let in either.
            self.target.refusals.put(getattr(failure, "verify_message", None) or str(failure))
            connection.close()
            raise


class InvoicesTarget:
    def __init__(self, folder, publications, workload):
        self.refusals = queue.Queue()
        self._publications = publications
        self._trust_file = os.path.join(folder, "trust.pem")
        self._key_file = os.path.join(folder, "target.key")
        self._certificate_file = os.path.join(folder, "target.pem")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                "-subj", "/CN=invoices-api", "-addext", "subjectAltName=IP:127.0.0.1",
                "-keyout", self._key_file, "-out", self._certificate_file)
        self._server = _Server(self, workload)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def tls_context(self):
        """Made anew for each connection, from the authority and the list of this moment."""
        authority = self._fetch("ca.pem").decode("ascii")
        revoked = base64.b64encode(self._fetch("crl")).decode("ascii")
        with open(self._trust_file, "w", encoding="ascii") as file:
            file.write(authority)
            file.write("\n-----BEGIN X509 CRL-----\n" + "\n".join(textwrap.wrap(revoked, 64)) + "\n-----END X509 CRL-----\n")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
        context.load_verify_locations(self._trust_file)
        context.load_cert_chain(self._certificate_file, self._key_file)
        return context

    def call(self, key):
        """What the target answers to somebody with this key and its certificate."""
        context = ssl.create_default_context(cafile=self._certificate_file)
        context.load_cert_chain(key.certificate_file, key.key_file)
        connection = http.client.HTTPSConnection("127.0.0.1", self._server.server_port, context=context, timeout=LIMIT)
        try:
            connection.request("GET", "/invoices")
            return json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException) as failure:
            raise StepFailed(f"the target does not answer: {failure}") from failure
        finally:
            connection.close()

    def call_refused(self, key):
        """Why the target refuses the call, in its own words."""
        try:
            answer = self.call(key)
        except StepFailed as failure:
            try:
                # The caller may learn of the refusal before the target has noted why.
                return self.refusals.get(timeout=LIMIT)
            except queue.Empty:
                raise StepFailed(f"the call failed, but the target did not refuse it: {failure}") from failure
        raise StepFailed(f"the target still answers: {answer}")

    def _fetch(self, document):
        with urllib.request.urlopen(f"{self._publications}/v1/x509/agents-ca/{document}", timeout=LIMIT) as answer:
            return answer.read()
