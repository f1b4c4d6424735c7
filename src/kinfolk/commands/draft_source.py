"""A first text of a source's file, from the columns that a dataset has; every guess is marked as one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from kinfolk.model.discovery import Dataset
from kinfolk.model.secret import Secret
from kinfolk.tables.profiles import CUSTOMERS
from kinfolk.tables.staging import PERSON, ROW, UNREAD, canonical

_FILES = ("file", "s3")

# Canonical column of people -> how systems call it, without accents, spaces and underscores.
_CALLED = {
    "first_name": "firstname givenname forename vorname prenom nombre nome fname",
    "middle_name": "middlename",
    "last_name": "lastname surname familyname nachname nomdefamille apellido apellidos apelido lname",
    "full_name": "fullname name displayname customername contactname",
    "email": "email mail emailaddress mailaddress emailadresse courriel correo",
    "phone": "phone telephone tel phonenumber telefon telefono telemovel mobile mobilephone handy",
    "birth_date": "birthdate birthday dateofbirth dob born geburtsdatum datenasc",
    "gender": "gender sex geschlecht",
    "language": "language lang locale sprache",
    "street": "street streetaddress address address1 addressline1 strasse rue rua calle",
    "address_2": "address2 addressline2",
    "postcode": "postcode postalcode zip zipcode plz codigopostal",
    "city": "city town ort stadt ville ciudad localidade",
    "region": "region state province county bundesland",
    "country": "country countrycode land pays pais",
    "company": "company companyname organisation organization firma",
    "job_title": "jobtitle position",
    "customer_number": "customernumber customerno kundennummer kundennr",
    "customer_since": "createdat created signupdate registeredat customersince",
    "device_id": "deviceid",
}
# Names that no attribute may have.
_OURS = {c.name for c in (*CUSTOMERS.columns, *ROW, *PERSON, UNREAD)} | set(canonical("people"))
_OURS |= {"customer_id", "attributes"}
_CHANGED = (
    "updatedat updated modifiedat modified lastmodified lastupdate changedat changed lastchanged geaendertam seen"
)


@dataclass(frozen=True)
class Draft:
    """The text of a source's file. guessed: canonical column -> the column taken for it."""

    text: str
    guessed: dict[str, str]


def draft(connector: str, dataset: Dataset) -> Draft:
    """A file that reads the dataset as people; what nothing speaks for is kept as attributes."""
    columns = {_plain(name): name for name in reversed(list(dataset.columns))}
    guessed = {
        canonical: columns[called]
        for canonical, names in _CALLED.items()
        if (called := next((name for name in names.split() if name in columns), None))
    }
    if "first_name" in guessed and "last_name" in guessed:
        guessed.pop("full_name", None)
    changed = next((columns[name] for name in _CHANGED.split() if name in columns), None)
    key = dataset.key or tuple(_likely_key(columns))
    lines = [
        f"# Written from the columns of {_one_line(dataset.name)}. Look at each line that says `guessed`.",
        f"{connector}: {_flow(_shown(dataset.options))}",
        *_said(_record_id(key), "its key" if dataset.key else "guessed from the name"),
        *(_said(f"observed_at: {_flow(changed)}", "guessed from the name") if changed else []),
        *(_incremental(changed) if changed and key and connector not in _FILES else []),
        "people:",
        *(line for c, name in guessed.items() for line in _said(f"  {c}: {_flow(name)}", "guessed from the name")),
    ]
    rest = [name for name in dataset.columns if name not in (*guessed.values(), *key, changed)]
    attributes = _attributes(rest or ([] if guessed else dataset.columns))
    if attributes:
        lines += ["  attributes:", *(f"    {name}: {_flow(column)}" for name, column in attributes.items())]
    return Draft("\n".join(lines) + "\n", guessed)


def _record_id(key: tuple[str, ...]) -> str:
    if not key:
        return "# record_id: the column that identifies a record; without it a change looks like a new record"
    return f"record_id: {_flow(key[0] if len(key) == 1 else list(key))}"


def _likely_key(columns: Mapping[str, str]) -> list[str]:
    names = ("id", "uuid", "guid", "customerid", "userid", "contactid", "personid")
    likely = next((name for name in names if name in columns), None)
    return [columns[likely]] if likely else []


def _incremental(changed: str) -> list[str]:
    return [
        "# load: incremental       # reads only what is new, once these two lines are no comments",
        f"# cursor: {_flow(changed)}",
    ]


def _said(line: str, why: str) -> list[str]:
    return [line if line.startswith("#") else f"{line:<34}  # {why}"]


def _attributes(columns: Iterable[str]) -> dict[str, str]:
    """The company's own columns under names that attributes may have."""
    made: dict[str, str] = {}
    for column in columns:
        base = _identifier(column)
        name = base if base not in _OURS else f"{base}_given"
        while name in made:
            name += "_2"
        made[name] = column
    return made


def _identifier(column: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", _ascii(column).lower()).strip("_") or "column"
    return f"c_{name}" if name[0].isdigit() else name


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", _ascii(name).lower())


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _shown(value: Any) -> Any:
    """Settings as they are written: secrets by reference."""
    if isinstance(value, Secret):
        return value.reference
    return {k: _shown(v) for k, v in value.items()} if isinstance(value, Mapping) else value


def _flow(value: Any) -> str:
    """A value on one line of YAML."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000, sort_keys=False)
    return text.removesuffix("\n").removesuffix("...").rstrip("\n")
