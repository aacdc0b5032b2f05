"""The web server's entry point."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from central.config.lasting import keep_lasting
from central.config.web_pulse import Counted

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "central.config.settings")
application = Counted(get_wsgi_application())

get_resolver().url_patterns  # noqa: B018 - reading it loads every page's code
keep_lasting()
