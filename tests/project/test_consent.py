"""policies/consent.yml: what it means, and every mistake at its line."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest

from kinfolk.model.consent import Basis
from kinfolk.model.project import Project
from kinfolk.project import schemas
from kinfolk.project.changes import changes
from kinfolk.project.definition import definition
from tests.project.folder import CONNECTORS, Folder

WHOLE = """\
versions:
  "2026-05": {since: 2026-05-01, file: policies/notice.md}
  first: {since: 2025-01-15, text: We write to you.}
channels: [email, sms]
topics: [news, offers]
purposes:
  newsletter:
    title: Our newsletter
    use: marketing.communications.email
    basis: consent
    channels: [email, sms]
    topics: news
    expires: 2 years
    minimum_age: 16
  delivery: {use: dpv:ServiceProvision, basis: contract}
  advice: {use: personalize, basis: legitimate_interest, default: denied}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "notice.md").write_text("We write to you, and to nobody else.")
    return made.write(kinfolk="name: Shop\n", shop="file: a.csv\npeople: {email: mail, birth_date: born}\n")


def consent(folder: Folder, text: str) -> Folder:
    (folder.path / "policies" / "consent.yml").write_text(text)
    return folder


def test_the_whole_file_is_read(folder: Folder) -> None:
    policy = consent(folder, WHOLE).load().consent
    assert policy is not None
    newsletter, delivery, advice = policy.purposes
    assert (newsletter.title, newsletter.months, newsletter.minimum_age) == ("Our newsletter", 24, 16)
    assert list(newsletter.scopes()) == [("email", "news"), ("sms", "news")]
    assert (newsletter.default, delivery.default, advice.default) == (False, True, False)
    assert (delivery.title, delivery.basis, list(delivery.scopes())) == ("delivery", Basis.CONTRACT, [(None, None)])
    assert [version.name for version in policy.versions] == ["first", "2026-05"]
    assert policy.versions[1].digest == hashlib.sha256(b"We write to you, and to nobody else.").hexdigest()


@pytest.mark.parametrize(
    ("day", "version"),
    [(date(2025, 1, 14), None), (date(2025, 1, 15), "first"), (date(2026, 5, 1), "2026-05")],
)
def test_the_version_in_force_is_the_latest_begun(folder: Folder, day: date, version: str | None) -> None:
    policy = consent(folder, WHOLE).load().consent
    assert policy is not None
    found = policy.in_force(day)
    assert (found.name if found else None) == version


SIGNALS = """\
signals:
  categories: {C0002: newsletter, Marketing: [newsletter, advice]}
  tcf: {vendor: 755, purposes: {7: [advice]}}
"""


def test_what_banners_and_tcf_strings_mean(folder: Folder) -> None:
    policy = consent(folder, WHOLE + SIGNALS).load().consent
    assert policy is not None
    assert policy.signals.categories == {"C0002": ("newsletter",), "Marketing": ("newsletter", "advice")}
    assert (policy.signals.tcf_purposes, policy.signals.tcf_vendor) == ({7: ("advice",)}, 755)


@pytest.mark.parametrize(
    ("use", "more", "forbids"),
    [
        ("marketing.advertising.third_party.targeted", "", True),
        ("third_party_sharing", "", True),
        ("marketing.advertising.first_party", "", False),
        ("marketing.advertising.first_party", ", gpc: true", True),
        ("third_party_sharing.legal_obligation", ", gpc: false", False),
    ],
)
def test_a_browser_s_wish_forbids_what_is_sold_or_shared(folder: Folder, use: str, more: str, forbids: bool) -> None:
    policy = consent(folder, WHOLE + f"  ads: {{use: {use}, basis: consent{more}}}\n").load().consent
    assert policy is not None
    found = policy.purpose("ads")
    assert found is not None and found.gpc is forbids


@pytest.mark.parametrize(
    ("edit", "mistake"),
    [
        (("[newsletter, advice]", "[newsletter, advise]"), "18: There is no purpose `advise`. Did you mean `advice`?"),
        (("{7: [advice]}", "{7: [adv]}"), "19: There is no purpose `adv`."),
        (("{7:", "{25:"), "19: `25` must be at most 24."),
        (("755", "0"), "19: `vendor` must be at least 1."),
    ],
)
def test_a_signal_that_means_nothing_is_a_mistake(folder: Folder, edit: tuple[str, str], mistake: str) -> None:
    [found] = consent(folder, WHOLE + SIGNALS.replace(*edit)).mistakes()
    assert found.startswith(f"policies/consent.yml:{mistake}"), found


def test_a_project_without_the_file_has_no_policy(folder: Folder) -> None:
    assert folder.load().consent is None


MISTAKES = {
    ("basis: contract", "basis: contrat"): "15: `basis` cannot be `contrat`. Did you mean `contract`?",
    ("use: personalize", "use: personalise"): "16: `personalise` is no data use. Did you mean `personalize`?",
    ("title: Our", "titel: Our"): "8: `titel` is not known here. Did you mean `title`?",
    ("    use: marketing.communications.email\n", ""): "7: `use` is missing under `newsletter`.",
    ("2 years", "soon"): "13: `soon` is no number of months. Write it as `12 months` or `2 years`.",
    ("2025-01-15", "15 January"): "3: `15 January` is no day. Write it as `2026-05-01`.",
    (
        "[email, sms]\n    topics",
        "[email, smss]\n    topics",
    ): "11: `smss` is not among the channels. Did you mean `sms`?",
    ("topics: news\n", "topics: [news, news]\n"): "12: `news` is listed twice.",
    ("    expires", "    default: granted\n    expires"): (
        "13: Silence is no consent: the default of `newsletter` cannot be granted. "
        "Leave it out, or choose another basis."
    ),
    ("basis: contract", "basis: contract, expires: 1 year"): (
        "15: `expires` is about consent, and the basis of `delivery` is contract. Leave it out."
    ),
    ("minimum_age: 16", "minimum_age: 0"): "14: `minimum_age` must be at least 1.",
    ("policies/notice.md", "notice.md"): ("2: There is no file notice.md. Write its path from the project's folder."),
    (", text: We write to you.", ""): (
        "3: The version `first` has neither a text nor a file. Write `text: …` or `file: …`."
    ),
    ("2025-01-15", "2026-05-01"): "3: The versions `2026-05` and `first` begin on one day.",
}


@pytest.mark.parametrize(("edit", "mistake"), MISTAKES.items(), ids=[after for _, after in MISTAKES])
def test_every_mistake_is_told_at_its_line(folder: Folder, edit: tuple[str, str], mistake: str) -> None:
    assert WHOLE.count(edit[0]) == 1
    assert consent(folder, WHOLE.replace(*edit)).mistakes() == [f"policies/consent.yml:{mistake}"]


def test_a_file_that_says_nothing_is_a_mistake(folder: Folder) -> None:
    assert len(consent(folder, "channels: email\n").mistakes()) == 2


def test_a_minimum_age_needs_dates_of_birth(folder: Folder) -> None:
    folder.write(shop="file: a.csv\npeople: {email: mail}\n")
    [mistake] = consent(folder, WHOLE).mistakes()
    assert mistake.startswith("policies/consent.yml:14: No source has a `birth_date`")


def test_a_folder_called_nearly_right_is_not_passed_over(folder: Folder) -> None:
    (folder.path / "policies").rename(folder.path / "policy")
    assert folder.mistakes() == ["policy:1: A folder of this name is not read. Call it policies."]


@pytest.mark.parametrize("name", ["consents.yml", "Consent.yml", "consent.YML"])
def test_a_file_called_nearly_right_is_not_passed_over(folder: Folder, name: str) -> None:
    (folder.path / "policies" / name).write_text(WHOLE)
    assert folder.mistakes() == [f"policies/{name}:1: A file of this name is not read. Call the file consent.yml."]


def test_another_basis_is_a_breaking_change_and_another_title_is_not(folder: Folder) -> None:
    def changed(before: str, after: str) -> list[tuple[str, bool, str]]:
        was = definition(consent(folder, WHOLE).load())
        now: Project = consent(folder, WHOLE.replace(before, after)).load()
        return [(change.what, change.breaking, str(change.place)) for change in changes(was, now)]

    line = "policies/consent.yml:"
    assert changed("basis: contract", "basis: public_interest") == [
        ("consent: purpose delivery: basis", True, f"{line}15")
    ]
    assert changed("Our newsletter", "Our letter") == [("consent: purpose newsletter: title", False, f"{line}7")]
    assert changed("  delivery: {use: dpv:ServiceProvision, basis: contract}\n", "") == [
        ("consent: purpose delivery", True, f"{line}6")
    ]


def test_a_model_reads_what_holds_only_where_there_is_a_policy(folder: Folder) -> None:
    (folder.path / "models").mkdir()
    (folder.path / "models" / "may_be_written_to.sql").write_text(
        "select customer_id\nfrom consent.state\nwhere allowed"
    )
    assert consent(folder, WHOLE).mistakes() == []
    (folder.path / "policies" / "consent.yml").unlink()
    assert folder.mistakes() == [
        "models/may_be_written_to.sql:2: There is no consent.state without policies/consent.yml. "
        "Write its purposes and versions there."
    ]


def test_editors_know_the_file() -> None:
    made = schemas(CONNECTORS)["consent"]
    assert made["required"] == ["versions", "purposes"]
    assert "legitimate_interest" in made["$defs"]["Basis"]["enum"]
