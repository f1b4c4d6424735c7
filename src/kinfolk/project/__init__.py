"""A folder of YAML files becomes one frozen Project, or one error that lists every mistake.

    folder ─ yaml_reader ─▶ Document ─ references ─▶ Resolved ─ written.* ─▶ settings ─ checks ─ freeze ─▶ Project
             text, doubled   values     ${NAME}       env in     pydantic     typed      across   frozen
             keys            and lines                place      shapes                  files    values

Every station hands on what it could read, so that one mistake does not hide the next. A new file kind is one module
in `written/`, its checks in `checks/`, a line in `loading` and a line in `schema`.
"""

from kinfolk.project.loading import environment_values, load, load_access
from kinfolk.project.schema import schemas

__all__ = ["environment_values", "load", "load_access", "schemas"]
