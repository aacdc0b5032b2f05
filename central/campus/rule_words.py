"""The words for what is wrong with a gateway's rules. The gateway's own sentences are English: those known are said in the reader's
language, one that is not is shown as it came."""

import re

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from central.domain.rule_json import RuleFault, RuleMistake

FORMS = {
    RuleFault.NOT_THE_FORM: _("{where} can't be read: {detail}"),
    RuleFault.UNKNOWN_NAME: _("{where}: no gateway knows “{detail}”; check how it is spelt"),
    RuleFault.BROKEN_RULE: _("{where}: {detail}"),
}
THINGS: dict[str, Promise] = {
    "account": _("account {name}"),
    "binding": _("tie {name}"),
    "price": _("price {name}"),
    "calendar": _("calendar {name}"),
    "group": _("group {name}"),
    "class": _("class {name}"),
    "point": _("metering point {name}"),
    "building": _("building {name}"),
    "clocks": _("the meters' clocks"),
}
SENTENCES: dict[str, Promise] = {
    "a window's days are 1 to 7": _("a window's days are 1 to 7"),
    "a window lies outside the day": _("a window lies outside the day"),
    "no place on earth has this offset from UTC": _("no place on earth has this offset from UTC"),
    "its steps don't rise from above zero": _("its steps don't rise from above zero"),
    "a step lowers the price": _("a step lowers the price"),
    "a unit is neither yuan nor kwh": _("a unit is neither yuan nor kwh"),
    "a bucket is listed twice": _("a bucket is listed twice"),
    "a leeway is below zero": _("a leeway is below zero"),
    "its estimate is below zero": _("its estimate is below zero"),
    "a power rule acts on a single reading": _("a power rule acts on a single reading"),
    "a power rule's restoring is below zero": _("a power rule's restoring is below zero"),
    "the night cap has no night": _("the night cap has no night"),
    "the power step is not above zero": _("the power step is not above zero"),
    "the overdraft is below zero": _("the overdraft is below zero"),
    "the warning levels don't fall": _("the warning levels don't fall"),
    "the greatest power is not above zero": _("the greatest power is not above zero"),
    "a meter is listed twice": _("a meter is listed twice"),
    "nothing is counted behind the master": _("nothing is counted behind the master"),
    "a number is below zero": _("a number is below zero"),
}
NAMING: dict[re.Pattern[str], Promise] = {
    re.compile(r"(?:account|binding|price) (.+) is listed twice"): _("{name} is listed twice"),
    re.compile(r"(?:price )?(.+) is below zero"): _("price {name} is below zero"),
    re.compile(r"group (.+) is counted behind itself"): _("group {name} is counted behind itself"),
    re.compile(r"there is no account (.+)"): _("there is no account {name}"),
    re.compile(r"there is no bucket named (.+)"): _("there is no bucket named {name}"),
    re.compile(r"there is no group (.+)"): _("there is no group {name}"),
    re.compile(r"there is no calendar (.+)"): _("there is no calendar {name}"),
    re.compile(r"there is no hour (.+)"): _("there is no hour {name}; use 0 to 23"),
    re.compile(r"meters that are off by (.+) s can't be told; .*"): _(
        "meters that are off by {name} s can't be told the time; use 1 to 300"
    ),
    re.compile(r"account (.+) pays from (?P<payer>.+), but (?P<other>.+) is not prepaid"): _(
        "account {name} pays from {payer}, but {other} is not prepaid"
    ),
    re.compile(r"tariff (.+) has no price"): _("tariff {name} has no price"),
    re.compile(r"(.+): use 1-64 letters.*"): _("{name} can't be a code"),
}


def mistake_words(mistake: RuleMistake) -> str:
    """Say one mistake in the reader's language: where it stands, and what it is."""
    broken = mistake.fault is RuleFault.BROKEN_RULE
    detail = sentence_words(mistake.detail) if broken else mistake.detail
    return str(FORMS[mistake.fault]).format(where=_thing(mistake.where), detail=detail)


def sentence_words(sentence: str) -> str:
    """Say a gateway's sentence about a configuration: a thing, a colon, and what is wrong with it; or all in one."""
    head, colon, tail = sentence.partition(": ")
    if not colon:
        return _clause(sentence)
    return gettext("{thing}: {clause}").format(thing=_thing(head), clause=_clause(tail))


def _thing(text: str) -> str:
    word, _space, name = text.partition(" ")
    return str(THINGS[word]).format(name=name) if word in THINGS else text


def _clause(text: str) -> str:
    if text in SENTENCES:
        return str(SENTENCES[text])
    for pattern, words in NAMING.items():
        if found := pattern.fullmatch(text):
            return str(words).format(name=found[1], **found.groupdict())
    return text
