"""Commands that stay: serve, sandbox, demo."""

import cyclopts


def register(app: cyclopts.App) -> None:
    """Add these commands to the command line."""
