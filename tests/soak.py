"""`python -m tests.soak`: the fault tests again and again, each round with other seeds.

A round has about 80 kills, one at each named point among them, and minutes without Postgres or
Kafka, so the default is more than a thousand. Ends at the first failure and says with which seed
it can be had again.
"""

import argparse
import os
import subprocess
import sys
import time

_TESTS = [
    "tests/faults",
    "tests/warehouse/test_kills.py",
    "tests/warehouse/test_readers.py",
    "tests/kafka/test_faults.py",
    "tests/kafka/test_flow_killed.py",
    "tests/kafka/test_flow_processes.py",
    "tests/kafka/test_outage.py",
    "tests/kafka/test_network.py",
    "tests/kafka/test_bad_messages.py",
]
_SEEDS_A_ROUND = 1_000
_OUTAGE_S = "60"
_VERSIONS = "200"  # of the warehouse, while twenty readers open it
_EVENTS = ("1000000", "40000")  # in these versions: first round, others
_MESSAGES = ("1000000", "20000")  # through Kafka, one in a hundred bad: first round, others


def main() -> None:
    """Run the rounds; exit code 1 after a round that failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the first round")
    arguments, selected = parser.parse_known_args()
    for number in range(arguments.rounds):
        seed = arguments.seed + number * _SEEDS_A_ROUND
        print(f"round {number + 1} of {arguments.rounds}, seed {seed}", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", *(selected or _TESTS)],
            env=os.environ
            | {"FAULTS_SEED": str(seed), "FAULTS_OUTAGE_S": _OUTAGE_S}
            | {"WAREHOUSE_VERSIONS": _VERSIONS, "WAREHOUSE_EVENTS": _EVENTS[number > 0]}
            | {"KAFKA_MESSAGES": _MESSAGES[number > 0]},
            check=False,
        )
        if done.returncode != 0:
            sys.exit(f"failed: python -m tests.soak --rounds 1 --seed {seed}")


if __name__ == "__main__":
    main()
