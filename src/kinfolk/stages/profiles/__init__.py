"""Profiles: one golden row per customer, each value with its origin, and activity tied to customers."""

from kinfolk.stages.profiles.activity import activity_steps, touched_activity_steps
from kinfolk.stages.profiles.golden import golden_fields, profile_steps

__all__ = ["activity_steps", "golden_fields", "profile_steps", "touched_activity_steps"]
