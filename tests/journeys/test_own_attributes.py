"""An attribute that only this organisation's app knows is filled like any other."""

import pytest
from tests.journeys.company import Company

pytestmark = pytest.mark.journey

OWN = "urn:ietf:params:scim:schemas:extension:larkspur:2.0:User"
MORE = f"""\
attributes:
  users:
    - {{path: '{OWN}:costCentre', case_exact: true}}
    - {{path: nickName}}
mappings:
  users:
    - {{target: '{OWN}:costCentre', attribute: costCenter}}
    - {{target: nickName, attribute: givenName, applies: on_create}}
"""


async def test_an_attribute_of_ones_own_reaches_the_app_with_its_schema(company: Company) -> None:
    await company.person("ada", costCenter="k-7")
    await company.connect(people=["ada"], more=MORE)

    await company.run()

    [created] = [one for one in await company.requests_since() if one.method == "POST"]
    assert created.sent[OWN] == {"costCentre": "k-7"}
    assert created.sent["nickName"] == "Ada"
    assert OWN in created.sent["schemas"]
