"""What something belongs to, as the pages of the workshop say it: `fault:12` leads to that fault."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from central.workshop.stock.sources import source_words

register = template.Library()


@register.filter
def source_link(source: str) -> SafeString | str:
    """Give a source's words, with the link to its page where it has one; what people typed stays as it is."""
    words, page = source_words(source)
    return format_html('<a href="{}">{}</a>', page, words) if page else words
