"""Passwords of roles and other secrets of a stack, derived from the superuser's: nothing to store or to pass around.

Every program that knows a superuser's address finds the same ones, so tests that share a cluster with a running stack
set the passwords that are already set.
"""

import hashlib
import hmac
from urllib.parse import urlsplit


def role_password(admin_url: str, role: str) -> str:
    """The password of a service's role in the cluster of this superuser."""
    return derived_secret(admin_url, f"role {role}")


def derived_secret(admin_url: str, purpose: str) -> str:
    """A secret that two parts of this superuser's system share, one per purpose."""
    secret = urlsplit(admin_url).password or ""
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).hexdigest()[:32]


def database_url(admin_url: str, database: str) -> str:
    """The superuser's address of another database of the same cluster."""
    return urlsplit(admin_url)._replace(path=f"/{database}").geturl()
