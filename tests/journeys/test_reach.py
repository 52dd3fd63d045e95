"""From where the server is reached: encrypted, through a trusted proxy, under its own names."""

import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.console_visitor import ANA, choose_passphrase, link_for
from tests.journeys.company import Company
from tests.journeys.test_inbound import served

from seatkeeper.clock import utc_now
from seatkeeper.console.guard import STRICT

pytestmark = pytest.mark.journey

HSTS = "strict-transport-security"
FROM_AFAR = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}


def certificate_in(folder: Path, *, other_key: bool = False) -> tuple[Path, Path]:
    """Write a certificate of this machine, which signs itself, and a key; return both files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names: list[x509.GeneralName] = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(utc_now() - dt.timedelta(days=1))
        .not_valid_after(utc_now() + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    if other_key:
        key = ec.generate_private_key(ec.SECP256R1())
    chain, key_file = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return chain, key_file


@asynccontextmanager
async def opened(company: Company, **settings: str) -> AsyncIterator[str]:
    """Serve the company's installation with these settings; yield the site's address."""
    await company.restarted(**settings)
    async with served(company) as url:
        yield url.removesuffix("/scim/v2")


async def test_with_a_certificate_the_way_is_encrypted_and_stays_so(
    company: Company, tmp_path: Path
) -> None:
    chain, key = certificate_in(tmp_path)
    trust = ssl.create_default_context(cafile=str(chain))
    async with opened(company, tls_certificate=str(chain), tls_key=str(key)) as site:
        async with httpx.AsyncClient(base_url=site, verify=trust) as browser:
            welcome = await choose_passphrase(browser, link_for(company.opened))
            home = await browser.get("/settings")
            missing = await browser.get("/nothing")

    assert site.startswith("https://")
    assert welcome.headers["set-cookie"].startswith("__Host-seatkeeper=")
    assert home.status_code == 200
    assert [one.headers[HSTS] for one in (welcome, home, missing)] == [STRICT] * 3


async def test_a_trusted_proxy_says_who_comes_and_how(company: Company) -> None:
    async with opened(company, trusted_proxies="127.0.0.1") as site:
        async with httpx.AsyncClient(base_url=site, headers=FROM_AFAR) as browser:
            welcome = await choose_passphrase(browser, link_for(company.opened))
    ana = company.opened.administrators.by_email(ANA)
    [session] = company.opened.sign_ins.sessions_of(ana.id, utc_now())

    assert welcome.headers["set-cookie"].startswith("__Host-seatkeeper=")
    assert welcome.headers[HSTS] == STRICT
    assert session.address == "192.0.2.7"


async def test_nobody_else_is_believed_in_who_they_are(company: Company) -> None:
    async with opened(company) as site:
        async with httpx.AsyncClient(base_url=site, headers=FROM_AFAR) as browser:
            welcome = await choose_passphrase(browser, link_for(company.opened))
    ana = company.opened.administrators.by_email(ANA)
    [session] = company.opened.sign_ins.sessions_of(ana.id, utc_now())

    assert HSTS not in welcome.headers
    assert session.address == "127.0.0.1"


async def test_what_comes_unencrypted_from_another_machine_is_not_looked_at(
    company: Company,
) -> None:
    plain = {**FROM_AFAR, "X-Forwarded-Proto": "http"}
    async with opened(company, trusted_proxies="127.0.0.0/8") as site:
        async with httpx.AsyncClient(base_url=site, headers=plain) as browser:
            answers = [await browser.get(path) for path in ("/sign-in", "/scim/v2/Users")]
            alive = await browser.get("/healthz")

    assert [one.status_code for one in answers] == [403, 403]
    assert "came unencrypted" in answers[0].text
    assert alive.status_code == 200


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("seatkeeper.larkspur.example", 303),
        ("console.larkspur.example:8443", 303),
        ("evil.example", 421),
    ],
)
async def test_only_its_own_names_are_answered(host: str, code: int, company: Company) -> None:
    async with opened(
        company,
        public_url="https://seatkeeper.larkspur.example",
        allowed_hosts="console.larkspur.example",
    ) as site:
        async with httpx.AsyncClient(base_url=site, headers={"Host": host}) as browser:
            answer = await browser.get("/")

    assert answer.status_code == code
