"""The published matching, opened: its records, the model that weighs them, and every pair there is to ask about."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from kinfolk.engine.reader import Reader
from kinfolk.engine.sql import column, query, table
from kinfolk.errors import NotFoundError
from kinfolk.model.identity import IdentityRules
from kinfolk.stages.identity.explain import as_learned
from kinfolk.stages.identity.frame import Frame, Published, frame, published
from kinfolk.stages.identity.thresholds import in_force
from kinfolk.stages.identity.weighing import Weigher, compared_rules, weigher
from kinfolk.tables import identity, staging

REVIEW_AT = 0.80  # where the project matches nothing by itself


@dataclass(frozen=True)
class OpenMatching:
    """What a run decided, and what is needed to weigh any two of its records again.

    records  record_no, source, record_id, customer_id and what is compared, in order of record_no
    rules    with their compared columns as the model has them
    """

    records: pa.Table
    rules: IdentityRules
    weigher: Weigher
    known: Published

    @property
    def review_at(self) -> float:
        """The probability from which a steward is asked."""
        matching, scorer = self.rules.matching, self.weigher.scorer
        return in_force(matching, scorer.model if scorer else None)[1] if matching else REVIEW_AT

    def kinds(self) -> dict[str, str]:
        """Compared column -> how it is compared; the usual ones where the project compares nothing."""
        matching = compared_rules(self.rules).matching
        return {c.column: c.kind for c in matching.compare} if matching else {}

    def frame(self, seed: int) -> Frame:
        """Every stratum of pairs."""
        return frame(self.weigher, self.known, (self.review_at, self.kinds()), seed)


def open_matching(reader: Reader, rules: IdentityRules) -> OpenMatching:
    """The matching of the state that is read.

    Errors  NotFoundError where there are no records of people; KinfolkError where the rules compare other columns
    """
    [(model,)] = reader.read(query("select model from kept", kept=table(identity.MODEL.name))).rows
    rules = as_learned(rules, model)
    names = dict.fromkeys(("record_no", *compared_rules(rules).columns()))
    records = reader.arrow(
        query(
            "select m.customer_id, m.source, m.record_id, $names from members m "
            "join records r on r.record_no = m.record_no order by r.record_no",
            names=[column(name, "r") for name in names],
            members=table(identity.MEMBERS.name),
            records=table(staging.RECORDS.name),
        )
    )
    if not records.num_rows:
        raise NotFoundError("No records of people are published.", hint="Sources feed them under `people:`.")
    frequencies, links, pairs = (
        reader.arrow(query("select * from found", found=table(described.name)))
        for described in (identity.FREQUENCIES, identity.LINKS, identity.PAIRS)
    )
    weighing = weigher(records, frequencies, model, rules)
    return OpenMatching(records, rules, weighing, published(records, links, pairs))
