"""What others know of the pinned packages: `make audit`, which needs the internet.

Asks the index whether each pin is still to be had and not taken back, then the services that pip-audit knows for
vulnerabilities, one after another until one answers for every pin. Exit code: 0 if nothing is known, 1 if something is,
2 if nobody could be asked.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"
SERVICES = ("osv", "pypi")
NOTHING_KNOWN, KNOWN, NOBODY_ASKED = 0, 1, 2


def audit(pip_audit, uv, constraints=CONSTRAINTS):
    """Tell what is known of the pins; return the exit code."""
    taken_back = _ask_index(uv, constraints)
    for line in taken_back:
        _tell(f"index: {line}")
    with tempfile.TemporaryDirectory() as folder:
        files = _one_version_each(constraints, Path(folder))
        for service in SERVICES:
            found, silence = _ask_service(pip_audit, service, files)
            if silence is None:
                _tell(f"{service}: answered for every pin of {constraints.name}; {len(found)} vulnerabilities.")
                for line in found:
                    _tell(f"{service}: {line}")
                return KNOWN if found or taken_back else NOTHING_KNOWN
            _tell(f"{service}: could not be asked: {silence}")
    _tell(
        f"Nobody could be asked for vulnerabilities ({', '.join(SERVICES)}), so nothing is known of them. "
        "Run make audit where api.osv.dev or pypi.org can be reached; HTTPS_PROXY and REQUESTS_CA_BUNDLE are heeded."
    )
    return NOBODY_ASKED


def _ask_index(uv, constraints):
    """Return a line for each pin that the index has not or has taken back."""
    done = _run(uv, "pip", "compile", "--universal", "--no-deps", "--no-header", str(constraints))
    lines = done.stderr.splitlines()
    return [line for line in lines if "yanked" in line] if done.returncode == 0 else lines[:2]


def _one_version_each(constraints, folder):
    """Write all pins to files in which no package is twice, whatever Python they are for; return the files."""
    seen, texts = defaultdict(int), defaultdict(str)
    for line in constraints.read_text(encoding="utf-8").splitlines():
        pin = line.partition(";")[0].strip()
        name = pin.partition("==")[0]
        texts[seen[name]] += f"{pin}\n"
        seen[name] += 1
    for number, text in texts.items():
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    return sorted(folder.iterdir())


def _ask_service(pip_audit, service, files):
    """Return what is known of the pins in words, and why the service could not be asked, None if it could."""
    found = []
    for file in files:
        done = _run(pip_audit, *f"--strict --no-deps --disable-pip --format json -s {service} -r".split(), str(file))
        try:
            packages = json.loads(done.stdout)["dependencies"]
        except ValueError:
            return [], (done.stderr.splitlines() or ["no answer"])[-1]
        found += [
            f"{package['name']} {package['version']}: {known['id']}, mended in {known['fix_versions'] or 'no version'}"
            for package in packages
            for known in package["vulns"]
        ]
    return found, None


def _run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _tell(line):
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(audit(*sys.argv[1:]))
