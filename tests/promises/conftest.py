"""The worlds of the engine's tests serve the promises, too."""

from tests.engine.conftest import any_world, open_app, world

__all__ = ["any_world", "open_app", "world"]
