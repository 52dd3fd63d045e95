"""An app whose gallery file uses every form of target path, for tests over a real socket."""

from seatkeeper.gallery.schema import GalleryApp, read_app

FIVE = "urn:ietf:params:scim:schemas:extension:Lanternly:2.0:User"
OLD = "urn:scim:schemas:extension:enterprise:1.0"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
TEXT = """
id: lanternly
name: Lanternly
summary: An app with every form of attribute path.
categories: [Test]
base_url: {pattern: "https://{host}/scim/v2", example: "https://lamps.example/scim/v2"}
authentication: {kind: bearer}
capabilities:
  users: {}
  groups: null
groups: null
quirks: QUIRKS
roles:
  - {id: 7f1c0a52-7d3e-4b0e-9a55-000000000001, value: keeper, display_name: Keeper}
  - {id: 7f1c0a52-7d3e-4b0e-9a55-000000000002, value: oiler, display_name: Oiler}
users:
  endpoint: /Users
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User']
  attributes:
    - {path: userName, required: true, unique: true}
    - {path: active, type: boolean}
    - {path: externalId, case_exact: true}
    - {path: title}
    - {path: nickName, case_exact: true}
    - {path: name.givenName}
    - {path: name.familyName}
    - {path: 'emails[type eq "work"].value'}
    - {path: 'emails[type eq "home"]'}
    - {path: 'ims.[type eq "work"].value'}
    - {path: 'phoneNumbers[type eq "mobile"].value'}
    - {path: 'addresses[type eq "work"].streetAddress'}
    - {path: 'addresses[type eq "work"].locality'}
    - {path: 'addresses[type eq "untyped"].formatted'}
    - {path: 'photos[primary eq "True"].value'}
    - {path: 'photos[primary eq "True"].display'}
    - {path: roles, type: complex, multi_valued: true}
    - {path: 'roles[primary eq "True"].value'}
    - {path: 'roles[primary eq "True"].display'}
    - {path: entitlements, type: complex, multi_valued: true}
    - {path: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department'}
    - {path: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager', type: reference}
    - {path: 'urn:scim:schemas:extension:enterprise:1.0.costCenter'}
    - {path: 'urn:ietf:params:scim:schemas:extension:Lanternly:2.0:User:skills', multi_valued: true}
    - {path: 'urn:ietf:params:scim:schemas:extension:Lanternly:2.0:User:level', type: integer}
    - {path: 'urn:ietf:params:scim:schemas:extension:Lanternly:2.0:User:mentor', type: reference}
    - path: 'urn:ietf:params:scim:schemas:extension:Lanternly:2.0:User:badges'
      type: complex
      multi_valued: true
    - {path: 'urn:ietf:params:scim:schemas:extension:Lanternly:2.0:User:since', type: datetime}
    - {path: 'urn:ietf:params:scim:schemas:extension:Lanternly:2.0:User:onCall', type: boolean}
  mappings:
    - {target: userName, attribute: userPrincipalName, matching: 1}
    - {target: active, expression: 'Not([IsSoftDeleted])'}
    - {target: externalId, attribute: objectId}
setup_steps: []
sources: [made up]
"""


def lanternly(*quirks: str) -> GalleryApp:
    """Return the app, with these quirks."""
    return read_app("lanternly.yaml", TEXT.replace("QUIRKS", f"[{', '.join(quirks)}]"))
