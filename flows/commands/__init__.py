"""The commands of the platform, one module per subject."""
