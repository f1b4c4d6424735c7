"""What events say of consent, in the forms that real programs and banners write it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kinfolk.model.consent import Basis, ConsentPolicy, Purpose, Signals
from kinfolk.model.place import Place
from kinfolk.policy.signals import SignalReader
from tests.tc_strings import ranges, written

NOW = datetime(2026, 3, 2, tzinfo=UTC)
HERE = Place("policies/consent.yml")


def purpose(name: str, basis: Basis = Basis.CONSENT, **more: Any) -> Purpose:
    return Purpose(name, HERE, name, "analytics", basis, default=basis is not Basis.CONSENT, **more)


POLICY = ConsentPolicy(
    (purpose("analytics"), purpose("ads", gpc=True), purpose("advice", Basis.LEGITIMATE_INTEREST), purpose("news")),
    (),
    signals=Signals(
        {"C0002": ("analytics",), "Performance": ("analytics",), "Marketing": ("ads", "news")},
        {4: ("ads",), 7: ("analytics", "ads"), 8: ("advice",)},
        tcf_vendor=50,
    ),
)


def said(context: Any, policy: ConsentPolicy = POLICY, *, gpc: bool = False) -> dict[str, tuple[bool, str]]:
    words = SignalReader(policy).words(context, gpc, NOW)
    return {name: (word.yes, word.by) for name, word in words.items()}


def of_segment(**categories: Any) -> dict[str, Any]:
    return {"consent": {"categoryPreferences": categories}}


def test_categories_as_segment_writes_them() -> None:
    found = said(of_segment(C0002=True, Marketing=False, Unknown=True))
    assert found == {
        "analytics": (True, "category C0002"),
        "ads": (False, "category Marketing"),
        "news": (False, "category Marketing"),
    }


def test_a_category_called_like_a_purpose_means_it() -> None:
    assert said(of_segment(news=True)) == {"news": (True, "category news")}


@pytest.mark.parametrize("categories", [{"C0002": True, "Performance": False}, {"Performance": False, "C0002": True}])
def test_of_two_categories_of_one_purpose_the_no_counts(categories: dict[str, bool]) -> None:
    assert said(of_segment(**categories))["analytics"] == (False, "category Performance")


@pytest.mark.parametrize("odd", ["true", 1, "granted", [True], {}])
def test_only_true_is_a_yes(odd: Any) -> None:
    assert said(of_segment(C0002=odd))["analytics"][0] is False


@pytest.mark.parametrize(
    "context",
    [
        None,
        "text",
        [],
        {},
        {"consent": None},
        {"consent": "all"},
        of_segment(C0002=None),
        {"consent": {"categoryPreferences": ["C0002"]}},
        {"consentManagement": "all"},
        {"consentManagement": {"allowedConsentIds": "C0002"}},
        {"consentManagement": [None, 5]},
    ],
)
def test_what_says_nothing_is_neither_yes_nor_no(context: Any) -> None:
    assert said(context) == {}


def of_rudderstack(allowed: list[Any], denied: list[Any], strategy: str | None = "and") -> dict[str, Any]:
    lists = {"allowedConsentIds": allowed, "deniedConsentIds": denied}
    return {"consentManagement": {**lists, "provider": "oneTrust", "resolutionStrategy": strategy}}


def test_lists_as_rudderstack_writes_them() -> None:
    found = said(of_rudderstack(["C0002", 5], ["Marketing"]))
    assert {name: yes for name, (yes, _) in found.items()} == {"analytics": True, "ads": False, "news": False}


@pytest.mark.parametrize(("strategy", "yes"), [("and", False), (None, False), ("or", True)])
def test_of_several_categories_all_are_needed_or_one(strategy: str | None, yes: bool) -> None:
    assert said(of_rudderstack(["C0002"], ["Performance"], strategy))["analytics"][0] is yes


def test_what_is_in_both_lists_is_denied() -> None:
    assert said(of_rudderstack(["C0002"], ["C0002"], "or"))["analytics"][0] is False


def test_of_several_banners_the_no_counts() -> None:
    banners = [of_rudderstack(["C0002"], [])["consentManagement"], of_rudderstack([], ["C0002"])["consentManagement"]]
    for order in (banners, banners[::-1]):
        assert said({"consentManagement": order})["analytics"][0] is False


def test_the_browser_s_wish_closes_whatever_else_says_yes() -> None:
    assert said(of_segment(ads=True, news=True), gpc=True) == {
        "ads": (False, "Sec-GPC"),
        "news": (True, "category news"),
    }
    assert said(None, gpc=True) == {"ads": (False, "Sec-GPC")}


TCF = written(consents={7}, interests={8}, vendors=ranges((50, 50)), interested=ranges((50, 50)))


@pytest.mark.parametrize(
    "context",
    [{"tcString": TCF}, {"consent": {"tcString": TCF}}, {"consent": {"tcf": TCF}}]
    + [{"consent": {"tcf": {"tcString": TCF, "gdprApplies": True, "eventStatus": "tcloaded"}}}],
)
def test_a_tcf_string_wherever_it_is_put(context: dict[str, Any]) -> None:
    assert said(context) == {
        "analytics": (True, "TCF purpose 7"),
        "ads": (False, "TCF purpose 4"),  # which needs two
        "advice": (True, "TCF purpose 8"),
    }


def test_without_consent_for_our_vendor_none_counts() -> None:
    elsewhere = written(consents={4, 7}, interests={8}, vendors=ranges((51, 60)), interested=ranges((51, 60)))
    assert {yes for yes, _ in said({"tcString": elsewhere}).values()} == {False}


@pytest.mark.parametrize("odd", ["", "CPX", 5, {}, TCF[:40]])
def test_a_string_that_cannot_be_read_is_a_no(odd: Any) -> None:
    assert said({"tcString": odd, **of_segment(analytics=True)})["analytics"] == (
        False,
        "a TC string that cannot be read",
    )


def test_a_yes_that_is_older_than_a_grant_may_be_says_nothing() -> None:
    policy = ConsentPolicy((purpose("analytics", months=12),), (), signals=Signals(tcf_purposes={7: ("analytics",)}))
    recent, old = datetime(2025, 3, 3, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC)
    assert said({"tcString": written(consents={7}, updated=recent)}, policy)["analytics"][0] is True
    assert said({"tcString": written(consents={7}, updated=old)}, policy) == {}
    assert said({"tcString": written(updated=old)}, policy)["analytics"][0] is False


def test_where_no_tcf_purpose_means_anything_strings_are_not_looked_at() -> None:
    policy = ConsentPolicy((purpose("analytics"),), ())
    assert said({"tcString": "CPX"}, policy) == {}
