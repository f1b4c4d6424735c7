"""The frame of an audit: weights as a run had them, strata that hold every pair once, samples of what is too much."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest

from kinfolk.model.identity import IdentityRules
from kinfolk.stages.identity import as_learned, net
from kinfolk.stages.identity.frame import APART, JOINED, LARGE, Frame, Published, frame, published
from kinfolk.stages.identity.weighing import PERSONAL, Weigher, weigher
from tests.stages.identity.population import records
from tests.stages.identity.workbench import Workbench, key, matching, people

COMPARED = {"first_name": "name", "last_name": "name", "birth_date": "date", "phone": "phone", "street": "address"}
RULES = IdentityRules(keys=(key("email"),), matching=matching(COMPARED))


@pytest.fixture(scope="module")
def bench() -> Workbench:
    rows = records(people=80, each=3)
    rows += [{**rows[0], "email": "desk@shop.example", "last_name": f"Nobody{n}"} for n in range(LARGE + 10)]
    return Workbench(RULES).run(people(rows, RULES))


@pytest.fixture(scope="module")
def opened(bench: Workbench) -> tuple[Weigher, Published]:
    model = bench.rows("model")[0]["model"]
    staged = bench.connection.execute("select * from staging.records order by record_no").to_arrow_table()
    weighing = weigher(staged, bench.tables["identity.frequencies"], model, as_learned(RULES, model))
    members = bench.tables["identity.members"].sort_by("record_no")
    return weighing, published(members, bench.tables["identity.links"], bench.tables["identity.pairs"])


@pytest.fixture(scope="module")
def every(opened: tuple[Weigher, Published]) -> Frame:
    return frame(*opened, (0.8, COMPARED), seed=3)


def test_pairs_weigh_what_they_weighed_in_the_run(opened: tuple[Weigher, Published]) -> None:
    weighing, known = opened
    a, b, weight = known.pairs
    assert len(a) > 100
    np.testing.assert_allclose(weighing.weights(a, b), weight, atol=1e-9)


def test_a_pair_is_in_one_stratum_and_every_pair_inside_a_customer_is_there(
    opened: tuple[Weigher, Published], every: Frame
) -> None:
    customers = opened[1].customers
    pairs = list(zip(every.a.tolist(), every.b.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    inside = {pair for pair in combinations(range(len(customers)), 2) if customers[pair[0]] == customers[pair[1]]}
    of_stratum = every.stratum < len(JOINED)
    assert {(min(p), max(p)) for p, joined in zip(pairs, of_stratum, strict=True) if joined} == inside
    assert (every.listed == 1).all()


def test_one_entry_settles_all_pairs_between_two_customers(opened: tuple[Weigher, Published], every: Frame) -> None:
    customers = opened[1].customers
    sizes = np.bincount(customers)
    between = every.stratum >= len(JOINED)
    couples = [tuple(sorted((customers[a], customers[b]))) for a, b in zip(every.a, every.b, strict=True)]
    told = [couple for couple, apart in zip(couples, between, strict=True) if apart]
    assert len(set(told)) == len(told) and all(a != b for a, b in told)
    assert every.pairs[between].tolist() == [sizes[a] * sizes[b] for a, b in told]
    assert ((every.doubles[between] > 0) & (every.doubles[between] <= 2)).all()


def test_large_customers_are_a_stratum_of_their_own(opened: tuple[Weigher, Published], every: Frame) -> None:
    sizes = np.bincount(opened[1].customers)
    large = sizes[sizes > LARGE]
    assert len(large) and (every.stratum == JOINED.index(JOINED[-1])).sum() == (large * (large - 1) // 2).sum()


def test_nothing_is_near_that_the_model_holds_for_very_unlikely(every: Frame) -> None:
    near = np.isin(every.stratum, [len(JOINED) + n for n in (2, 3)])
    far = every.stratum == len(JOINED) + len(APART) - 1
    assert every.probability[near].min() >= 2.0**-10 / (1 + 2.0**-10) - 1e-12
    assert every.probability[far].max() < 2.0**-10


def test_of_too_wide_a_net_a_share_of_the_customers_pairs_is_kept_whole(
    opened: tuple[Weigher, Published], monkeypatch: pytest.MonkeyPatch
) -> None:
    weighing, known = opened
    whole = net.cast(weighing, known.customers, COMPARED, seed=1)
    monkeypatch.setattr(net, "_MOST", 4_000)
    some = net.cast(weighing, known.customers, COMPARED, seed=1)

    def couples(caught: net.Caught) -> dict[tuple[int, ...], int]:
        found: dict[tuple[int, ...], int] = {}
        for a, b in zip(caught.a, caught.b, strict=True):
            couple = tuple(sorted((int(known.customers[a]), int(known.customers[b]))))
            found[couple] = found.get(couple, 0) + 1
        return found

    everything, kept = couples(whole), couples(some)
    assert whole.share == 1 and 0 < some.share < 1
    assert all(everything[couple] == count for couple, count in kept.items())
    assert len(kept) / some.share == pytest.approx(len(everything), rel=0.25)


def test_a_frame_without_a_model_knows_no_near_and_far(bench: Workbench) -> None:
    rules = IdentityRules(keys=(key("email"),))
    staged = bench.connection.execute("select * from staging.records order by record_no").to_arrow_table()
    weighing = weigher(staged, bench.tables["identity.frequencies"], '{"schema": "kinfolk-matching-model/2"}', rules)
    members = bench.tables["identity.members"].sort_by("record_no")
    no_pairs = pa.table({"record_no_a": pa.array([], pa.int64()), "record_no_b": pa.array([], pa.int64()),
                         "weight": pa.array([], pa.float64())})  # fmt: skip
    found = frame(weighing, published(members, bench.tables["identity.links"], no_pairs), (0.8, PERSONAL), seed=1)
    assert set(found.stratum[found.stratum >= len(JOINED)].tolist()) == {len(JOINED) + len(APART) - 1}
    assert np.isnan(found.probability).all()
