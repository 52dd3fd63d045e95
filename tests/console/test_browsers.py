"""A session says which browser it is in, in words."""

import pytest

from seatkeeper.console.browsers import browser_words

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) {} Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (CHROME.format("Chrome/156.0.0.0"), "Chrome on Linux"),
        (CHROME.format("HeadlessChrome/156.0.0.0"), "Chrome on Linux"),
        (CHROME.format("Chrome/156.0.0.0") + " Edg/156.0", "Edge on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "unknown browser"),
        ("<img src=x>\u202e", "<img src=x>⟨U+202E⟩"),
    ],
)
def test_a_browser_is_named_where_it_is_known(agent: str, words: str) -> None:
    assert browser_words(agent) == words
