"""FTRL-Proximal for several step sizes at once (McMahan et al. 2013, Algorithm 1, l1 = 0).

A river optimizer whose sums are arrays: river's own walks over features one by one in Python,
this takes all features and step sizes of a step in a few operations, to the same numbers.
"""

from collections.abc import Sequence

import numpy as np
from river import optim

from models.features import Floats, Integers


class FTRLProximals(optim.FTRLProximal):
    """`z` and `n` are of shape (dimension, step sizes)."""

    z: Floats  # type: ignore[assignment]
    n: Floats  # type: ignore[assignment]

    def __init__(
        self, step_sizes: Sequence[float], dimension: int, beta: float = 1.0, l2: float = 1.0
    ) -> None:
        super().__init__(beta=beta, l2=l2)
        self.step_sizes = np.array(step_sizes)
        self.z = np.zeros((dimension, len(step_sizes)))
        self.n = np.zeros((dimension, len(step_sizes)))

    def steps(self, positions: Integers | slice = slice(None)) -> Floats:
        """How far a gradient of 1 moves each weight, of shape (positions, step sizes)."""
        scale = (self.beta + np.sqrt(self.n[positions])) / self.step_sizes + self.l2
        steps: Floats = 1.0 / scale
        return steps

    def weights(self, positions: Integers | slice = slice(None)) -> Floats:
        """As they follow from all gradients so far, of shape (positions, step sizes)."""
        scale = (self.beta + np.sqrt(self.n[positions])) / self.step_sizes + self.l2
        weights: Floats = -self.z[positions] / scale
        return weights

    def step_at(self, positions: Integers, weights: Floats, gradient: Floats) -> None:
        """Take a gradient in. `weights` are those at `positions`, none of which is named
        twice; both arrays are of shape (positions, step sizes)."""
        before = self.n[positions]
        after = before + gradient * gradient
        shrink = (np.sqrt(after) - np.sqrt(before)) / self.step_sizes
        self.z[positions] += gradient - shrink * weights
        self.n[positions] = after
        self.n_iterations += 1
