"""How log lines are written: what failed and where, and nothing of what was in hand.

Beside the walk. structlog's own renderer shows the local variables of every frame where a
certain library is installed: passphrases, cookies, tokens and people's data among them.
"""

import sys

import structlog


def settle_log_lines() -> None:
    """Write one line for each event, and with an error its plain traceback.

    To the standard error, since what a command answers is read by programs.
    """
    structlog.configure(
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # as it is by then
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=True),
            structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        cache_logger_on_first_use=False,
    )
