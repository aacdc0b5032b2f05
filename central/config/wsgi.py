"""The web server's entry point."""

import os

from django.core.wsgi import get_wsgi_application

from central.config.web_pulse import Counted

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "central.config.settings")
application = Counted(get_wsgi_application())
