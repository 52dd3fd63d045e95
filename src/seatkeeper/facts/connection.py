"""One line of a connection test, as ``test-connection --verbose --json`` prints it.

Between the engine and the doors; it decides nothing.
"""

from collections.abc import Mapping

from seatkeeper.provisioning.connection import ConnectionCheck


def check_plain(check: ConnectionCheck) -> Mapping[str, object]:
    """Return a line as plain data."""
    return {
        "check": check.name.value,
        "result": check.result.value,
        "needed": check.needed,
        "message": check.words,
        "advice": check.advice,
        "said": check.said,
        "requests": list(check.details),
    }
