"""A project folder for tests of its loader, and a connector that takes a password."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kinfolk.connectors import OPTIONS
from kinfolk.errors import ProjectError
from kinfolk.model.project import Project
from kinfolk.project import load

WEBSHOP = """\
description: Customers of the web shop
owner: sales
purpose: order_fulfilment
lawful_basis: contract
environment: prod
refresh: daily
status: active
file:
  path: data/webshop-*.csv
record_id: customer_no
observed_at: updated_at
load: snapshot
country: DE
currency: EUR
dates: DMY
time_zone: Europe/Berlin
decimal: ","
people:
  first_name: Vorname
  phone: [mobile, phone]
  street: {join: [street, number], with: " "}
  email: {sql: "lower(\\"E-Mail\\")"}
  country: {value: DE}
  attributes: {loyalty_tier: tier}
orders: {order_id: order_no, amount: total}
"""
ORDERS = """\
file: data/orders.csv
record_id: [shop, order_no]
load: append
belongs_to: {key: email, column: buyer_email}
orders: {order_id: order_no}
"""
IDENTITY = """\
tenant: tenant
keys:
  - [email, tenant]
  - customer_number
  - {key: device_id, at_most: 20}
ignore: {email: ["info@*", "noreply@*"], phone: +10000000000}
match:
  compare: {first_name: name, last_name: name, birth_date: date, email: email, loyalty_tier: text}
  block_on: [[last_name, birth_date], email]
  personal: [first_name, birth_date]
  merge_at: 0.97
  review_at: 0.80
never: [{different: national_id}]
survivorship:
  default: [most_trusted, most_recent]
  trust: [webshop]
  fields: {email: [verified, most_recent], birth_date: most_frequent, phone: {sql: length(phone)}}
core_fields: [first_name, email]
"""
OWNERS = """\
people:
  Anna Berg: anna@example.com
  Ben Ito: {email: ben@example.com, role: Steward}
domains:
  sales: {owner: Anna Berg, stewards: [Ben Ito], description: Whatever is sold}
council: [Anna Berg]
"""
KINFOLK = """\
name: Shop
engine: duckdb
time_zone: Europe/Vienna
conventions: {country: AT, currency: EUR, dates: DMY, decimal: ","}
environments: [prod, test]
state: ../kept
"""
CRM = """\
file: crm.csv
record_id: id
people: {email: mail, tenant: world, customer_number: id, device_id: device, national_id: ssn}
"""


class VaultOptions(BaseModel):
    """A connector that takes a password, and complains about it in its own words."""

    model_config = ConfigDict(extra="forbid")
    host: str
    port: int = Field(5432, gt=0)
    password: str = ""
    header: dict[str, str] = {}
    mode: str = "fast"

    @model_validator(mode="after")
    def _talkative(self) -> VaultOptions:
        if self.password.startswith("bad"):
            raise ValueError(f"the password {self.password} is too simple")
        if self.mode == "slow":
            raise ValueError("slow is not offered any more")
        return self


CONNECTORS: dict[str, type[BaseModel]] = {**OPTIONS, "vault": VaultOptions}


class Folder:
    """Files of one project in a temporary folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, **files: str | bytes) -> Folder:
        """Files by name, without ending; what is not kinfolk, identity or owners is a source."""
        for name, content in files.items():
            folder = self.path if name in ("kinfolk", "identity", "owners") else self.path / "sources"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.yml").write_bytes(content if isinstance(content, bytes) else content.encode())
        return self

    def load(self, environment: str | None = None, env: Mapping[str, str] | None = None) -> Project:
        """The project; only variables in `env` are set."""
        return load(self.path, CONNECTORS, environment, env or {})

    def mistakes(self, environment: str | None = None, env: Mapping[str, str] | None = None) -> list[str]:
        """Every mistake, as people see it; none where the project loads."""
        try:
            self.load(environment, env)
        except ProjectError as error:
            return [str(mistake) for mistake in error.mistakes]
        return []


def whole_project(path: Path) -> Folder:
    """A project that uses everything that can be written."""
    files = Folder(path)
    return files.write(kinfolk=KINFOLK, identity=IDENTITY, owners=OWNERS, webshop=WEBSHOP, orders=ORDERS, crm=CRM)
