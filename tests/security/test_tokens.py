"""Every attack on a token that RELIABILITY's line names gets the same answer: 401."""

import base64
import hashlib
import hmac
import json
import math
import time

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from api.auth import Role, Verifier
from api.keys import KeySet, SharedSecret, keys_of
from models.errors import ConfigurationError, TokenInvalid
from models.settings import Settings
from tests.conftest import JWT_SECRET


def now() -> int:
    return int(time.time())


def claims(**changes: object) -> dict[str, object]:
    valid = {
        "sub": "ada",
        "role": "user",
        "iss": "jobfinders-development",
        "aud": "jobfinders",
        "iat": now(),
        "exp": now() + 600,
    }
    return {name: value for name, value in (valid | changes).items() if value is not None}


def signed(payload: dict[str, object] | None = None, **header: object) -> str:
    return jwt.encode(payload or claims(), JWT_SECRET, "HS256", headers=header or None)


def part(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def handmade(header: object, payload: object, key: str = JWT_SECRET) -> str:
    """Signed with HS256 whatever the header says."""
    body = f"{part(header)}.{part(payload)}"
    digest = hmac.new(key.encode(), body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = RSA.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
JWK = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(RSA.public_key()))


def unsigned(algorithm: str) -> str:
    return f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims())}."


def attacks() -> dict[str, str]:
    """Made when they are tried: times count from then."""
    return {
        **{f"alg {name}": unsigned(name) for name in ("none", "None", "NONE", "nOnE", "")},
        "alg none with a signature": handmade({"alg": "none"}, claims()),
        "alg missing": handmade({"typ": "JWT"}, claims()),
        "alg HS384": jwt.encode(claims(), JWT_SECRET + "x" * 8, "HS384"),
        "alg RS256": jwt.encode(claims(), RSA, "RS256"),
        "alg lower case": handmade({"alg": "hs256"}, claims()),
        "alg as list": handmade({"alg": ["HS256"]}, claims()),
        "another secret": jwt.encode(claims(), "another-secret-that-is-32-bytes-long", "HS256"),
        "empty secret": handmade({"alg": "HS256"}, claims(), key=""),
        "embedded jwk": signed(jwk=JWK),
        "jku": signed(jku="https://attacker.example/keys"),
        "x5u": signed(x5u="https://attacker.example/cert"),
        "x5c": signed(x5c=["MIIB"]),
        "unknown crit": signed(crit=["exp-strange"]),
        "kid as number": handmade({"alg": "HS256", "kid": 7}, claims()),
        "kid as object": handmade({"alg": "HS256", "kid": {"a": 1}}, claims()),
        "expired": signed(claims(iat=now() - 1_000, exp=now() - 1)),
        "expired this moment": signed(claims(iat=now() - 600, exp=now())),
        "not yet valid": signed(claims(nbf=now() + 300)),
        "issued in the future": signed(claims(iat=now() + 300)),
        "wrong audience": signed(claims(aud="somebody-else")),
        "audience missing": signed(claims(aud=None)),
        "wrong issuer": signed(claims(iss="https://attacker.example")),
        "issuer missing": signed(claims(iss=None)),
        "exp missing": signed(claims(exp=None)),
        "exp as text": signed(claims(exp=str(now() + 600))),
        "exp 1e30": signed(claims(exp=1e30)),
        "exp infinite": signed(claims(exp=math.inf)),
        "exp not a number": signed(claims(exp=math.nan)),
        "exp as bool": signed(claims(exp=True)),
        "exp null": handmade({"alg": "HS256"}, claims() | {"exp": None}),
        "iat missing": signed(claims(iat=None)),
        "iat as text": signed(claims(iat=str(now()))),
        "lifetime over the cap": signed(claims(exp=now() + 86_401)),
        "exp before iat": signed(claims(iat=now() + 3, exp=now() + 2)),
        "subject missing": signed(claims(sub=None)),
        "subject as number": handmade({"alg": "HS256"}, claims(sub=None) | {"sub": 7}),
        "subject with a quote": signed(claims(sub="ada'; DROP TABLE notes --")),
        "subject empty": signed(claims(sub="")),
        "unknown role": signed(claims(role="root")),
        "role as list": signed(claims(role=["admin"])),
        "two parts": ".".join(signed().split(".")[:2]),
        "four parts": signed() + ".x",
        "not base64": "a.b.c",
        "payload a list": handmade({"alg": "HS256"}, [1, 2]),
        "payload not JSON": handmade({"alg": "HS256"}, "nonsense"),
        "header deep": handmade('{"alg":' + "[" * 3_000 + "]" * 3_000 + "}", claims()),
        "nine kilobytes": signed(claims(extra="x" * 9_000)),
        "not ASCII": "ünïcode.ünïcode.ünïcode",
    }


async def test_a_handmade_token_without_an_attack_passes(client):
    for good in (handmade({"alg": "HS256"}, claims()), signed(), signed(claims(role=None))):
        answer = await client.get("/api/me", headers={"Authorization": f"bearer {good}"})
        assert answer.status_code == 200


async def test_an_attack_on_a_token_gets_401_token_invalid(client):
    for name, attack in attacks().items():
        header = {"Authorization": f"Bearer {attack}".encode()}
        answer = await client.get("/api/me", headers=header)
        assert answer.status_code == 401, name
        assert answer.json()["error"]["code"] == "TOKEN_INVALID", name
        assert "invalid_token" in answer.headers["www-authenticate"], name


async def test_kid_chooses_nothing_with_a_shared_secret(client):
    for kid in ("../../etc/passwd", "' OR 1=1 --", "https://attacker.example/k", "", "a\0b"):
        other = jwt.encode(claims(), "another-secret-that-is-32-bytes-long", "HS256", {"kid": kid})
        answer = await client.get("/api/me", headers={"Authorization": f"Bearer {other}"})
        assert answer.status_code == 401, kid


async def test_another_authorization_is_not_a_token(client):
    for value in ("Basic YTpi", "Bearer", "Bearer ", "token", "Bearer a b"):
        answer = await client.get("/api/me", headers={"Authorization": value})
        assert answer.json()["error"]["code"] == "TOKEN_INVALID", value


async def test_two_authorization_headers_are_refused(client, token):
    pair = [("Authorization", f"Bearer {token()}"), ("Authorization", f"Bearer {token('bob')}")]
    answer = await client.get("/api/me", headers=httpx.Headers(pair))
    assert answer.json()["error"]["code"] == "TOKEN_INVALID"


async def test_a_token_in_the_url_is_no_token(client, token):
    answer = await client.get(f"/api/me?token={token()}&access_token={token()}")
    assert answer.json()["error"]["code"] == "UNAUTHENTICATED"


async def test_the_cookie_opens_streams_only(client, token):
    cookie = {"Cookie": f"jobfinders_session={token()}"}
    read = await client.get("/api/me", headers=cookie)
    assert read.json()["error"]["code"] == "UNAUTHENTICATED"
    write = await client.post("/api/me/revoke", headers=cookie)
    assert write.json()["error"]["code"] == "UNAUTHENTICATED"


async def test_a_route_that_does_not_exist_needs_a_token_too(client, bearer):
    assert (await client.get("/api/nothing")).status_code == 401
    assert (await client.get("/api/nothing", headers=bearer())).status_code == 404


def settings_with(**changes: object) -> Settings:
    return Settings(jwt_secret=SecretStr(JWT_SECRET), **changes)


def key_set() -> KeySet:
    keys = KeySet("http://localhost/unused", "RS256")
    keys.load(json.dumps({"keys": [JWK | {"kid": "one", "use": "sig"}]}).encode())
    return keys


def test_a_key_set_verifies_its_own_and_no_other():
    verifier = Verifier(settings_with(jwt_algorithm="RS256"), key_set())
    good = jwt.encode(claims(), RSA, "RS256", {"kid": "one"})
    assert verifier.verify(good).role is Role.USER
    strange = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for bad in (
        jwt.encode(claims(), strange, "RS256", {"kid": "one"}),
        jwt.encode(claims(), RSA, "RS256", {"kid": "two"}),
        jwt.encode(claims(), RSA, "RS256"),
        jwt.encode(claims(), RSA, "RS256", {"kid": "../one"}),
        handmade({"alg": "HS256", "kid": "one"}, claims(), key=PUBLIC.decode()),
        handmade({"alg": "RS256", "kid": "one"}, claims(), key=PUBLIC.decode()),
    ):
        with pytest.raises(TokenInvalid):
            verifier.verify(bad)


def test_a_key_set_takes_only_signing_keys_of_the_pinned_kind():
    keys = KeySet("http://localhost/unused", "RS256")
    oct_key = {"kty": "oct", "kid": "oct", "k": part("secret")}
    for_encryption = JWK | {"kid": "enc", "use": "enc"}
    other = JWK | {"kid": "ps", "alg": "PS256"}
    keys.load(json.dumps({"keys": [oct_key, for_encryption, other]}).encode())
    for kid in ("oct", "enc", "ps", None):
        with pytest.raises(TokenInvalid):
            keys.find(kid)


@pytest.mark.parametrize(
    "changes",
    [
        {"jwt_secret": SecretStr("short"), "jwt_issuer": "https://id.example"},
        {"jwt_secret": SecretStr("x" * 31), "jwt_issuer": "https://id.example"},
        {"environment": "production", "jwt_secret": SecretStr(JWT_SECRET)},
        {"environment": "production", "jwt_issuer": "https://id.example"},
        {"jwt_algorithm": "RS256"},
        {
            "environment": "production",
            "jwt_issuer": "https://id.example",
            "jwt_algorithm": "RS256",
            "jwt_jwks_url": "http://id.example/keys",
        },
        {"jwt_algorithm": "RS256", "jwt_jwks_url": "file:///etc/passwd"},
    ],
)
def test_unsafe_settings_refuse_to_boot(tmp_path, changes):
    with pytest.raises(ConfigurationError):
        keys_of(Settings(data=tmp_path, **changes))


def test_the_development_secret_is_made_once_and_is_private(tmp_path):
    settings = Settings(data=tmp_path / "data")
    first, second = keys_of(settings), keys_of(settings)
    assert isinstance(first, SharedSecret)
    assert first.find(None) == second.find(None)
    assert settings.secret_file.stat().st_mode & 0o777 == 0o600
    assert len(list(settings.data.iterdir())) == 1
