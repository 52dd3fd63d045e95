"""The worlds of the engine's tests serve the promises, too."""

from tests.engine.conftest import any_world, world

__all__ = ["any_world", "world"]
