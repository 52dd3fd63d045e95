"""A site with django-scim2 on an SQLite file, as its documentation sets one up."""
