"""Names of people and companies."""

from __future__ import annotations

from sqlglot import exp

from kinfolk.expressions.casing import Casing, capitalised, repaired
from kinfolk.expressions.template import fill, let
from kinfolk.expressions.text import blank, blank_name, clean

_SMALL_WORDS = "van von der den ter ten zu zum zur vom af av de del della da das dos du la las los y 't dela op"
_SMALL = frozenset(_SMALL_WORDS.split())
_CASING = Casing(_SMALL)
_PARTICLES = sorted(_SMALL | {"di", "bin", "ibn", "el", "al"})

# With and without a dot; "M." needs its dot, for M may be an initial, and Don is a first name.
_TITLE = (
    r"(?:(?:mr|mrs|ms|miss|mx|messrs|dr|drs|prof|professor|sir|dame|rev|reverend|hon|herr|frau|hr|fr|mme|mlle|madame"
    r"|monsieur|mademoiselle|sr|sra|srta|señor|señora|señorita|sig|sig\.ra|signor|signora|dott|dott\.ssa|dr\.ssa"
    r"|dhr|mevr|mw|ing|mag|dipl\.-ing|dr\.-ing|dr\.med|med|ir|senhor|senhora)\. ?|(?:mr|mrs|ms|miss|mx|dr|prof"
    r"|professor|sir|herr|frau|mme|mlle|madame|monsieur|mademoiselle|señor|señora|señorita|signor|signora|dhr|mevr|sra"
    r"|srta) |m\. )"
)
_TITLED = rf"(?i)^{_TITLE}+([^ ].*)$"
_LETTERS_AFTER = r"(?i)(?: ?, ?(?:ph\.? ?d|m\.?d|mba|m\.?sc|b\.?sc|m\.?a|b\.?a|esq|dds|cpa|ll\.?[mb])\.?)+$"
_SUFFIX = r"(?:Jr|Sr|JR|SR|jr|sr|II|III|IV)\.?"
_SPECIAL = rf"(?i)^(?:{_TITLE}|(?:unknown|undefined|not (?:available|provided|applicable|known))$)"
_UPPER = r"[A-Z\x{C0}-\x{D6}\x{D8}-\x{DE}]"
_LOWER = r"[a-z\x{DF}-\x{F6}\x{F8}-\x{FF}]"
_USUAL = rf"{_UPPER}{_LOWER}+(?:[ '-]{_UPPER}{_LOWER}+)*"
_UPPER_ONLY = rf"{_UPPER}+(?: {_UPPER}+)*"

NOT_READABLE = "no name: it has no letters, or is an e-mail address"


def name(value: exp.Expression) -> exp.Expression:
    """A person's name without titles (Dr, Frau, Mme), case repaired where it was all upper or lower; Jr and III stay.

    NULL where it holds no letter, or an e-mail address.
    """
    return let(
        value,
        """CASE WHEN regexp_full_match($it, $usual) AND NOT regexp_matches($it, $special) THEN $it
                WHEN regexp_full_match($it, $upper_only) AND NOT regexp_matches($it, $special) THEN $capitalised
                ELSE $unusual END""",
        usual=_USUAL,
        special=_SPECIAL,
        upper_only=_UPPER_ONLY,
        capitalised=lambda it: capitalised(it, _CASING),
        unusual=_unusual,
    )


def _unusual(value: exp.Expression) -> exp.Expression:
    """A title that is the whole of the value (somebody called Herr) stays."""
    bare = fill(
        "regexp_replace(regexp_replace($text, $after, ''), $titled, $rest)",
        text=clean(value),
        after=_LETTERS_AFTER,
        titled=_TITLED,
        rest=r"\1",
    )
    lettered = fill(r"regexp_extract($bare, '^[^@]*\pL[^@]*$')", bare=bare)
    return let(
        lettered,
        "CASE WHEN $it <> '' AND NOT $blank THEN $repaired END",
        blank=blank_name,
        repaired=lambda it: repaired(it, _CASING),
    )


def split_full(value: exp.Expression) -> tuple[exp.Expression, exp.Expression, exp.Expression]:
    """First, middle and last name of a standardised full name: First Middle Last, or Last, First Middle.

    Particles and Jr or III go with the last name. A single word says not which name it is: all three are NULL.
    """
    return tuple(  # type: ignore[return-value]
        let(
            value,
            """CASE WHEN contains($it, ',') AND NOT regexp_matches($it, $suffix_after_comma)
                    THEN nullif(regexp_extract($it, $comma, $part_of_comma), '')
                    ELSE nullif(regexp_extract($it, $plain, $part), '') END""",
            suffix_after_comma=rf", ?{_SUFFIX}$",
            comma=_COMMA,
            plain=_PLAIN,
            part=part,
            part_of_comma=part_of_comma,
        )
        for part, part_of_comma in ((1, 2), (2, 3), (3, 1))
    )


_COMMA = r"^([^,]*[^, ])\s*,\s*([^\s,]+)(?:\s+([^,]+))?$"
_PLAIN = (
    r"^([^\s,]+)(?:\s+(\S.*?))??\s+((?:(?:"
    + "|".join(f"(?i:{particle})" for particle in _PARTICLES)
    + r")\s+)*[^\s,]+(?:,?\s+"
    + _SUFFIX
    + r")?)$"
)

_LEGAL = (
    r"(?i)[\s,]+(?:gmbh(?:\s*&\s*co\.?\s*kga?)?|ggmbh|mbh|ag|kg|kgaa|ohg|gbr|ug(?:\s*\(haftungsbeschränkt\))?|e\.?\s?k\.?|e\.?\s?v\.?"
    r"|se|inc|incorporated|corp|corporation|co|company|llc|l\.l\.c|llp|lp|ltd|limited|plc|pty|s\.?a\.?r\.?l|s\.?a\.?s\.?u?|s\.?a"
    r"|s\.?l\.?u?|s\.?r\.?l|s\.?p\.?a|b\.?v|n\.?v|bvba|aps|a/s|as|asa|ab|oyj?|sp\.?\s?z\s?o\.?\s?o|s\.?r\.?o|a\.?s|kft|zrt|lda|ltda"
    r"|k\.?k)\.?$"
)


def company(value: exp.Expression) -> exp.Expression:
    """A company's name as it is written, cleaned, without quotes around it or commas after it; case is left alone."""
    bare = let(
        value,
        "CASE WHEN regexp_full_match($it, $usual) THEN $it ELSE regexp_replace($text, $wrapping, '', 'g') END",
        usual=_USUAL_COMPANY,
        text=clean,
        wrapping=r"""^[\s"“„«]+|[\s"”»,;]+$""",
    )
    return let(bare, "CASE WHEN NOT $blank THEN $it END", blank=blank)


_USUAL_COMPANY = r"[A-Za-z0-9](?:[A-Za-z0-9.&'+/-]| [A-Za-z0-9&(])*"


def core(value: exp.Expression) -> exp.Expression:
    """A company's name for comparing: lower case, no accents, no punctuation, no legal form (GmbH, Ltd, S.A.)."""
    bare = fill("regexp_replace(regexp_replace($value, $legal, ''), $legal, '')", value=value, legal=_LEGAL)
    return fill(r"nullif(trim(regexp_replace(strip_accents(lower($bare)), '[^\pL\pN]+', ' ', 'g')), '')", bare=bare)
