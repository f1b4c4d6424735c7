"""Dates and moments. Day and month are never guessed: their order is declared, or the date is clear without it."""

from __future__ import annotations

from sqlglot import exp

from kinfolk.expressions import text
from kinfolk.expressions.template import fill, let

_FORMATS = {"DMY": "%d/%m/%Y", "MDY": "%m/%d/%Y"}
_SHORT_FORMATS = {"DMY": "%d/%m/%y", "MDY": "%m/%d/%y", "YMD": "%y/%m/%d"}
_MONTHS = {
    "1": "jan january januar jänner januari janvier janv enero ene gennaio gen janeiro",
    "2": "feb february februar feber februari février fevrier févr fevr fév febrero febbraio fevereiro fev",
    "3": "mar march märz maerz mär mrz maart mars marzo março",
    "4": "apr april avril avr abril abr aprile",
    "5": "may mai mayo maggio mag mei maio",
    "6": "jun june juni juin junio giugno giu junho",
    "7": "jul july juli juillet juil julio luglio lug julho",
    "8": "aug august augustus août aout agosto ago",
    "9": "sep sept september septembre septiembre setiembre settembre set setembro",
    "10": "oct october okt oktober octobre octubre ottobre ott outubro out",
    "11": "nov november novembre noviembre novembro",
    "12": "dec december dez dezember décembre decembre déc diciembre dic dicembre dezembro",
}
_ISO = "[12][0-9]{3}-[0-9]{2}-[0-9]{2}"
_COMPACT = "(?:1[6-9]|20|21)[0-9]{6}"
_ISO_MOMENT = _ISO + r"[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?"
_CLOCK = r"([0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)"
_HALF = r"(?: ?([ap])\.? ?m\.?)?"
_OFFSET = r"(?: ?(z|utc|gmt|[+-][0-9]{2}(?::?[0-9]{2})?))?"
_TIME = r"(?:t|[ ,]+(?:at |um |à )?)" + _CLOCK + _HALF + _OFFSET + "(?: ?uhr)?$"
_ZERO = r"0000-00-00(?:[ T]00:00:00)?|00[./-]00[./-]0000|0"


def blank(value: exp.Expression) -> exp.Expression:
    """Whether a cell holds no date: blank, or the zero date some databases write for none."""
    return let(value, "$blank OR regexp_full_match($it, $zero)", blank=text.blank, zero=_ZERO)


def date(value: exp.Expression, order: str | None = None) -> exp.Expression:
    """DATE, read by the declared order of day, month and year: DMY, MDY, YMD or None.

    Year-first dates, month names and 20040325 need no order; without one 25/03/2004 is read and 02/03/2004 is not.
    A two-digit year is the latest that does not put the date after today. Of a moment: the date as it is written.
    """
    return let(
        value,
        """CASE WHEN regexp_full_match($it, $iso) THEN try_cast($it AS DATE)
                WHEN regexp_full_match($it, '[0-9]{1,2}[./-][0-9]{1,2}[./-][12][0-9]{3}') THEN $year_last
                WHEN regexp_full_match($it, $compact) THEN CAST(try_strptime($it, '%Y%m%d') AS DATE)
                WHEN regexp_full_match($it, '[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2}') THEN $short_year
                WHEN regexp_full_match($it, '[0-9]{1,2}[ -][A-Za-z]{3}[ -][12][0-9]{3}') THEN $english
                ELSE $written END""",
        iso=_ISO,
        compact=_COMPACT,
        short_year=lambda it: _short_year(_slashed(it), order),
        english=lambda it: fill(
            "coalesce($date, $written)",
            date=_parsed(fill("replace($it, ' ', '-')", it=it), "%d-%b-%Y"),
            written=_written(_date_part(it), order),
        ),
        year_last=lambda it: _year_last(_slashed(it), order),
        written=lambda it: _written(_date_part(it), order),
    )


def _slashed(value: exp.Expression) -> exp.Expression:
    return fill("CASE WHEN contains($v , '/') THEN $v ELSE translate($v , '.- ', '///') END", v=value)


def _year_last(slashed: exp.Expression, order: str | None) -> exp.Expression:
    if order in _FORMATS:
        return _parsed(slashed, _FORMATS[order])
    # A day over 12 cannot be a month; of two numbers up to 12 either could be, unless they are the same.
    return let(
        _parsed(slashed, _FORMATS["DMY"]),
        "CASE WHEN $it IS NULL THEN $month_first WHEN day($it) > 12 OR day($it) = month($it) THEN $it END",
        month_first=_parsed(slashed, _FORMATS["MDY"]),
    )


def _short_year(slashed: exp.Expression, order: str | None) -> exp.Expression:
    readings = [
        let(_parsed(slashed, form), "CASE WHEN $it > current_date THEN CAST($it - to_years(100) AS DATE) ELSE $it END")
        for key, form in _SHORT_FORMATS.items()
        if order in (key, None)
    ]
    return readings[0] if len(readings) == 1 else _only(readings)


def _parsed(slashed: exp.Expression, form: str) -> exp.Expression:
    return fill("CAST(try_strptime($slashed, $form) AS DATE)", slashed=slashed, form=form)


def _only(readings: list[exp.Expression]) -> exp.Expression:
    """The one date all possible readings agree on; NULL where they differ."""
    return let(
        fill("list_distinct($readings)", readings=exp.Array(expressions=readings)),
        "CASE WHEN len($it) = 1 THEN $it[1] END",
    )


def _lower(value: exp.Expression) -> exp.Expression:
    return fill("lower($text)", text=text.clean(value))


def _date_part(value: exp.Expression) -> exp.Expression:
    """Without the time of day, ordinal endings (1st, 1er) and the words between day, month and year."""
    return fill(
        """regexp_replace(regexp_replace(regexp_replace($text, $time, ''), '([0-9])(?:st|nd|rd|th|er|º)\\b', $digit),
                          ' (?:de|of) (?:l )?', ' ', 'g')""",
        text=_lower(value),
        time=_TIME,
        digit=r"\1",
    )


def _written(value: exp.Expression, order: str | None) -> exp.Expression:
    return let(
        value,
        """CASE WHEN regexp_full_match($it, '[12][0-9]{3}[-/. ][0-9]{1,2}[-/. ][0-9]{1,2}')
                THEN try_cast(translate($it, '/. ', '---') AS DATE)
                WHEN regexp_full_match($it, $compact) THEN CAST(try_strptime($it, '%Y%m%d') AS DATE)
                WHEN regexp_full_match($it, '[0-9]{1,2}[./ -][0-9]{1,2}[./ -][12][0-9]{3}') THEN $year_last
                WHEN regexp_full_match($it, '[0-9]{1,2}[./ -][0-9]{1,2}[./ -][0-9]{2}') THEN $short_year
                WHEN regexp_matches($it, '^[0-9]{1,2}[. -]*[^0-9 .,-]+[. ,-]+(?:[12][0-9]{3}|[0-9]{2})$')
                THEN $day_first
                WHEN regexp_matches($it, '^[^0-9 .,-]+[. ]+[0-9]{1,2}(?:,? )(?:[12][0-9]{3})$') THEN $month_first
           END""",
        compact=_COMPACT,
        year_last=lambda it: _year_last(_slashed(it), order),
        short_year=lambda it: _short_year(_slashed(it), order),
        day_first=lambda it: _named_month(it, r"^[0-9]+", r"[0-9]+$"),
        month_first=lambda it: _named_month(it, r"[0-9]+", r"[0-9]+$"),
    )


def _named_month(value: exp.Expression, day: str, year: str) -> exp.Expression:
    month = let(
        fill("regexp_extract($v , '[^0-9 .,-]+')", v=value),
        "$cases",
        cases=lambda it: exp.Case(
            ifs=[
                exp.If(this=fill("$it IN ($names)", it=it, names=names.split()), true=exp.Literal.string(number))
                for number, names in _MONTHS.items()
            ]
        ),
    )
    slashed = fill(
        "regexp_extract($v , $day) || '/' || $month || '/' || regexp_extract($v , $year)",
        v=value,
        day=day,
        month=month,
        year=year,
    )
    return fill(
        "CASE WHEN regexp_matches($v , '[0-9]{4}$') THEN $long ELSE $short END",
        v=value,
        long=_parsed(slashed, _FORMATS["DMY"]),
        short=_short_year(slashed, "DMY"),
    )


def timestamp(value: exp.Expression, order: str | None = None, zone: str = "UTC") -> exp.Expression:
    """TIMESTAMP in UTC from ISO 8601, a date and a time of day in the declared order, or seconds or milliseconds
    since 1970 (10 or 13 digits).

    A moment that names no offset is local in `zone`; a date alone is its midnight there.
    """
    return let(
        value,
        """CASE WHEN regexp_full_match($it, $naive) THEN $local
                WHEN regexp_full_match($it, $with_offset) THEN make_timestamp(epoch_us(try_cast($it AS TIMESTAMPTZ)))
                WHEN regexp_full_match($it, $usual) THEN $parsed
                WHEN regexp_full_match($it, '[0-9]{10}') THEN make_timestamp(CAST($it AS BIGINT) * 1000000)
                WHEN regexp_full_match($it, '[0-9]{13}') THEN make_timestamp(CAST($it AS BIGINT) * 1000)
                ELSE $written END""",
        naive=_ISO_MOMENT,
        with_offset=_ISO_MOMENT + r" ?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)",
        local=lambda it: _utc(fill("try_cast($it AS TIMESTAMP)", it=it), zone),
        usual="[0-9]{1,2}[./-][0-9]{1,2}[./-][12][0-9]{3} [0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?"
        if order in _FORMATS
        else "",
        parsed=lambda it: _utc(_parsed_moment(it, _FORMATS[order]), zone) if order in _FORMATS else exp.null(),
        written=lambda it: _written_moment(it, order, zone),
    )


def _parsed_moment(value: exp.Expression, form: str) -> exp.Expression:
    return fill(
        """CASE WHEN regexp_matches($v , ':[0-9]+:') THEN try_strptime($slashed, $seconds)
                ELSE try_strptime($slashed, $minutes) END""",
        v=value,
        slashed=fill("CASE WHEN contains($v , '/') THEN $v ELSE translate($v , '.-', '//') END", v=value),
        seconds=form + " %H:%M:%S",
        minutes=form + " %H:%M",
    )


def in_zone(moment: exp.Expression, zone: exp.Expression | str) -> exp.Expression:
    """The wall clock of a zone at a moment in UTC."""
    return fill("timezone($zone, timezone('UTC', $moment))", zone=zone, moment=moment)


def in_utc(local: exp.Expression, zone: exp.Expression | str) -> exp.Expression:
    """The moment in UTC at which the wall clock of a zone says so; the later one, where it says so twice."""
    return fill("make_timestamp(epoch_us(timezone($zone, $local)))", zone=zone, local=local)


def _utc(local: exp.Expression, zone: str) -> exp.Expression:
    if zone == "UTC":
        return local
    return in_utc(local, zone)


def _written_moment(value: exp.Expression, order: str | None, zone: str) -> exp.Expression:
    """Date and time of day read one by one, put together as ISO 8601, and the offset, if one is named, taken off."""
    moment = fill(
        """CAST($date AS VARCHAR) || ' ' || CASE WHEN $clock = '' THEN '00:00' ELSE $clock END""",
        date=date(value, order),
        clock=_time_part(value, 1),
    )
    shifted = fill(
        """try_cast($moment AS TIMESTAMP)
           + CASE WHEN $half = 'p' AND NOT starts_with($clock, '12') THEN INTERVAL 12 HOUR
                  WHEN $half = 'a' AND starts_with($clock, '12') THEN INTERVAL (-12) HOUR ELSE INTERVAL 0 HOUR END""",
        moment=moment,
        half=_time_part(value, 2),
        clock=_time_part(value, 1),
    )
    return let(
        shifted,  # half a page of SQL, so it stands there once
        """CASE WHEN $offset = '' THEN $local WHEN $offset IN ('z', 'utc', 'gmt') THEN $it
                ELSE make_timestamp(epoch_us(try_cast(CAST($it AS VARCHAR) || $offset AS TIMESTAMPTZ))) END""",
        offset=_time_part(value, 3),
        local=lambda it: _utc(it, zone),
    )


def _time_part(value: exp.Expression, group: int) -> exp.Expression:
    return fill("regexp_extract($text, $time, $group)", text=_lower(value), time=_TIME, group=group)


def not_readable(order: str | None) -> str:
    """Why a value is no date, for people."""
    if order is None:
        return "no date, or one whose order of day and month this source does not declare (dates: DMY, MDY or YMD)"
    return f"no date in the declared order {order}, nor one with the year first or the month in words"
