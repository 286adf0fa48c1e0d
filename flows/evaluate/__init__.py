"""How good the success model's served predictions are (docs/evaluation.md)."""
