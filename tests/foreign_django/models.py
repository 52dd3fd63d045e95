"""The people and groups of the site; the fields are those that django-scim2's adapters read."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models.functions import Upper
from django.utils import timezone
from django_scim.models import AbstractSCIMGroupMixin, AbstractSCIMUserMixin


class Group(AbstractSCIMGroupMixin):  # type: ignore[misc]
    name = models.CharField(max_length=254, unique=True)


class User(AbstractSCIMUserMixin, AbstractBaseUser):  # type: ignore[misc]
    username = models.CharField(max_length=254)
    first_name = models.CharField(max_length=254, default="")
    last_name = models.CharField(max_length=254, default="")
    email = models.CharField(max_length=254, default="")
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)
    scim_groups = models.ManyToManyField(Group, related_name="user_set")

    USERNAME_FIELD = "username"

    class Meta:
        # Its filters compare UPPER(username); without this index each would read all rows.
        constraints = (models.UniqueConstraint(Upper("username"), name="username_once"),)
