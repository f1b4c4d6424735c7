"""policies/access.yml: what it means, and every mistake at its line."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kinfolk.model.access import ROLES, Permission
from kinfolk.project import schemas
from kinfolk.project.definition import definition
from tests.project.folder import CONNECTORS, Folder

WHOLE = """\
roles:
  caller: {may: profiles.read}
  custodian: {may: [runs.start]}
people:
  Ada@example.com: [steward, caller]
groups:
  Marketing team: marketer
sign_in:
  session: 8 hours
  idle: 30 minutes
  attempts: 3
  locked: 1 hour
  oidc:
    issuer: https://id.example.com/
    client_id: kinfolk
    client_secret: ${OIDC_SECRET}
"""
ENV = {"OIDC_SECRET": "what the provider gave"}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "policies").mkdir()
    return Folder(tmp_path).write(kinfolk="name: Shop\n")


def access(folder: Folder, text: str) -> Folder:
    (folder.path / "policies" / "access.yml").write_text(text)
    return folder


def test_the_whole_file_is_read(folder: Folder) -> None:
    policy = access(folder, WHOLE).load(env=ENV).access
    assert policy.roles["caller"].may == {Permission.PROFILES_READ}
    assert policy.roles["custodian"].may == {Permission.RUNS_START}  # as written, not as it is everywhere
    assert policy.roles["owner"].may == frozenset(Permission)
    assert (policy.people, policy.groups) == (
        {"ada@example.com": ("steward", "caller")},
        {"Marketing team": ("marketer",)},
    )
    rules = policy.sign_in
    assert (rules.session, rules.idle, rules.locked) == (
        timedelta(hours=8),
        timedelta(minutes=30),
        timedelta(hours=1),
    )
    assert rules.attempts == 3 and rules.passwords
    assert rules.oidc is not None and rules.oidc.issuer == "https://id.example.com"


def test_a_secret_is_known_to_whoever_uses_it_and_shown_to_nobody(folder: Folder) -> None:
    project = access(folder, WHOLE).load(env=ENV)
    oidc = project.access.sign_in.oidc
    assert oidc is not None and not isinstance(oidc.client_secret, str)
    assert oidc.client_secret.reveal() == "what the provider gave"
    assert "what the provider gave" not in repr(project)
    assert "what the provider gave" not in str(definition(project))


def test_without_the_file_there_are_roles_and_nobody_has_one(folder: Folder) -> None:
    policy = folder.load().access
    assert set(policy.roles) == set(ROLES)
    assert not policy.people and not policy.groups and policy.sign_in.attempts == 5


MISTAKES = {
    ("profiles.read", "profiles.raed"): "2: `profiles.raed` is nothing that one may do. Did you mean `profiles.read`?",
    ("[steward, caller]", "[stewart]"): "5: There is no role `stewart`. Did you mean `steward`?",
    ("team: marketer", "team: marketers"): "7: There is no role `marketers`. Did you mean `marketer`?",
    ("Ada@example.com", "Ada"): "5: `Ada` is no e-mail address. Write it as name@example.com.",
    ("8 hours", "soon"): "9: `soon` is no length of time. Write it as `12 hours` or `15 minutes`.",
    ("30 minutes", "0 minutes"): "10: `0 minutes` is no length of time. Write it as `12 hours` or `15 minutes`.",
    ("attempts: 3", "attempts: 0"): "11: `attempts` must be at least 1.",
    ("attempts: 3", "tries: 3"): "11: `tries` is not known here.",
    ("${OIDC_SECRET}", "a-secret-in-the-file"): "16:",
    ("    client_id: kinfolk\n", ""): "13: `client_id` is missing under `oidc`.",
}


@pytest.mark.parametrize(("edit", "mistake"), MISTAKES.items(), ids=[after or "nothing" for _, after in MISTAKES])
def test_every_mistake_is_told_at_its_line(folder: Folder, edit: tuple[str, str], mistake: str) -> None:
    assert WHOLE.count(edit[0]) == 1
    [told] = access(folder, WHOLE.replace(*edit)).mistakes(env=ENV)
    assert told.startswith(f"policies/access.yml:{mistake}")
    assert "a-secret-in-the-file" not in told


def test_there_is_a_way_in(folder: Folder) -> None:
    assert access(folder, "sign_in: {passwords: false}\n").mistakes() == [
        "policies/access.yml:1: Nobody could sign in: there are neither passwords nor an identity provider. "
        "Name `oidc`."
    ]


def test_who_may_do_what_changes_no_result(folder: Folder) -> None:
    before = folder.load().fingerprint
    assert access(folder, WHOLE).load(env=ENV).fingerprint == before


def test_editors_know_the_file() -> None:
    assert set(schemas(CONNECTORS)["access"]["properties"]) == {"roles", "people", "groups", "sign_in"}


@pytest.mark.parametrize("issuer", ["http://id.example.com", "id.example.com", "file:///etc", "https://"])
def test_a_provider_is_reached_by_tls_or_is_on_this_machine(folder: Folder, issuer: str) -> None:
    text = f"sign_in: {{oidc: {{issuer: '{issuer}', client_id: kinfolk, client_secret: '${{OIDC_SECRET}}'}}}}\n"
    mistakes = access(folder, text).mistakes(env=ENV)
    assert [mistake for mistake in mistakes if "no address of an identity provider" in mistake], mistakes
    local = access(folder, text.replace(issuer, "http://localhost:9000")).load(env=ENV).access.sign_in.oidc
    assert local is not None and (local.groups, local.trust_email) == ("groups", False)
