"""A comparison with many values at once finds what `IN` finds, on either database."""

import random

import pytest

from central.among import among
from central.campus.models import Account, Binding

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", range(5))
def test_among_finds_what_in_finds(campus, seed):
    drawn = random.Random(seed)
    codes = sorted(Account.objects.values_list("code", flat=True))
    some = [*drawn.sample(codes, drawn.randrange(1, len(codes))), "nobody", "1-301.1' OR '1'='1", 'a"b,{}\\']
    ids = list(Account.objects.filter(code__in=some).values_list("pk", flat=True))

    def found(rows):
        return sorted(rows.values_list("pk", flat=True))

    assert found(Account.objects.filter(among("code", some))) == found(Account.objects.filter(code__in=some))
    by_path = Binding.objects.filter(among("account__code", some))
    assert found(by_path) == found(Binding.objects.filter(account__code__in=some))
    assert found(Binding.objects.filter(among("account", ids))) == found(by_path)
    assert found(Binding.objects.exclude(among("account", ids))) == found(
        Binding.objects.exclude(account__in=ids)
    )
    either = among("pk", ids[:1]) | among("pays_from", ids)
    assert found(Account.objects.filter(either)) == ids[:1]


def test_nothing_is_among_nothing(campus):
    assert not Account.objects.filter(among("code", [])).exists()
    assert Account.objects.exclude(among("code", [])).count() == Account.objects.count()
