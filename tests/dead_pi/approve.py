"""`python -m tests.dead_pi.approve BUILDING`: an administrator lets the card that waits replace a living gateway."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "central.config.settings")
django.setup()

from central import clock  # noqa: E402
from central.link.enrolment_codes import approve_replacement  # noqa: E402
from central.link.models import EnrolmentCode  # noqa: E402

building = sys.argv[1]
waiting = EnrolmentCode.objects.get(building__code=building).waiting_key
sys.exit(approve_replacement(building, waiting, actor="admin", now_ms=clock.now_ms()) is not None)
