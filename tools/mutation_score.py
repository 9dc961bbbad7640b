"""Share of mutants that tests noticed, as `mutmut export-cicd-stats` wrote it; ends with 1 below the one given."""

import json
import sys
from pathlib import Path

STATS = Path("mutants/mutmut-cicd-stats.json")


def main() -> None:
    """Print the share; mutants that ran into the time limit count as noticed."""
    stats = json.loads(STATS.read_text(encoding="utf-8"))
    noticed = stats["killed"] + stats["timeout"]
    share = 100 * noticed / stats["total"]
    sys.stdout.write(f"{noticed} of {stats['total']} mutants noticed: {share:.1f} %\n")
    sys.exit(share < float(sys.argv[1]))


if __name__ == "__main__":
    main()
