"""A web site whose events are taken in for purposes, and the policy that says which need consent."""

from __future__ import annotations

from pathlib import Path

from tests.company import Company
from tests.serving import VISITORS, WEB, collecting

POLICY = """
versions: {first: {since: 2025-01-01, text: We look at what you do.}}
purposes:
  analytics: {use: analytics, basis: consent}
  ads: {use: marketing.advertising.third_party, basis: consent}
  fulfilment: {use: essential.service, basis: contract}
  advice: {use: personalize, basis: legitimate_interest, gpc: true}
signals:
  categories: {C0002: [analytics], C0004: [ads]}
  tcf: {purposes: {7: [analytics], 4: [ads]}}
"""
ASKED = "purposes: [analytics, ads], events: {Order Completed: fulfilment, Advised: [advice, ads]}"


def asking(folder: Path, settings: str = ASKED) -> Company:
    """A company whose events are judged."""
    company = collecting(folder)
    company.write("policies/consent.yml", POLICY)
    company.write("sources/web.yml", WEB.replace('["${WEB_KEY}"]', '["${WEB_KEY}"], ' + settings))
    company.write("sources/visitors.yml", VISITORS)
    return company


def consented(**categories: bool) -> dict[str, object]:
    """The context of an event as a banner fills it."""
    return {"consent": {"categoryPreferences": categories}}
