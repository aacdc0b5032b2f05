"""The database column of a part of the gateway's rules: nothing is written that a gateway could not take.

It is JSON, and guards every way of the ORM into it: save, create, update and bulk alike (`campus.rules` is the way in that says
what is wrong; this is the wall behind it).
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from central.domain.rule_json import RuleKind, shape_mistakes


class RuleField(models.JSONField):  # type: ignore[misc, type-arg] # Django's fields are untyped here
    """JSON of one kind of rule. Writing anything else raises ValidationError with every mistake."""

    def __init__(self, kind: RuleKind | None = None, **options: Any) -> None:
        self.kind = kind
        super().__init__(**options)

    def deconstruct(self) -> Any:
        """To the database it is plain JSON: no migration of its own."""
        name, _path, arguments, options = super().deconstruct()
        return name, "django.db.models.JSONField", arguments, options

    def validate(self, value: Any, model_instance: Any) -> None:
        """Check for forms and `full_clean`."""
        super().validate(value, model_instance)
        self._check(value)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Check before anything is written."""
        self._check(value)
        return super().get_db_prep_save(value, connection)

    def _check(self, value: Any) -> None:
        if self.kind is None or hasattr(value, "resolve_expression"):
            return
        found = shape_mistakes(self.kind, value)
        if found:
            raise ValidationError([f"{self.name}: {one.fault.value}: {one.detail}" for one in found])
