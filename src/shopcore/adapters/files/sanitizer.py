"""HTML from outside, made harmless by an allow-list (ammonia, through nh3)."""

import re

import nh3

_TAGS = frozenset(
    "a abbr b blockquote br caption code col colgroup dd del div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img"
    " ins kbd li mark ol p pre q s small span strong sub sup table tbody td tfoot th thead tr u ul".split()
)
_ATTRIBUTES = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # no text needs these, and some readers stop at a NUL
_SCHEMES = {"http", "https", "mailto", "tel"}


class Nh3Sanitizer:
    """Keeps the marks of a text and drops all that could act: scripts, forms, frames, styles, handlers of events."""

    def __init__(self) -> None:
        self._cleaner = nh3.Cleaner(
            tags=set(_TAGS), attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener noreferrer"
        )

    def clean(self, html: str) -> str:
        """See the port."""
        return self._cleaner.clean(_CONTROL.sub("", html)).strip()
