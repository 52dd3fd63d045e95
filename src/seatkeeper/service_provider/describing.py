"""How one app's service describes itself: exactly what its gallery file allows (RFC 7644 4).

A door in, beside the walk. Descriptions are not searched: a filter on them is
refused, so that nobody takes the whole for a selection.
"""

from collections.abc import Mapping

from seatkeeper.scim.bulk import MOST_OPERATIONS
from seatkeeper.scim.discovery import Features, provider_config_body, resource_type_body
from seatkeeper.scim.errors import NotThere, ScimError
from seatkeeper.scim.messages import Resource, list_response
from seatkeeper.scim.names import is_core
from seatkeeper.scim.schema import Schema
from seatkeeper.scim.schema_message import schema_body
from seatkeeper.service_provider.call import Call
from seatkeeper.service_provider.lists import CURSOR_SECONDS
from seatkeeper.service_provider.profile import Profile
from seatkeeper.service_provider.wire import LARGEST_BODY, Answer, options_or_refusal

CONFIG, SCHEMAS, TYPES = "ServiceProviderConfig", "Schemas", "ResourceTypes"


class Describing:
    """Answers what is asked about one app's service itself."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    def answer(self, call: Call) -> Answer | None:
        """Answer a call about the service, or none where the path is about something else."""
        head, *rest = call.parts or ("",)
        if head not in (CONFIG, SCHEMAS, TYPES) or len(rest) > 1:
            return None
        if call.method != "GET":
            return options_or_refusal(call.method, "GET", "HEAD")
        if "filter" in call.query:
            raise ScimError(403, "", "Descriptions are not filtered. Ask without a filter.")
        if head == CONFIG:
            return None if rest else Answer(200, self._config(call))
        found = self._schema_bodies(call) if head == SCHEMAS else self._type_bodies(call)
        if not rest:
            return Answer(200, list_response(list(found.values())))
        wanted = rest[0].casefold()
        one = next((body for name, body in found.items() if name.casefold() == wanted), None)
        if one is None:
            raise NotThere(f"{head} has nothing by that name.")
        return Answer(200, one)

    def _config(self, call: Call) -> Resource:
        profile = self._profile
        features = Features(
            profile.rules.largest_page,
            profile.page_size,
            bulk_operations=MOST_OPERATIONS if profile.takes_bulk else 0,
            bulk_bytes=LARGEST_BODY if profile.takes_bulk else 0,
            cursor_seconds=CURSOR_SECONDS,
            sorts=True,
            tags_versions=True,
            patches=profile.rules.patches and any(kind.may_update for kind in profile.kinds),
            filters=profile.rules.filters_at_all,
        )
        return provider_config_body(features, call.base)

    def _schema_bodies(self, call: Call) -> Mapping[str, Resource]:
        return {one.id: _schema(one, call) for one in self._schemas()}

    def _type_bodies(self, call: Call) -> Mapping[str, Resource]:
        return {
            kind.name: resource_type_body(kind.name, kind.endpoint, kind.schema, call.base)
            for kind in self._profile.kinds
        }

    def _schemas(self) -> list[Schema]:
        schemas = [kind.described for kind in self._profile.kinds]
        return [one for schema in schemas for one in (schema.core, *schema.extensions)]


def _schema(one: Schema, call: Call) -> Resource:
    body = schema_body(one, with_common=is_core(one.id))
    body["meta"] = {"resourceType": "Schema", "location": f"{call.base}/Schemas/{one.id}"}
    return body
