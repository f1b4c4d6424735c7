"""What one file cannot know of another: checks across the project, each a function from files to mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kinfolk.errors import Mistake
from kinfolk.project.checks import access, collect, consent, contracts, identity, models, owners, sources, whole
from kinfolk.project.files import Files

CHECKS: tuple[Callable[[Files], Iterator[Mistake]], ...] = (
    whole.named,
    whole.conventions_once,
    whole.environments_known,
    whole.landing_lent,
    whole.environment_chosen,
    whole.scheduled_environments_known,
    whole.no_plain_secrets,
    sources.names_differ,
    sources.one_connector,
    sources.cursor_goes_with_incremental,
    sources.something_mapped,
    sources.attributes_differ,
    sources.environments_known,
    sources.owners_known,
    sources.people_found,
    collect.loaded_as_events_are,
    collect.write_keys_of_one_source,
    collect.visitors_of_events,
    owners.people_known,
    identity.fields_known,
    identity.keys_mapped,
    identity.personal_compared,
    identity.households_learned,
    identity.accounts_found,
    identity.trusted_sources_known,
    identity.never_about_known_sources,
    identity.verified_where_known,
    models.models_named,
    models.tables_known,
    models.no_cycles,
    models.docs_fit,
    models.owners_of_models_known,
    models.references_known,
    identity.ranked_by_known_columns,
    contracts.sources_known,
    contracts.one_table,
    contracts.limits_read,
    contracts.references_known,
    contracts.queries_sound,
    consent.versions_differ,
    consent.purposes_there,
    consent.purposes_sound,
    consent.channels_known,
    consent.former_names_gone,
    consent.ages_known,
    access.roles_known,
    access.secrets_hidden,
    access.somebody_may_sign_in,
)
