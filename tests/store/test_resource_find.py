"""What is found of a SCIM service's resources: always exactly what the filter means."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from tests.gallery_apps import gallery_app
from tests.resource_stores import file, place
from tests.service_provider.model import Model, numbered_ids
