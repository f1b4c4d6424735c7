"""Environments as written in kinfolk.yml: a list of names, or a mapping that says whose landing each reads."""

from __future__ import annotations

import pytest

from tests.project.folder import Folder

SOURCE = "file: crm.csv\nrecord_id: id\nenvironment: prod\npeople: {email: mail}\n"


def written(folder: Folder, environments: str) -> Folder:
    return folder.write(kinfolk=f"name: Test\nenvironments: {environments}\n", crm=SOURCE)


@pytest.mark.parametrize("environments", ["[prod, dev]", "{prod: {}, dev: {}}", "{prod: , dev: }"])
def test_a_list_and_a_mapping_of_nothing_say_the_same(folder: Folder, environments: str) -> None:
    project = written(folder, environments).load("prod")
    assert (project.environments, project.landing_of, project.landing) == (("prod", "dev"), None, None)


def test_an_environment_that_reads_another_s_landing_has_its_sources(folder: Folder) -> None:
    project = written(folder, "{prod: {}, dev: {landing: prod}}").load("dev")
    assert [source.name for source in project.sources] == ["crm"]
    assert project.landing == folder.path / ".kinfolk/prod"
    assert project.state == folder.path / ".kinfolk/dev"
    assert written(folder, "[prod, dev]").load("dev").sources == ()


@pytest.mark.parametrize(
    ("environments", "mistake"),
    [
        ("{prod: {}, dev: {landing: prd}}", "There is no environment `prd`. Did you mean `prod`?"),
        ("{prod: {}, dev: {landing: dev}}", "`dev` cannot read its own landing"),
        ("{prod: {}, a: {landing: prod}, dev: {landing: a}}", "`a` takes in no sources itself"),
        ("{prod: {}, dev: {landin: prod}}", "landin"),
        ("[prod, {dev: {landing: prod}}]", "a list of names, or a mapping"),
        ("[prod, dev, prod]", "The environment `prod` is listed twice."),
    ],
)
def test_what_cannot_be_meant_is_a_mistake(folder: Folder, environments: str, mistake: str) -> None:
    found = [m for m in written(folder, environments).mistakes("prod") if mistake in m]
    assert len(found) == 1
    assert found[0].startswith("kinfolk.yml:2: ")
