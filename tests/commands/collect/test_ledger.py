"""The ledger as the door knows it: whose facts count for whose events, while it grows, forgets, and is away."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinfolk.commands.collect import gate as gates
from kinfolk.commands.collect import ledger as ledgers
from kinfolk.commands.collect.event import Arrival
from kinfolk.commands.collect.gate import Gate, _plain_address, _plain_number
from kinfolk.commands.collect.ledger import Ledger
from kinfolk.commands.consent.subjects import standard
from kinfolk.commands.open_project import open_project
from kinfolk.model.consent import FORBIDDING, Basis, Choice, ConsentPolicy, Entry, Fact, Purpose, Saying, Subject
from kinfolk.model.place import Place
from kinfolk.model.source import Source
from kinfolk.policy.consent import standing
from kinfolk.store.database import open_store
from kinfolk.store.write.consents import append, forget
from tests.consenting import asking, consented
from tests.serving import KEY, VISITORS

NOW = datetime(2026, 3, 1, tzinfo=UTC)
EARLIER, LATER = NOW - timedelta(days=2), NOW - timedelta(days=1)
GRANTED, DENIED = Choice.GRANTED, Choice.DENIED


class Shop:
    """A project with a ledger, and its gate."""

    def __init__(self, folder: Path) -> None:
        asking(folder).write("sources/visitors.yml", VISITORS + "country: DE\n")
        self.project = open_project(folder)
        assert self.project.consent is not None
        asked = frozenset({"analytics", "ads"})
        self.ledger = Ledger(self.project.state, self.project.consent, asked, self.project.sources)

    def say(self, subject: Subject, choice: Choice, purpose: str = "analytics", at: datetime = EARLIER) -> list[Entry]:
        return recorded(self.project.state, Saying(subject, purpose, choice, at))

    def says_no(self, subject: Subject, *beside: Subject) -> list[Entry]:
        """A no, carried to those beside."""
        no = Saying(subject, "analytics", DENIED, EARLIER)
        return recorded(self.project.state, no, *(replace(no, subject=one, carried=True) for one in beside))

    def lets_in(self, kind: str = "track", **event: Any) -> bool:
        """Whether an event may be used for analytics; it says so itself where it has a context."""
        assert self.project.consent is not None
        gate = Gate(self.project.source("web"), self.project.consent, self.ledger, [self.project.source("visitors")])
        found = gate.judge({"event": "Viewed", **event}, Arrival(NOW, kind))
        return found is not None and "analytics" in found.purposes


def recorded(state: Path, *act: Saying) -> list[Entry]:
    """One act, recorded as another process would."""
    store = open_store(state)
    try:
        return append(store, [act])
    finally:
        store.dispose()


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setenv("WEB_KEY", KEY)
    monkeypatch.setattr(ledgers, "LOOK", 0.02)
    made = Shop(tmp_path)
    yield made
    made.ledger.close()


def soon(true: Callable[[], bool]) -> bool:
    return any(true() or time.sleep(0.05) for _ in range(200))


def visitor(name: str) -> Subject:
    return Subject("record", name, "visitors")


PLAIN = {
    "email": r" ?[A-Za-z0-9._+-]{1,4}@[A-Za-z0-9.-]{1,4}\.[A-Za-z]{1,3} ?",
    "phone": r"\+(49|1|39|44|7)[ /-]?(\(0?[0-9]{1,3}\))?[0-9 /-]{6,11}",
}
YES: dict[str, Any] = {"context": consented(C0002=True)}

GRANTS = {  # what a grant is about -> events that it opens, and such that it does not
    "u1/a1": (
        [{"userId": "u1", "anonymousId": "a1"}, {"userId": "u1"}, {"userId": "u1", "anonymousId": "a7"}],
        [{"anonymousId": "a1"}, {"userId": "u2", "anonymousId": "a1"}, {"userId": "a1"}],
    ),
    "u1/a1#email/firstName": ([{"userId": "u1"}], [{"anonymousId": "a1"}]),
    "/a1": ([{"anonymousId": "a1"}, {"anonymousId": " a1 "}], [{"userId": "u1", "anonymousId": "a1"}]),
    "17/": ([{"userId": 17}, {"userId": "17", "anonymousId": "a1"}], [{"anonymousId": "17"}, {"userId": ["17"]}]),
    "a~1b~2c/": ([{"userId": "a/b#c"}], [{"userId": "a"}]),
}


@pytest.mark.parametrize("about", GRANTS)
def test_a_grant_counts_for_nobody_it_may_not_be_about(shop: Shop, about: str) -> None:
    opened, closed = GRANTS[about]
    shop.say(visitor(about), GRANTED)
    assert soon(lambda: shop.lets_in(**opened[0]))
    assert all(shop.lets_in(**event) for event in opened)
    assert not any(shop.lets_in(**event) for event in closed)


DENIALS = {
    "u1/a1": ([{"userId": "u1"}, {"anonymousId": "a1"}], [{"userId": "u2", "anonymousId": "a1"}, {"userId": "u2"}]),
    "/a1": ([{"anonymousId": "a1"}, {"userId": "u2", "anonymousId": "a1"}], [{"userId": "u2"}]),
}


@pytest.mark.parametrize("about", DENIALS)
def test_a_denial_counts_for_everybody_it_may_be_about(shop: Shop, about: str) -> None:
    closed, opened = DENIALS[about]
    shop.say(visitor(about), DENIED)
    assert soon(lambda: not shop.lets_in(**closed[0], **YES))
    assert not any(shop.lets_in(**event, **YES) for event in closed)
    assert all(shop.lets_in(**event, **YES) for event in opened)


TAKEN_BACK = {  # who says no and then yes -> events of which the no was heard
    "/a1": [{"anonymousId": "a1"}, {"userId": "u1", "anonymousId": "a1"}],
    "u1/a1": [{"userId": "u1", "anonymousId": "a1"}, {"anonymousId": "a1"}],
    "u1/": [{"userId": "u1"}, {"userId": "u2", "previousId": "u1"}],
}


@pytest.mark.parametrize("about", TAKEN_BACK)
def test_who_takes_back_a_no_takes_it_back_wherever_it_was_heard(shop: Shop, about: str) -> None:
    events = TAKEN_BACK[about]
    shop.say(visitor(about), DENIED)
    assert soon(lambda: not any(shop.lets_in(**event, **YES) for event in events))
    shop.say(visitor(about), GRANTED, at=LATER)
    assert soon(lambda: all(shop.lets_in(**event, **YES) for event in events))
    assert not shop.lets_in(userId="u3", anonymousId="a1"), "nobody else is allowed anything by it"


def test_a_no_that_another_browser_claims_ends_where_this_one_says_yes_later(shop: Shop) -> None:
    by_id = {"userId": "u1"}
    here, there = by_id | {"anonymousId": "a1"}, by_id | {"anonymousId": "a2"}
    shop.say(visitor("u1/a1"), GRANTED)
    shop.say(visitor("u1/a2"), DENIED, at=EARLIER + timedelta(minutes=1))
    assert soon(lambda: not shop.lets_in(**here, **YES))
    shop.say(visitor("u1/a1"), GRANTED, at=EARLIER + timedelta(minutes=2))
    assert soon(lambda: shop.lets_in(**here))
    assert not shop.lets_in(**there, **YES) and not shop.lets_in(**by_id, **YES)

    shop.say(visitor("u1/"), DENIED)
    assert soon(lambda: not shop.lets_in(**here, **YES)), "what the user said is not what a browser claims"


def test_a_no_by_telephone_is_taken_back_by_the_same_telephone(shop: Shop) -> None:
    number, event = Subject("phone", "+4930123456"), {"traits": {"phone": "+4930123456"}}
    shop.say(number, DENIED)
    assert soon(lambda: not shop.lets_in("identify", **event, **YES))
    shop.say(number, GRANTED, at=LATER)
    assert soon(lambda: shop.lets_in("identify", **event, **YES))
    assert not shop.lets_in("identify", **event)


def test_what_was_carried_counts_until_those_who_said_it_took_it_back(shop: Shop) -> None:
    record, ann = Subject("record", "1", "crm"), Subject("email", "ann@example.com")
    event = {"userId": "u1", "traits": {"email": "ann@example.com"}}
    shop.says_no(record, ann)
    assert soon(lambda: not shop.lets_in("identify", **event, **YES))
    shop.say(record, GRANTED, "ads", at=LATER)
    shop.say(visitor("u2/"), GRANTED)
    assert soon(lambda: shop.lets_in(userId="u2")) and not shop.lets_in("identify", **event, **YES)
    shop.say(record, GRANTED, at=LATER)
    assert soon(lambda: shop.lets_in("identify", **event, **YES))
    assert not shop.lets_in("identify", **event)


def test_who_is_to_become_another_is_asked_too(shop: Shop) -> None:
    shop.say(visitor("old/"), DENIED)
    assert soon(lambda: not shop.lets_in("alias", userId="new", previousId="old", **YES))
    assert shop.lets_in("alias", userId="new", previousId="other", **YES)


def test_addresses_in_traits_lead_to_what_was_said_by_them(shop: Shop) -> None:
    shop.say(Subject("email", "ann@example.com"), GRANTED)
    shop.say(Subject("phone", "+4930123456"), DENIED)
    assert soon(lambda: shop.lets_in("identify", userId="u1", traits={"email": "ANN@example.com"}))
    assert shop.lets_in(userId="u1", context={"traits": {"email": "ann@example.com"}})
    assert not shop.lets_in("group", groupId="g1", userId="u1", traits={"email": "ann@example.com"})
    numbers = {"email": "ann@example.com", "phone": "+49 30 123456"}
    assert soon(lambda: not shop.lets_in("identify", userId="u1", traits=numbers))
    assert not shop.lets_in("identify", userId="u1", traits={"email": ["ann@example.com"], "phone": 5})


def test_a_grant_by_telephone_counts_for_nobody_because_nobody_knows_who_shares_it(shop: Shop) -> None:
    shop.say(Subject("phone", "+4930123456"), GRANTED)
    shop.say(Subject("email", "ann@example.com"), GRANTED)
    assert soon(lambda: shop.lets_in("identify", traits={"email": "ann@example.com"}))
    assert not shop.lets_in("identify", traits={"phone": "+4930123456"})


ODD_ADDRESSES = ["mailto:ann@example.com", "Ann <ann@example.com>", "ann@example.com.", " Ann@Example.COM "]
ODD_NUMBERS = ["030 123456", "0049 30 123456", "+49 (0)30 123456", "tel:+49 30 123456", "+49030123456", 4930123456]


def test_addresses_are_read_as_staging_reads_them(shop: Shop) -> None:
    shop.say(Subject("email", "ann@example.com"), DENIED)
    shop.say(Subject("email", "ina@example.com"), DENIED)
    shop.say(Subject("phone", "+4930123456"), DENIED)
    assert soon(lambda: not shop.lets_in("identify", traits={"phone": "+4930123456"}, **YES))
    for address in (*ODD_ADDRESSES, "ann\u200b@example.com", "\u0130na@example.com"):
        assert not shop.lets_in("identify", traits={"email": address}, **YES), address
    for number in ODD_NUMBERS:
        assert not shop.lets_in("identify", traits={"phone": number}, **YES), number
    others = {"email": "Bob <bob@example.com>", "phone": "030 123457"}
    assert shop.lets_in("identify", traits=others, **YES)
    assert shop.lets_in("identify", traits={"email": "no address", "phone": "none"}, **YES)


@pytest.mark.parametrize("kind", ["email", "phone"])
@settings(max_examples=40, deadline=None)
@given(text=st.data())
def test_what_is_read_without_a_database_is_read_as_with_one(kind: str, text: st.DataObject) -> None:
    drawn = text.draw(st.from_regex(PLAIN[kind], fullmatch=True), "text")
    read = _plain_address(drawn) if kind == "email" else _plain_number(drawn)
    assert read is None or read == standard(kind, {drawn}, "DE")[drawn]


def gate_that_counts(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> tuple[Gate, list[int]]:
    """A gate that remembers little, and how many texts it had a database read each time it asked one."""
    shop.say(Subject("email", "ana@example.com"), DENIED)
    assert soon(lambda: shop.ledger.knows("email"))
    asked = list[int]()

    def counted(kind: str, texts: Collection[str], country: str | None) -> dict[str, str | None]:
        asked.append(len(texts))
        return standard(kind, texts, country)

    monkeypatch.setattr(gates, "_REMEMBERED", 2)
    monkeypatch.setattr(gates, "standard", counted)
    assert shop.project.consent is not None
    return Gate(shop.project.source("web"), shop.project.consent, shop.ledger, []), asked


def test_what_was_read_for_a_request_is_known_when_it_is_judged_whatever_others_bring(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, asked = gate_that_counts(shop, monkeypatch)
    event = {"event": "Viewed", "traits": {"email": "Ana <ana@example.com>"}, **YES}
    gate.read(gate.unread([event]))
    for number in range(3):  # of others, in the same moment: it is more than is remembered
        gate.read(gate.unread([{"traits": {"email": f"o{number}, o@example.com"}}]))
    assert gate.unread([event]) == set()
    known = list(asked)
    gate.judge(event, Arrival(NOW, "identify"))
    assert asked == known


def test_what_is_longer_than_any_address_is_none_and_no_database_reads_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, asked = gate_that_counts(shop, monkeypatch)
    far = {"traits": {"email": "a b" * 10_000, "phone": "0 30 " * 10_000}}
    assert gate.unread([far]) == set()
    gate.judge({"event": "Viewed", **far}, Arrival(NOW, "identify"))
    assert asked == []
    padded = {"email": " \n" * 200 + "ANA@example.com\u3000\t"}
    assert not shop.lets_in("identify", traits=padded, **YES)


def test_traits_of_the_context_forbid_beside_those_of_the_call_and_allow_nothing(shop: Shop) -> None:
    shop.say(Subject("email", "ann@example.com"), GRANTED)
    shop.say(Subject("email", "bob@example.com"), DENIED)
    own = {"traits": {"plan": "large"}}
    denied = {"context": {**YES["context"], "traits": {"email": "bob@example.com"}}}
    assert soon(lambda: not shop.lets_in("identify", userId="u1", **denied))
    assert not shop.lets_in("identify", userId="u1", **own, **denied)
    assert not shop.lets_in("identify", userId="u1", **own, context={"traits": {"email": "ann@example.com"}})


def test_what_other_sources_and_other_purposes_are_about_counts_for_nothing(shop: Shop) -> None:
    shop.say(Subject("record", "u1/", "crm"), GRANTED)
    shop.say(visitor("u1/"), GRANTED, "ads")
    shop.say(visitor("u2/"), GRANTED)
    assert soon(lambda: shop.lets_in(userId="u2"))
    assert not shop.lets_in(userId="u1")


def test_the_latest_word_counts_and_who_is_forgotten_has_said_nothing(shop: Shop) -> None:
    shop.say(visitor("u1/"), GRANTED)
    assert soon(lambda: shop.lets_in(userId="u1"))
    [denied] = shop.say(visitor("u1/"), DENIED)
    assert soon(lambda: not shop.lets_in(userId="u1", **YES))
    forget(open_store(shop.project.state), [denied.seq])
    assert soon(lambda: shop.lets_in(userId="u1", **YES))


def test_a_grant_of_several_does_not_count_once_one_of_them_is_forgotten(shop: Shop) -> None:
    both = [Saying(visitor(name), "analytics", GRANTED, EARLIER) for name in ("u1/", "u2/")]
    _, second = recorded(shop.project.state, *both)
    assert soon(lambda: shop.lets_in(userId="u1"))
    forget(open_store(shop.project.state), [second.seq])
    assert soon(lambda: not shop.lets_in(userId="u1"))


def test_a_grant_that_was_only_carried_allows_nothing_and_takes_nothing_back(shop: Shop) -> None:
    shop.say(visitor("u1/"), DENIED)
    for name in ("u1/", "u2/"):
        recorded(shop.project.state, Saying(visitor(name), "analytics", GRANTED, LATER, carried=True))
    shop.say(visitor("u3/"), GRANTED)
    assert soon(lambda: shop.lets_in(userId="u3"))
    assert not shop.lets_in(userId="u2") and not shop.lets_in(userId="u1", **YES)


@pytest.mark.parametrize("event", [{"userId": "u1"}, {"anonymousId": "a1"}, {"userId": "u1", "anonymousId": "a1"}])
def test_a_no_outlives_the_name_of_the_source_of_visitors(shop: Shop, event: dict[str, str]) -> None:
    before = Subject("record", "u1/a1", "people_of_web")
    shop.say(before, DENIED)
    assert soon(lambda: not shop.lets_in(**event, **YES))
    shop.say(before, GRANTED, at=LATER)
    assert soon(lambda: shop.lets_in(**event, **YES))
    assert not shop.lets_in(**event), "what allows has to be of a source that is there"


def test_another_ledger_in_its_place_is_read_anew(shop: Shop, tmp_path: Path) -> None:
    shop.say(visitor("u1/"), GRANTED)
    assert soon(lambda: shop.lets_in(userId="u1"))
    other = tmp_path / "other"
    for name in ("u2/", "u3/"):
        recorded(other, Saying(visitor(name), "analytics", GRANTED, EARLIER))
    shop.project.state.rename(tmp_path / "before")
    other.rename(shop.project.state)
    assert soon(lambda: shop.lets_in(userId="u2") and not shop.lets_in(userId="u1"))


def test_while_it_cannot_be_read_what_was_known_counts_for_a_minute(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.say(visitor("u1/"), DENIED)
    assert soon(lambda: not shop.lets_in(userId="u1", **YES))
    (shop.project.state / "control.sqlite-wal").unlink(missing_ok=True)
    (shop.project.state / "control.sqlite").write_bytes(b"no database" * 1000)
    assert shop.ledger.fresh and not shop.lets_in(userId="u1", **YES)
    monkeypatch.setattr(ledgers, "PATIENCE", 0.2)
    assert soon(lambda: not shop.ledger.fresh)


NEWS = Purpose("news", Place("consent.yml"), "News", "marketing", Basis.CONSENT, False, ("email", "sms"))
WEB = Source("web", Place("web.yml"), "collect", {"purposes": ["news"]}, (), ())
OF_WEB = Source("visitors", Place("visitors.yml"), "collect", {"visitors_of": "web"}, (), ())
NAMED, NEIGHBOUR, ELSEWHERE = ("u{}/d{}", "u{}/", "/d{}", "email", "phone"), "v{}/d{}", "crm"
TOLD = st.tuples(
    st.sampled_from((*NAMED, NEIGHBOUR, ELSEWHERE)),
    st.sampled_from((GRANTED, DENIED, Choice.WITHDRAWN)),
    st.sampled_from((None, "email", "sms")),
    st.integers(-30, 5).filter(bool),  # hours from now
    st.booleans(),  # whether a no is carried on
)


class Ground:
    """A ledger that grows by one visitor for each example. numbers: of the visitors"""

    def __init__(self, state: Path) -> None:
        self.store, self.numbers = open_store(state), count(100)
        policy = ConsentPolicy((NEWS,), ())
        self.ledger = Ledger(state, policy, frozenset({"news"}), [WEB, OF_WEB])
        self.ledger.close()  # looks are taken when something was said
        self.gate = Gate(WEB, policy, self.ledger, [OF_WEB])

    def say(self, act: list[Saying]) -> list[Fact]:
        """What was said, as facts; the first saying is of those who spoke."""
        entries = append(self.store, [act])
        self.ledger._look()
        return [
            Fact(
                s.subject,
                s.purpose,
                s.choice,
                s.effective_at,
                None,
                None,
                s.channel,
                None,
                e.seq,
                e.part_of,
                carried=s.carried,
            )
            for e, s in zip(entries, act, strict=True)
        ]

    def lets_in(self, event: dict[str, Any]) -> bool:
        found = self.gate.judge(event, Arrival(NOW, "identify"))
        return found is not None and bool(found.purposes)


def people(number: int) -> dict[str, Subject]:
    """Who may say something that concerns one visitor, or the neighbour who uses the same device."""
    made = {name: visitor(name.format(number, number)) for name in (*NAMED[:3], NEIGHBOUR)}
    address, phone = Subject("email", f"a{number}@example.com"), Subject("phone", f"+49301{number:05}")
    return {**made, "email": address, "phone": phone, ELSEWHERE: Subject("record", f"{number}", "crm")}


def beside(who: str, known: dict[str, Subject]) -> list[Subject]:
    """To whom a no is carried: of an address the records, of a record the addresses."""
    others = NAMED[:3] if who in ("email", "phone") else NAMED[3:]
    return [known[other] for other in others] if who != NEIGHBOUR else []


def counting(facts: list[Fact], scope: tuple[str | None, str | None], subjects: set[Subject]) -> list[Fact]:
    """Those that reach a customer of just these; what was carried not if who said it is one or took it back."""
    spoke = {fact.part_of: fact.subject for fact in facts if not fact.carried}

    def answered(fact: Fact) -> bool:
        who = spoke[fact.part_of]
        return who in subjects or standing(NEWS, scope, [f for f in facts if f.subject == who], NOW).state == GRANTED

    return [fact for fact in facts if fact.subject in subjects and not (fact.carried and answered(fact))]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    made = Ground(tmp_path_factory.mktemp("ground"))
    yield made
    made.store.dispose()


@settings(max_examples=150, deadline=None)
@given(told=st.lists(TOLD, min_size=1, max_size=6))
def test_no_more_is_let_in_than_the_policy_allows_and_what_was_taken_back_closes_nothing(
    ground: Ground, told: list[tuple[str, Choice, str | None, int, bool]]
) -> None:
    number = next(ground.numbers)
    known, facts = people(number), list[Fact]()
    for who, choice, channel, hours, on in told:
        saying = Saying(known[who], "news", choice, NOW + timedelta(hours=hours), channel=channel)
        others = beside(who, known) if on and choice is not GRANTED else []
        facts += ground.say([saying, *(replace(saying, subject=one, carried=True) for one in others)])
    traits = {name: known[name].value for name in ("email", "phone")}
    event = {"userId": f"u{number}", "anonymousId": f"d{number}", "traits": traits}
    agreed = {**event, "context": consented(news=True)}
    subjects = {known[name] for name in NAMED}
    states = [standing(NEWS, scope, counting(facts, scope, subjects), NOW) for scope in NEWS.scopes()]
    assert not ground.lets_in(event) or any(one.allowed for one in states)
    assert not ground.lets_in(agreed) or any(one.state not in FORBIDDING for one in states)
    for who in {who for who, *_ in told}:
        ground.say([Saying(known[who], "news", GRANTED, NOW)])
    assert ground.lets_in(agreed)
