"""The web server's entry point."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from central.config.web_pulse import Counted

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "central.config.settings")
application = Counted(get_wsgi_application())

# What is loaded stays to the end: to look through all of it for garbage costs a page now and then a fifth of a second.
get_resolver().url_patterns  # noqa: B018 - reading it loads every page's code
gc.freeze()
