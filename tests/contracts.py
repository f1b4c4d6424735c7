"""Contracts for tests, in few words."""

from __future__ import annotations

from tests.company import Company

HEAD = "apiVersion: v3.1.0\nkind: DataContract\nid: {source}\nversion: {version}\nstatus: active\n"


def contract(
    company: Company, source: str, columns: str, *, version: str = "1.0.0", table: str = "", custom: str = ""
) -> None:
    """contracts/<source>.odcs.yaml. columns: one `- {name: …}` a line; table, custom: further YAML of theirs."""
    lines = [f"      {line}" for line in columns.strip().splitlines()]
    text = HEAD.format(source=source, version=version)
    text += f"schema:\n  - name: {source}\n    properties:\n" + "\n".join(lines) + "\n"
    if table:
        text += "\n".join(f"    {line}" for line in table.strip().splitlines()) + "\n"
    if custom:
        text += f"customProperties:\n  {custom}\n"
    company.write(f"contracts/{source}.odcs.yaml", text)
