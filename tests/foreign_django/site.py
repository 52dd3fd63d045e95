"""Set the site up; ``application`` is what a WSGI server serves. Reads the environment."""

import os

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

HERE = "tests.foreign_django"
DURABLE = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    APPEND_SLASH=False,
    AUTH_USER_MODEL="foreign_django.User",
    BEARER_TOKEN=os.environ["FOREIGN_TOKEN"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["FOREIGN_FILE"],
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "init_command": DURABLE,
                "timeout": 30,
                "transaction_mode": "IMMEDIATE",
            },
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django_scim", HERE],
    LOGGING_CONFIG=None,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware", f"{HERE}.parts.bearer"],
    ROOT_URLCONF=f"{HERE}.urls",
    SCIM_SERVICE_PROVIDER={
        "NETLOC": "127.0.0.1",
        "SCHEME": "http",
        "AUTHENTICATION_SCHEMES": [{"type": "oauthbearertoken", "name": "Bearer"}],
        "BASE_LOCATION_GETTER": f"{HERE}.parts.location",
        "GROUP_MODEL": f"{HERE}.models.Group",
        "USER_FILTER_PARSER": f"{HERE}.parts.UserFilters",
        "GROUP_FILTER_PARSER": f"{HERE}.parts.GroupFilters",
    },
    SECRET_KEY="a site that lives for a test",
    USE_TZ=True,
)


def make_tables() -> None:
    """Create the file and its tables."""
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)


application = get_wsgi_application()
