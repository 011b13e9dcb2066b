"""A small OpenID Connect provider on localhost, for tests of sign-in only.

It speaks the authorization code flow: discovery, an authorize page with one link per
person, token endpoint with an RS256 identity token, and its keys.
"""

import html
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "geoparty-test", "not-a-secret"


class Provider:
    """Serve sign-in for the given e-mails until closed."""

    def __init__(self, emails: list[str]) -> None:
        self.emails = emails
        self.key = RSAKey.generate_key(2048, {"kid": "test", "use": "sig", "alg": "RS256"})
        self.codes: dict[str, tuple[str, str]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.get(self)

            def do_POST(self) -> None:
                provider.token(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def get(self, request: BaseHTTPRequestHandler) -> None:
        url = urlsplit(request.path)
        query = {k: v[0] for k, v in parse_qs(url.query).items()}
        if url.path == "/.well-known/openid-configuration":
            send(request, json.dumps(self.discovery()), "application/json")
        elif url.path == "/jwks":
            keys = {"keys": [self.key.as_dict(private=False)]}
            send(request, json.dumps(keys), "application/json")
        elif url.path == "/authorize" and "as" in query:
            code = secrets.token_urlsafe()
            self.codes[code] = (query["as"], query.get("nonce", ""))
            back = urlencode({"code": code, "state": query["state"]})
            request.send_response(302)
            request.send_header("Location", f"{query['redirect_uri']}?{back}")
            request.end_headers()
        elif url.path == "/authorize":
            ways = {email: urlencode(query | {"as": email}) for email in self.emails}
            links = [f'<p><a href="?{html.escape(q)}">{email}</a>' for email, q in ways.items()]
            send(request, "".join(links), "text/html; charset=utf-8")
        else:
            request.send_error(404)

    def token(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"])).decode()
        form = {k: v[0] for k, v in parse_qs(body).items()}
        email, nonce = self.codes.pop(form["code"])
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "sub": email,
            "email": email,
            "email_verified": True,
            "name": email.split("@")[0],
            "nonce": nonce,
            "iat": now,
            "exp": now + 600,
        }
        token = jwt.encode({"alg": "RS256", "kid": "test"}, claims, self.key)
        answer = {"access_token": "x", "token_type": "Bearer", "expires_in": 600, "id_token": token}
        send(request, json.dumps(answer), "application/json")

    def discovery(self) -> dict[str, object]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }


def send(request: BaseHTTPRequestHandler, text: str, kind: str) -> None:
    data = text.encode()
    request.send_response(200)
    request.send_header("Content-Type", kind)
    request.send_header("Content-Length", str(len(data)))
    request.end_headers()
    request.wfile.write(data)


def secrets_toml(provider: Provider, port: int) -> str:
    """Return Streamlit's secrets for an app on this port that signs in with the provider."""
    return (
        "[auth]\n"
        f'redirect_uri = "http://localhost:{port}/oauth2callback"\n'
        f'cookie_secret = "{secrets.token_hex(16)}"\n'
        f'client_id = "{CLIENT_ID}"\n'
        f'client_secret = "{CLIENT_SECRET}"\n'
        f'server_metadata_url = "{provider.url}/.well-known/openid-configuration"\n'
    )
