"""Reading the control state."""
