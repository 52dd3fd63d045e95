"""The service's address, as django-scim2's documentation has it."""

from django.urls import include, path

urlpatterns = [path("scim/v2/", include("django_scim.urls"))]
