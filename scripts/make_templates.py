"""Writes the data of the project templates (src/kinfolk/templates/*/data) anew; equal byte for byte each time.

python scripts/make_templates.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from template_data import ecommerce, finance, saas  # noqa: E402

TEMPLATES = Path(__file__).parent.parent / "src" / "kinfolk" / "templates"


def main() -> None:
    """Each company into its own folder."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else TEMPLATES
    for company in (ecommerce, saas, finance):
        company.write(folder / company.__name__.rpartition(".")[2])


if __name__ == "__main__":
    main()
