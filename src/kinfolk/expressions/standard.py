"""Kind of column -> how a source's text becomes its standard value, and what to say when it cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sqlglot import exp

from kinfolk.expressions import address, answer, country, currency, email, language, name, number, phone, text, time
from kinfolk.model.source import Conventions


@dataclass(frozen=True)
class Standard:
    """How values of one kind are standardised.

    value   text and the source's conventions -> the typed standard value, NULL where there is none
    reason  why a value that is not blank has none, for people; where it depends on conventions, made from them
    blank   whether a cell holds no value at all; such a cell is not listed as unreadable

    Give `value` a plain column: whatever else it is given is first worked out inside a lambda, which is slower.
    """

    value: Callable[[exp.Expression, Conventions], exp.Expression]
    reason: str | Callable[[Conventions], str]
    blank: Callable[[exp.Expression], exp.Expression] = text.blank

    def why(self, conventions: Conventions) -> str:
        """The reason as a sentence."""
        return self.reason if isinstance(self.reason, str) else self.reason(conventions)


_NO_TEXT = "no text"

STANDARDS: Mapping[str, Standard] = MappingProxyType(
    {
        "text": Standard(lambda v, _: text.text(v), _NO_TEXT),
        "identifier": Standard(
            lambda v, _: text.identifier(v), "an id whose digits a spreadsheet has cut off (4.91E+12)"
        ),
        "domain": Standard(lambda v, _: text.domain(v), "not an internet domain"),
        "name": Standard(lambda v, _: name.name(v), name.NOT_READABLE, text.blank_name),
        "company": Standard(lambda v, _: name.company(v), _NO_TEXT),
        "email": Standard(lambda v, _: email.email(v), email.NOT_READABLE),
        "phone": Standard(lambda v, c: phone.phone(v, c.country), lambda c: phone.not_readable(c.country)),
        "street": Standard(lambda v, _: address.street(v), _NO_TEXT),
        "city": Standard(lambda v, _: address.city(v), _NO_TEXT),
        "postcode": Standard(lambda v, c: address.postcode(v, c.country), _NO_TEXT),
        "country": Standard(lambda v, _: country.country(v), country.NOT_READABLE, country.blank),
        "language": Standard(lambda v, _: language.language(v), language.NOT_READABLE),
        "currency": Standard(
            lambda v, c: currency.currency(v, c.currency), lambda c: currency.not_readable(c.currency)
        ),
        "date": Standard(lambda v, c: time.date(v, c.dates), lambda c: time.not_readable(c.dates), time.blank),
        "timestamp": Standard(
            lambda v, c: time.timestamp(v, c.dates, c.time_zone), lambda c: time.not_readable(c.dates), time.blank
        ),
        "integer": Standard(
            lambda v, c: number.integer(v, c.decimal),
            lambda c: f"{number.not_readable(c.decimal)}, or not a whole number",
        ),
        "decimal": Standard(lambda v, c: number.decimal(v, c.decimal), lambda c: number.not_readable(c.decimal)),
        "number": Standard(lambda v, c: number.double(v, c.decimal), lambda c: number.not_readable(c.decimal)),
        "boolean": Standard(lambda v, _: answer.boolean(v), "neither yes nor no"),
        "gender": Standard(lambda v, _: answer.gender(v), "no word or letter known for a gender"),
        "consent": Standard(lambda v, _: answer.decision(v), "no decision: granted, denied, withdrawn or expired"),
    }
)
