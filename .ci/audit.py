"""Look up known vulnerabilities of what is installed in one folder. Usage: audit.py SITE_PACKAGES.

Ends with 1 when there is one that `audit-ignore.txt` does not name. When the advisory service cannot be reached, or
knows nothing of a package, that is said, and is no failure.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

IGNORED = Path(__file__).with_name("audit-ignore.txt")
OWN = "eclips4d"


def read_ignored(text: str) -> dict[str, str]:
    """Identifiers that are known and why they do not matter here: one a line, the reason after it."""
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    ignored = {word: reason.strip() for word, _, reason in (line.partition(" ") for line in lines if line)}
    for word, reason in ignored.items():
        if not reason:
            sys.exit(f"{IGNORED.name}: say why {word} does not matter")
    return ignored


def verdict(report: dict | None, ignored: dict[str, str]) -> tuple[list[str], int]:
    """What to print and the exit code; a report of None means that there was no answer."""
    packages = [] if report is None else [p for p in report["dependencies"] if p["name"].lower() != OWN]
    looked_up = [p for p in packages if "vulns" in p]
    if not looked_up:
        return ["NOT AUDITED: the advisory service cannot be reached from here, so nothing is known; going on"], 0
    lines = [f"{len(looked_up)} packages looked up"]
    unknown = [p["name"] for p in packages if "vulns" not in p]
    if unknown:
        lines.append(f"not looked up, the service does not know them: {', '.join(unknown)}")
    found = 0
    for package in looked_up:
        for one in package["vulns"]:
            reason = next((ignored[i] for i in (one["id"], *one.get("aliases", [])) if i in ignored), "")
            found += not reason
            cure = f"ignored: {reason}" if reason else f"fixed in {', '.join(one['fix_versions']) or 'no version yet'}"
            lines.append(f"{package['name']} {package['version']}: {one['id']}, {cure}")
    return [*lines, "no known vulnerability" if not found else f"{found} known vulnerabilities"], int(found > 0)


def ask(folder: str) -> dict | None:
    """The report on what is installed there; None when the service does not answer."""
    with tempfile.TemporaryDirectory() as place:
        out = Path(place, "report.json")
        command = [sys.executable, "-m", "pip_audit", "--progress-spinner", "off", "--timeout", "20"]
        command += ["--path", folder, "--format", "json", "--output", str(out)]
        done = subprocess.run(command, capture_output=True, text=True)
        if out.exists() and out.stat().st_size:
            return json.loads(out.read_text("utf-8"))
        print(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no answer")
        return None


def main(folder: str) -> int:
    lines, code = verdict(ask(folder), read_ignored(IGNORED.read_text("utf-8")))
    print("\n".join(lines))
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
