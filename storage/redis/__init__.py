"""Redis, where there is one: only what may be lost with it."""
