"""Plain text: what stands in a cell, made comparable without changing what it says."""

from __future__ import annotations

from sqlglot import exp

from kinfolk.expressions.template import fill, let

# Letters, digits and signs that need no normalisation: already NFC, no spaces, no invisible characters.
_SIGNS = (
    r"!-~\x{A1}-\x{AC}\x{AE}-\x{24F}\x{388}-\x{3FF}\x{400}-\x{482}"
    r"\x{3041}-\x{3094}\x{30A1}-\x{30FA}\x{4E00}-\x{9FFF}\x{AC00}-\x{D7A3}"
)
PLAIN_TEXT = f"[{_SIGNS}]+(?: [{_SIGNS}]+)*"
_PLAIN_SPACED = f"[ {_SIGNS}]*"

_INVISIBLE = r"[\x{0}-\x{8}\x{E}-\x{1F}\x{7F}-\x{84}\x{86}-\x{9F}\p{Cf}\x{34F}\x{FE00}-\x{FE0F}]+"
_SPACE = r"[\s\x{B}\x{85}\p{Z}]+"

_EMPTY = r"[\s\p{Z}\p{Cc}\p{Cf}\x{34F}\x{FE00}-\x{FE0F}]*"

# Signs of "no value" that are no word of any language.
_NO_WORD = (
    r"[-–—_.?*\\/ ]+|n/a|#n/a|n\.a\.|n\.v\.|k\.a\.|<na>|\(?(?:blank|empty)\)|[<(\[](?:null|none|unknown|n/a)[>)\]]"
    r"|\\n|#null!|#ref!|#value!|#name\?|unknown|undefined|not available|not provided|not applicable|not known"
)
_PLACEHOLDER = rf"(?i){_EMPTY}(?:na|nan|nil|none|null|unbekannt|inconnu|desconocido|" + _NO_WORD + r")?" + _EMPTY
_NAME_PLACEHOLDER = rf"(?i){_EMPTY}(?:" + _NO_WORD + r")?" + _EMPTY


def blank(value: exp.Expression) -> exp.Expression:
    """Whether a cell holds no value: empty, spaces, or a placeholder such as n/a, null, none, unknown, - or ?.

    A blank cell is no failure: its standard is NULL and it is not listed as unreadable.
    """
    return let(value, "$it IS NULL OR regexp_full_match($it, $pattern)", pattern=_PLACEHOLDER)


def blank_name(value: exp.Expression) -> exp.Expression:
    """As `blank`, but Na, Nan, Nil, None and Null are taken for what they also are: names of people."""
    return let(value, "$it IS NULL OR regexp_full_match($it, $pattern)", pattern=_NAME_PLACEHOLDER)


def clean(value: exp.Expression) -> exp.Expression:
    """The text in Unicode NFC, trimmed, inner spaces single, without control and zero-width characters."""
    return let(
        value,
        """CASE WHEN regexp_full_match($it, $plain) THEN $it
                WHEN regexp_full_match($it, $spaced) THEN trim(regexp_replace($it, ' +', ' ', 'g')) ELSE $slow END""",
        plain=PLAIN_TEXT,
        spaced=_PLAIN_SPACED,
        slow=_cleaned,
    )


def _cleaned(value: exp.Expression) -> exp.Expression:
    visible = fill("nfc_normalize(regexp_replace($value, $invisible, '', 'g'))", value=value, invisible=_INVISIBLE)
    return fill("trim(regexp_replace($visible, $space, ' ', 'g'))", visible=visible, space=_SPACE)


def text(value: exp.Expression) -> exp.Expression:
    """The cleaned text, or NULL where the cell is blank."""
    return let(clean(value), "CASE WHEN NOT $blank THEN $it END", blank=blank)


def word(value: exp.Expression) -> exp.Expression:
    """The cleaned text in lower case, to be looked up."""
    return let(
        value,
        """CASE WHEN regexp_full_match($it, '[a-z0-9]+') THEN $it WHEN regexp_full_match($it, '[A-Za-z0-9]+')
                THEN lower($it) ELSE nfc_normalize(lower($text)) END""",
        text=clean,
    )


def identifier(value: exp.Expression) -> exp.Expression:
    """An id as it stands, cleaned; NULL where a spreadsheet turned its digits into an exponent (4.91E+12)."""
    return let(
        clean(value),
        "CASE WHEN NOT regexp_full_match($it, '[0-9][.,][0-9]+[eE][+][0-9]+') AND NOT $blank THEN $it END",
        blank=blank,
    )


def domain(value: exp.Expression) -> exp.Expression:
    """An internet domain, lower case, taken out of a URL or an e-mail address, without a leading www."""
    return let(
        value,
        "CASE WHEN regexp_full_match($it, $usual) AND NOT starts_with($it, 'www') THEN $it ELSE $slow END",
        usual=USUAL_DOMAIN,
        slow=_host,
    )


def _host(value: exp.Expression) -> exp.Expression:
    host = fill(
        r"regexp_replace(regexp_replace(lower($text), $before, ''), '[.]*(?:[/:?#].*)?$', '')",
        text=clean(value),
        before=r"^(?:[a-z][a-z0-9+.-]*://|mailto:|//)?(?:[^/@]*@)?(?:www\d?\.)?",
    )
    return let(host, "CASE WHEN regexp_full_match($it, $shape) THEN $it END", shape=DOMAIN)


# Letters and digits by what they are not: classes such as \pL take DuckDB milliseconds to compile (see email.py).
_LETTER = r"[^\x{0}-/:-@\[-`{-\x{BF}]"
_NO_LETTER = r"\x{0}-/:-@\[-`{-\x{BF}"
_LABEL = _LETTER + r"(?:[^\x{0}-,./:-@\[-^`{-\x{BF}]*" + _LETTER + ")?"
DOMAIN = r"(?:" + _LABEL + r"\.)+(?:[^0-9" + _NO_LETTER + r"]{2,}|xn--[a-z0-9-]+)"
USUAL_DOMAIN = r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}"
