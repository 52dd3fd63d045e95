"""A token in hand: usable, and invisible everywhere else.

Beside the walk, at its last station. It decides nothing about where secrets
are kept (that is the store's); it only makes sure that printing, formatting,
logging or pickling one shows nothing.
"""

from typing import Final, NoReturn

from seatkeeper.errors import InvalidValue

HIDDEN: Final = "•••"


class Secret:
    """A bearer token that prints as ``•••``."""

    __slots__ = ("_text",)

    def __init__(self, value: str | bytes) -> None:
        """Take a token as it was pasted; blanks around it are dropped.

        Raises ``InvalidValue`` (without the token) where it cannot be sent.
        """
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        text = text.strip()
        if not text:
            raise InvalidValue(
                "There is no secret token.", advice="Paste the token that the app issued."
            )
        if not all("!" <= char <= "~" for char in text):
            raise InvalidValue(
                "The secret token holds a blank, a line break or a letter no token has.",
                advice="Copy it again from the app, without quotes and in one piece.",
            )
        self._text = text

    def bearer(self) -> str:
        """Return the value of the ``Authorization`` header; the only way out."""
        return f"Bearer {self._text}"

    def hidden_in(self, text: str) -> str:
        """Return ``text`` with the token, should an app echo it, replaced by ``•••``."""
        return text.replace(self._text, HIDDEN)

    def __repr__(self) -> str:
        return HIDDEN

    def __str__(self) -> str:
        return HIDDEN

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not copied into files")
