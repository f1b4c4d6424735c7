"""One file per verb: what a person asks for, done and answered as plain values."""
