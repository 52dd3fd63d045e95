"""Seatkeeper keeps the accounts in your apps in step with your directory."""

__version__ = "0.1.0"
