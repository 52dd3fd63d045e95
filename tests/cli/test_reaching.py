"""Beyond loopback only what is encrypted; a setting that cannot be is named before the start."""

from pathlib import Path

import pytest
from tests.journeys.test_reach import certificate_in

from seatkeeper.cli.reaching import reach_of
from seatkeeper.errors import BadInput
from seatkeeper.settings import Settings

PUBLIC = "https://seatkeeper.larkspur.example"


def test_on_loopback_nothing_is_needed() -> None:
    reach = reach_of(Settings(), "127.0.0.1")

    assert (reach.certificate, reach.proxies) == (None, ())


def test_beyond_loopback_a_certificate_or_a_proxy_with_one_is_needed(tmp_path: Path) -> None:
    chain, key = certificate_in(tmp_path)
    own = Settings(tls_certificate=str(chain), tls_key=str(key))
    behind = Settings(trusted_proxies="10.0.0.5, 10.1.0.0/16", public_url=PUBLIC)

    assert reach_of(own, "0.0.0.0").certificate is not None
    assert reach_of(behind, "0.0.0.0").proxies == ("10.0.0.5/32", "10.1.0.0/16")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (Settings(), "read passphrases"),
        (Settings(public_url=PUBLIC), "read passphrases"),
        (Settings(trusted_proxies="10.0.0.5"), "read passphrases"),
        (Settings(trusted_proxies="proxy.example"), "no address or network"),
        (Settings(public_url="seatkeeper.example"), "not an address of a server"),
        (Settings(tls_certificate="chain.pem"), "needs its key"),
        (Settings(tls_certificate="/no/chain", tls_key="/no/key"), "cannot be used"),
        (Settings(trusted_proxies="::1", public_url=PUBLIC, allowed_hosts="a b"), "not a host"),
    ],
)
def test_what_cannot_be_is_said_before_anything_listens(settings: Settings, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        reach_of(settings, "0.0.0.0")


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    chain, key = certificate_in(tmp_path, other_key=True)

    with pytest.raises(BadInput, match="cannot be used as certificate and key"):
        reach_of(Settings(tls_certificate=str(chain), tls_key=str(key)), "127.0.0.1")
