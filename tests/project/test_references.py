"""Secrets come from the environment and are never shown."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import traceback

import pytest

from kinfolk.errors import ProjectError
from kinfolk.model.secret import Secret, revealed
from tests.project.folder import OWNERS, Folder

VAULT = """\
vault:
  host: "db.${ZONE}.example"
  port: ${PORT}
  password: ${PASSWORD}
  header: {auth: "Bearer ${PASSWORD}", kind: "plain"}
record_id: id
people: {email: mail}
"""
HIDDEN = {"X": "hunter2 s3cret"}
ENV = {"ZONE": "eu-hidden-zone", "PORT": "6543", "PASSWORD": "hunter2-s3cret"}


def shown(error: BaseException) -> str:
    """Everything a person or a log could see of an error."""
    return "".join(traceback.format_exception(error)) + repr(error) + str(error)


def test_the_connector_gets_the_values_and_nobody_else_does(folder: Folder) -> None:
    project = folder.write(db=VAULT).load(env=ENV)
    options = project.source("db").options
    assert revealed(options) == {
        "host": "db.eu-hidden-zone.example",
        "port": "6543",
        "password": "hunter2-s3cret",
        "header": {"auth": "Bearer hunter2-s3cret", "kind": "plain"},
    }
    everything = repr(project) + str(project) + repr(dataclasses.asdict(project)) + f"{options['password']}"
    assert "hunter2" not in everything
    assert "hidden-zone" not in everything
    assert "6543" not in everything
    assert "${PASSWORD}" in everything


def test_a_secret_does_not_slip_into_files(folder: Folder) -> None:
    secret = Secret("${NAME}", "value")
    assert (repr(secret), str(secret), f"{secret}", secret.reveal()) == ("${NAME}", "${NAME}", "${NAME}", "value")
    assert copy.deepcopy(secret) == secret != Secret("${NAME}", "other")
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)
    with pytest.raises(TypeError):
        vars(secret)


def test_the_short_form_takes_references(folder: Folder) -> None:
    folder.write(crm="file: ${EXPORTS}/crm.csv\npeople: {email: mail}\n")
    options = folder.load(env={"EXPORTS": "/mnt/exports"}).source("crm").options
    assert repr(options) == "{'path': ${EXPORTS}/crm.csv}"
    assert revealed(options) == {"path": "/mnt/exports/crm.csv"}


def test_references_work_everywhere(folder: Folder) -> None:
    folder.write(kinfolk="name: Test\nstate: ${STATE}\n", crm="file: a\npeople: {tenant: {value: '$${x} ${WORLD}'}}\n")
    project = folder.load(env={"STATE": "/var/kinfolk", "WORLD": "acme"})
    people = project.source("crm").mapping("people")
    assert people is not None
    assert str(project.state) == "/var/kinfolk"
    assert people.columns["tenant"].value == "${x} acme"


def test_a_missing_variable_is_named_once_at_its_line(folder: Folder) -> None:
    assert folder.write(db=VAULT).mistakes(env={"ZONE": "eu", "PASWORD": "hunter2"}) == [
        "sources/db.yml:3: The environment variable `PORT` is not set. Set it before running Kinfolk: `export PORT=…`.",
        "sources/db.yml:4: The environment variable `PASSWORD` is not set. Did you mean `PASWORD`?",
        "sources/db.yml:5: The environment variable `PASSWORD` is not set. Did you mean `PASWORD`?",
    ]


@pytest.mark.parametrize("reference", ["${}", "${A-B}", "${HOME:-x}", "${OPEN"])
def test_a_reference_is_complete(folder: Folder, reference: str) -> None:
    folder.write(crm=f"file: '{reference}'\npeople: {{email: mail}}\n")
    assert [m.split(" ")[0] for m in folder.mistakes(env={"OPEN": "x"})] == ["sources/crm.yml:1:"]
    assert "begins a reference that is not complete" in folder.mistakes()[0]


@pytest.mark.parametrize(
    "change",
    [
        {"PASSWORD": "bad-hunter2"},  # the connector's own message would quote it
        {"PORT": "hunter2"},  # no number
        {"PORT": "-42424242"},  # out of range
    ],
)
def test_a_value_that_does_not_fit_is_not_quoted(folder: Folder, change: dict[str, str]) -> None:
    folder.write(db=VAULT)
    env = {**ENV, **change}
    with pytest.raises(ProjectError) as error:
        folder.load(env=env)
    text = shown(error.value)
    assert all(value not in text for value in env.values())
    assert "sources/db.yml:" in text


@pytest.mark.parametrize(
    "yaml",
    [
        "file: a\ncountry: ${X}\npeople: {email: mail}\n",
        "file: a\nload: ${X}\npeople: {email: mail}\n",
        "file: a\ntime_zone: ${X}\npeople: {email: mail}\n",
        "file: a\nname: ${X}\npeople: {email: mail}\n",
        "file: a\nowner: ${X}\npeople: {email: mail}\n",
        "file: a\nenvironment: ${X}\npeople: {email: mail}\n",
        "file: a\nbelongs_to: {source: '${X}', column: a}\norders: {amount: b}\n",
        "file: a\npeople: {email: {sql: 'lower(a) ${X}'}}\n",
    ],
)
def test_no_mistake_quotes_the_environment(folder: Folder, yaml: str) -> None:
    with pytest.raises(ProjectError) as error:
        folder.write(crm=yaml, owners=OWNERS).load(env=HIDDEN)
    assert "hunter2" not in shown(error.value)
    assert "s3cret" not in shown(error.value)


def test_what_a_connector_says_of_other_settings_is_told_in_its_words(folder: Folder) -> None:
    folder.write(db=VAULT.replace("record_id", "  mode: slow\nrecord_id"))
    assert folder.mistakes(env=ENV) == ["sources/db.yml:1: `vault`: slow is not offered any more."]


@pytest.mark.parametrize("key", ["password", "api_key", "apiKey", "client_secret", "access-token", "TOKEN"])
def test_a_secret_in_plain_text_is_a_mistake_and_is_not_repeated(folder: Folder, key: str) -> None:
    folder.write(db=f"vault:\n  host: h\n  header:\n    {key}: hunter2\npeople: {{email: mail}}\n")
    with pytest.raises(ProjectError) as error:
        folder.load()
    assert f"sources/db.yml:4: `{key}` is a secret written as plain text. Put it in the environment" in str(error.value)
    assert "hunter2" not in shown(error.value)


def test_a_misspelt_secret_is_not_repeated_either(folder: Folder) -> None:
    folder.write(db="vault: {host: h, pasword: hunter2}\npassword: hunter2\npeople: {email: mail}\n")
    text = "\n".join(folder.mistakes())
    assert "Did you mean `password`?" in text
    assert "sources/db.yml:2: `password` is a secret written as plain text." in text
    assert "hunter2" not in text


def test_a_password_in_an_address_is_a_mistake(folder: Folder) -> None:
    folder.write(db="vault: {host: 'postgres://me:hunter2@db/x'}\npeople: {email: mail}\n")
    assert "holds a password as plain text" in folder.mistakes()[0]
    folder.write(db="vault: {host: 'postgres://me:${PASSWORD}@db/x'}\npeople: {email: mail}\n")
    assert folder.mistakes(env={"PASSWORD": "x"}) == []


def test_a_column_may_be_called_token(folder: Folder) -> None:
    folder.write(crm="file: a\npeople: {email: mail, attributes: {token: token, password: pw}}\n")
    assert folder.mistakes() == []


def test_a_new_password_is_no_new_project(folder: Folder) -> None:
    folder.write(db=VAULT)
    before = folder.load(env=ENV).fingerprint
    assert folder.load(env={**ENV, "PASSWORD": "another"}).fingerprint == before
    folder.write(db=VAULT.replace("${PASSWORD}", "${OTHER}"))
    assert folder.load(env={**ENV, "OTHER": "hunter2-s3cret"}).fingerprint != before


def test_the_environment_is_not_quoted_when_a_name_made_of_it_is_mistaken(folder: Folder) -> None:
    folder.write(
        kinfolk="name: Test\nenvironments: [prod]\n", crm="file: a\nenvironment: ${X}\npeople: {email: mail}\n"
    )
    assert folder.mistakes(env={"X": "abc"}) == [
        "sources/crm.yml:2: There is no environment `${X}`. Only known here: `prod`."
    ]
