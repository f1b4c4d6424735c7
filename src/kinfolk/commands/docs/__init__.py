"""`kinfolk docs build`: the project as a website of plain files, drawn from its definitions alone.

    Project ─ facts ─▶ what each page says ─ templates ─▶ pages
       └──── lineage ─ diagram ─▶ places of boxes and lines ─┘

No page holds data of a person: nothing is read but the project's files, and values of `${NAME}` are shown as written.
"""

from kinfolk.commands.docs.build import Site, build_docs

__all__ = ["Site", "build_docs"]
