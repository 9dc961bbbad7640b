"""Look up every package of requirements.lock in PyPI's list of known vulnerabilities: `make audit`.

pip-audit alone ends well where the index knows no vulnerabilities at all, as mirrors do; here a package that could not
be looked up counts as not audited, and is said so. Ends with 1 where a vulnerability is known, else with 0; with
--strict also with 1 where a package was not audited.
"""

import json
import subprocess
import sys

COMMAND = ["pip-audit", "--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json"]


def judge(dependencies: list[dict]) -> tuple[list[str], list[str]]:
    """Lines on known vulnerabilities, and the names of packages that were not looked up."""
    known = [
        f"{package['name']} {package['version']}: {fault['id']}, mended in {fault['fix_versions'] or 'no version'}"
        for package in dependencies
        for fault in package.get("vulns", [])
    ]
    return known, [package["name"] for package in dependencies if "skip_reason" in package]


def main() -> None:
    """Audit, and tell in a few lines."""
    done = subprocess.run([*COMMAND, "-r", "requirements.lock"], capture_output=True, text=True, check=False)  # noqa: S603
    try:
        dependencies = json.loads(done.stdout)["dependencies"]
    except ValueError:
        reason = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        sys.stdout.write(f"not audited, is there a network? {reason}\n")
        sys.exit("--strict" in sys.argv)
    known, missed = judge(dependencies)
    told = [*known, f"{len(known)} known vulnerabilities in {len(dependencies) - len(missed)} packages"]
    if missed:
        told.append(f"not audited, as the index has no answer: {len(missed)} packages, {missed[0]} among them")
    sys.stdout.write("\n".join(told) + "\n")
    sys.exit(bool(known) or ("--strict" in sys.argv and bool(missed)))


if __name__ == "__main__":
    main()
