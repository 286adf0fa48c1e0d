"""Import of a person's own diary of applications: a spreadsheet → events (docs/import.md)."""
