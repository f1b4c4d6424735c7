"""Every table one stage leaves for another: grain, keys, columns, units, subject key, erasure rule."""
