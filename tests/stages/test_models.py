"""Which models a change reaches."""

from __future__ import annotations

import pytest

from kinfolk.model.company_model import CompanyModel, Language
from kinfolk.model.place import Place
from kinfolk.stages.models import affected


def model(name: str, *reads: str) -> CompanyModel:
    return CompanyModel(name, Place(f"models/{name}.sql"), Language.SQL, "", reads)


MODELS = (
    model("spent", "profiles.orders"),
    model("tickets_open", "profiles.tickets"),
    model("value", "models.spent", "profiles.customers"),
    model("board", "models.value", "models.tickets_open"),
)


@pytest.mark.parametrize(
    ("changed", "reached"),
    [
        ({"profiles.orders"}, ["spent", "value", "board"]),
        ({"profiles.tickets"}, ["tickets_open", "board"]),
        ({"models.value"}, ["value", "board"]),
        ({"profiles.events"}, []),
        (set(), []),
    ],
)
def test_a_change_reaches_what_reads_it_over_any_number_of_models(changed: set[str], reached: list[str]) -> None:
    assert [m.name for m in affected(MODELS, changed)] == reached
