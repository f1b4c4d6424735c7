"""Whether the SQL that ranks values can be computed, asked before any data is read."""

from __future__ import annotations

from collections.abc import Iterator

from kinfolk.engine.binding import is_whole, result_type
from kinfolk.errors import Mistake, ProjectError, QueryError
from kinfolk.model.identity import SurvivorRule
from kinfolk.model.project import Project
from kinfolk.tables import staging


def check_preferences(project: Project) -> None:
    """Errors: ProjectError names every `sql` preference the database refuses, or that gives no whole number."""
    survivorship = project.survivorship
    rules = dict.fromkeys(rule for some in (survivorship.default, *survivorship.fields.values()) for rule in some)
    written = [rule for rule in rules if rule.sql is not None]
    if not written:
        return
    attributes = {name: "varchar" for s in project.sources if (m := s.mapping("people")) for name in m.attributes}
    mistakes = list(_mistakes(written, staging.RECORDS.types | {"customer_id": "varchar"} | attributes))
    if mistakes:
        raise ProjectError(mistakes)


def _mistakes(rules: list[SurvivorRule], columns: dict[str, str]) -> Iterator[Mistake]:
    for rule in rules:
        assert rule.sql is not None and rule.place is not None, "asked only of rules as they were written"
        try:
            kind = result_type(rule.sql, columns)
        except QueryError as error:
            yield Mistake(rule.place, f"The SQL cannot be computed: {error.what}")
            continue
        if not is_whole(kind):
            what = f"The SQL gives {kind}, and values are ranked by whole numbers."
            yield Mistake(rule.place, what, "Scale and cast it, such as `cast(100 * ratio as bigint)`.")
