"""Django settings with safe defaults: they work with nothing but a data folder (`CARDROOM_DATA`).

Environment: DATABASE_URL (PostgreSQL when SQLite is outgrown: this one setting moves both databases; TELEMETRY_DATABASE_URL puts
telemetry into a database or on a server of its own), REPLICA_DATABASE_URL (a streaming replica, on which reports are read;
TELEMETRY_REPLICA_DATABASE_URL where telemetry is a database of its own), CARDROOM_ALLOWED_HOSTS (names under
which browsers reach this server), CARDROOM_HTTPS=1 (behind a TLS proxy: secure cookies, HSTS), CARDROOM_BENCH_CLOCK,
CARDROOM_SECOND_FACTOR=0 (a demonstration: nobody is asked for a second factor), CARDROOM_ADDRESS (https://host: what links in
notices begin with).
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from central.config import data_folder, databases

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = False
SECRET_KEY = data_folder.secret_key()
UPLOADS_FOLDER = data_folder.folder() / "uploads"
PHOTOS_FOLDER = data_folder.folder() / "photos"
ARCHIVE_FOLDER = data_folder.folder() / "archive"
SIGNING_KEY_FILE = data_folder.folder() / data_folder.SIGNING_KEY_FILE
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "testserver"] + [
    host.strip() for host in os.environ.get("CARDROOM_ALLOWED_HOSTS", "").split(",") if host.strip()
]

INSTALLED_APPS = [
    "central.dashboard",
    "central.reports",
    "central.reports.books",
    "central.reports.k3",
    "central.reports.meetings",
    "central.reports.low_balance",
    "central.reports.bureau",
    "central.reports.schedule",
    "central.reports.archive",
    "central.reports.agreement",
    "central.losses",
    "central.workshop",
    "central.desk",
    "central.desk.resident",
    "central.desk.room_notices",
    "central.papers",
    "central.link",
    "central.link.telemetry",
    "central.link.pulse",
    "central.office",
    "central.ledger",
    "central.campus",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "axes",
    "django_htmx",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "central.config.response_headers.ResponseHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "central.office.language.ChosenLanguage",
    "central.config.body_limit.BodyLimit",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "central.config.plain_input.PlainInput",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "central.office.only_forms.OnlyForms",
    "central.office.idle.IdleSignOut",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "central.config.urls"
WSGI_APPLICATION = "central.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "central.dashboard.top_of_page.top_of_page",
            ],
        },
    },
]

DATABASES, REPLICAS = databases.of_environment(os.environ)
DATABASE_ROUTERS = ["central.config.database_router.DatabaseRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "office.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "central.office.password_rules.LongestPassword"},
    {"NAME": "central.office.password_rules.NotGuessedFirst"},
]
LOGIN_URL = "office:sign-in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_HANDLER = "central.office.sign_in_limits.SignInLimits"
AXES_CLIENT_IP_CALLABLE = "central.office.client_address.counted_address"
"""Behind the proxy the client's own address: else all of them share one lock."""
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "central.office.views.locked_out"
CSRF_FAILURE_VIEW = "central.office.views.csrf_failure"

SECOND_FACTOR = os.environ.get("CARDROOM_SECOND_FACTOR", "1") != "0"
"""Off for a demonstration only: who approves money then signs in with a password alone."""
OTP_TOTP_ISSUER = "cardroom"
IDLE_SIGN_OUT_MINUTES = 20
LONGEST_SESSION_HOURS = 12
FIRST_PASSWORD_DAYS = 7
"""What an administrator handed out and nobody used is no key for whoever finds the slip."""

SITE_ADDRESS = os.environ.get("CARDROOM_ADDRESS", "").rstrip("/")
BEHIND_HTTPS = os.environ.get("CARDROOM_HTTPS") == "1"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = LONGEST_SESSION_HOURS * 3600
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
if BEHIND_HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    """No other host of the domain can set them, and no page without TLS."""
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^gateways/(enrol|renew)/$", r"^metrics"]
    """A gateway proves itself by a code or signs, where it knows no certificate yet; what watches this machine asks on loopback."""
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if not host.startswith("[")]
SILENCED_SYSTEM_CHECKS = ["security.W021"]
"""A host of the campus isn't put on the browsers' public list (HSTS preload): its name would be known to the world."""
DATA_UPLOAD_MAX_MEMORY_SIZE = 20_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 6_000
"""A building's groups of meters, changed over the years, are many rows of one form."""
FILE_UPLOAD_PERMISSIONS = 0o600

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [path for path in [BASE_DIR / "static"] if path.is_dir()]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600
WHITENOISE_ALLOW_ALL_ORIGINS = False

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"central": {"level": os.environ.get("CARDROOM_LOG_LEVEL", "INFO")}},
}
