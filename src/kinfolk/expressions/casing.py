"""Upper and lower case of names, repaired only where a source has lost it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from kinfolk.expressions.template import fill, let

# Control characters are removed from every text before, so this one can mark a word that begins without a space.
_MARK = "\x01"
_INNER = r"""[-/(.&+"„“'’]"""
_MC = "mc[a-z]{3,}"
_KEPT_UPPER = frozenset({"ii", "iii", "iv", "vi", "vii", "viii"})


@dataclass(frozen=True)
class Casing:
    """How the words of one kind of text are written.

    small      words that stay lower case (van, de)
    capitals   words that stay upper case (PO, NW)
    starts_up  whether the first word has a capital even if it is a small one (Le Havre, but van Gogh)
    """

    small: frozenset[str]
    capitals: frozenset[str] = frozenset()
    starts_up: bool = False


def repaired(value: exp.Expression, casing: Casing) -> exp.Expression:
    """The text with each word capitalised where it was all upper or all lower case; mixed case is left as it is."""
    return let(
        value,
        "CASE WHEN ($it = upper($it) OR $it = lower($it)) AND upper($it) <> lower($it) THEN $words ELSE $it END",
        words=lambda it: _words_within(it, casing),
    )


def capitalised(value: exp.Expression, casing: Casing) -> exp.Expression:
    """As `repaired`, for a text of letters, digits and single spaces that is known to have lost its case."""
    return let(
        _words(fill("lower($v)", v=value), casing),
        "CASE WHEN $starts_up OR $it = lower($it) THEN upper(left($it, 1)) || substring($it, 2) ELSE $it END",
        starts_up=casing.starts_up,
    )


def _words_within(value: exp.Expression, casing: Casing) -> exp.Expression:
    """As `capitalised`, also for words within words: O'Neill, Anna-Maria."""
    marked = let(
        # By way of upper case, for two small letters may share a capital: ı and i, ſ and s.
        fill("lower(upper($value))", value=value),
        "CASE WHEN regexp_matches($it, $inner) THEN regexp_replace($it, $inner, $split, 'g') ELSE $it END",
        inner=_INNER,
        split=rf"\0{_MARK} ",
    )
    return let(
        fill("nfc_normalize(replace($words, $gap, ''))", words=_words(marked, casing), gap=_MARK + " "),
        # A text of small words only (de, la) is a name after all; an s after an apostrophe is no name (King's).
        """CASE WHEN $starts_up OR $it = lower($it) THEN upper(left($it, 1)) || $rest ELSE left($it, 1) || $rest END""",
        starts_up=casing.starts_up,
        rest=lambda it: fill(
            "regexp_replace(substring($it, 2), $genitive, $kept, 'g')", it=it, genitive=r"(['’])S\b", kept=r"\1s"
        ),
    )


def _words(lower: exp.Expression, casing: Casing) -> exp.Expression:
    """Each word with its capital. One pattern finds the exceptions, because most words are none."""
    word = exp.to_identifier("word")
    capitals = "|".join(sorted(_KEPT_UPPER | casing.capitals))
    body = fill(
        """CASE WHEN regexp_full_match($word, $exception) THEN
                CASE WHEN regexp_full_match($word, $capitals) THEN upper($word)
                     WHEN regexp_full_match($word, $mc)
                     THEN 'Mc' || upper(substring($word, 3, 1)) || substring($word, 4) ELSE $word END
                ELSE upper(left($word, 1)) || substring($word, 2) END""",
        word=word,
        exception="|".join([capitals, _MC, *sorted(casing.small)]),
        capitals=capitals,
        mc=_MC,
    )
    each = exp.Lambda(this=body, expressions=[word.copy()])
    return fill("array_to_string(list_transform(string_split($lower, ' '), $each), ' ')", lower=lower, each=each)
