"""Django's settings, made from Kalkan's one table of settings.

Promises that importing writes nothing: the secret key is made at its first use. Never holds a choice that a person
could want to make elsewhere than in :data:`kalkan.config.SETTINGS`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from django.utils.functional import SimpleLazyObject

from kalkan.config import Config, load
from kalkan.desk.keys import hosts_of, kept_secret, postgres

CONFIG: Config = load(os.environ)
DESK = Path(__file__).parent

SECRET_KEY = cast(str, SimpleLazyObject(lambda: CONFIG.secret_key or kept_secret(CONFIG.data / "secret_key")))
DEBUG = False

_public = urlsplit(CONFIG.public_url)
_https = _public.scheme == "https"
ALLOWED_HOSTS = hosts_of(CONFIG.host, _public.hostname)
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"] if _public.netloc else []
if _https:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_htmx",
    "kalkan.desk",
]
MIDDLEWARE = [
    "kalkan.desk.middleware.Headers",
    "django.middleware.security.SecurityMiddleware",
    "kalkan.desk.middleware.Static",
    "kalkan.desk.leads_going.Going",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "kalkan.desk.middleware.DemoSignIn",
    "kalkan.desk.middleware.Sessions",
    "kalkan.desk.middleware.Tongue",
    "kalkan.desk.middleware.FirstRun",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "kalkan.desk.middleware.Faults",
]
ROOT_URLCONF = "kalkan.desk.urls"
ASGI_APPLICATION = "kalkan.desk.asgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": ["django.template.context_processors.request", "kalkan.desk.context.desk"],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "kalkan.desk.templatetags.desk"],
        },
    }
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": postgres(CONFIG.database)
    if CONFIG.database
    else {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": CONFIG.data / "desk.sqlite3",
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "desk.Person"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "today"

SESSION_COOKIE_NAME = "kalkan_session"
WHITENOISE_ALLOW_ALL_ORIGINS = False
SESSION_COOKIE_AGE = 30 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _https
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "kalkan_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "kalkan.desk.views.faults.stale"
LANGUAGE_COOKIE_NAME = "kalkan_lang"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1 << 20

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("tr", "Türkçe")]
LOCALE_PATHS = [DESK / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 24 * 3600  # addresses carry the version, so a new release is seen at once

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False}},
}
