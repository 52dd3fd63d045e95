"""What the command line makes of an explanation before it is laid out."""

from tests.provisioning.builders import ada, facts, rules

from seatkeeper.facts.explain import explanation_plain
from seatkeeper.provisioning.condition.model import All, Clause, MemberOf, Not
from seatkeeper.provisioning.explain import explain


def test_every_clause_of_a_filter_is_shown_with_what_the_person_has() -> None:
    keepers = All(
        (
            Clause("department", "EQUALS", ("Lamps", "Harbour")),
            MemberOf("Lighthouse"),
            Not(Clause("jobTitle", "IS NULL")),
        )
    )
    answer = explain(facts(ada(department="Sales")), rules(user_filter=keepers))

    plain = explanation_plain("app", "ada", answer)

    assert isinstance(plain["checks"], list)
    filters = next(one for one in plain["checks"] if one["check"] == "filters")
    assert filters["state"] == "failed"
    assert filters["facts"] == [
        "fails the scoping filter: department is Sales, not Lamps or Harbour",
        "department EQUALS Lamps or Harbour: Sales (fails)",
        "member of Lighthouse: empty (fails)",
        "not jobTitle IS NULL: Engineer (passes)",
    ]
