"""Changing the control state: only commands, the pipeline and privacy may."""
