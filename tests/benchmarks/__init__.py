"""What the product does on this machine: `python -m tests.benchmarks --help`."""
