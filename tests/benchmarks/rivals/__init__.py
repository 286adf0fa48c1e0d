"""What the flow is measured against; each module is a process: FILE DATABASE → JSON."""
