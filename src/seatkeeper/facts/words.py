"""Paths and clauses in words that both doors use. Pure."""

from collections.abc import Mapping
from typing import Any


def short_path(path: str) -> str:
    """Return an attribute path without the schema's URN in front of it."""
    return path.rpartition(":")[2] if path.startswith("urn:") else path


def clause_text(clause: Mapping[str, Any]) -> str:
    """Return one clause of a scoping filter with the actual value, in one line."""
    negated = clause.get("negated", False)
    words = [
        "not" if negated else "",
        f"member of {clause['member_of']}" if "member_of" in clause else clause["attribute"],
        clause.get("operator", ""),
        " or ".join(clause.get("wanted", [])),
    ]
    passed = "passes" if clause["passed"] is not negated else "fails"
    return f"{' '.join(one for one in words if one)}: {clause['actual']} ({passed})"
