"""Numbers as people read them: one request, two requests.

Beside the walk: every room that speaks to people uses it. Pure; it decides
nothing but the ending of a word.
"""


def number_of(count: int, one: str, many: str = "") -> str:
    """Return ``count`` with its word: ``1 request``, ``1,200 requests``, ``0 people``.

    ``many`` is given where it is not ``one`` with an s.
    """
    word = one if count == 1 else many or f"{one}s"
    return f"{count:,} {word}"
