"""`make sbom`: what each package holds from outside, as CycloneDX 1.5 in JSON, out of uv.lock; the same bytes each time.

    python systemd/package/sbom.py [--to dist]

uv writes the list with each file's address and SHA-256; its random number and its clock are replaced, so that two builds of one
commit agree. `make deb` puts the same file into /usr/share/doc/cardroom-NAME/.
"""

import argparse
import json
import os
import subprocess
import sys
import tomllib
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMESPACE = uuid.UUID("2d5f1f52-6a6f-5d0c-9a0b-6f1c6f3d7a10")
"""Of our serial numbers (RFC 4122, version 5)."""


def main() -> int:
    """Write a file for each package; 1 with a sentence when uv can't."""
    from packing import PACKAGES  # which takes the bill of one package from here

    parser = argparse.ArgumentParser(description="Write the bills of materials.")
    parser.add_argument("--to", type=Path, default=ROOT / "dist", help="folder (default dist)")
    folder = parser.parse_args().to
    commit = ["git", "log", "-1", "--format=%ct"]
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or subprocess.check_output(commit, cwd=ROOT, text=True)
    folder.mkdir(parents=True, exist_ok=True)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for name, package in PACKAGES.items():
        try:
            text = bill_of_materials(name, package.extras, version, int(epoch))
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            print(f"make sbom: uv can't write the list ({error}); run make setup first", file=sys.stderr)
            return 1
        path = folder / f"cardroom-{name}.cdx.json"
        path.write_text(text)
        print(f"{path}  {len(json.loads(text)['components'])} components")
    return 0


def bill_of_materials(name: str, extras: Sequence[str], version: str, epoch_s: int) -> str:
    """Give the bill of one package as JSON, stamped by its commit's instant. Raises CalledProcessError."""
    words = [".tools/bin/uv", "export", "--quiet", "--frozen", "--no-dev", "--format", "cyclonedx1.5"]
    words += [word for extra in extras for word in ("--extra", extra)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    bill = json.loads(done.stdout)
    del bill["serialNumber"]
    bill["metadata"]["timestamp"] = datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    bill["metadata"]["component"] |= {"type": "application", "name": f"cardroom-{name}", "version": version}
    content = json.dumps(bill, sort_keys=True, ensure_ascii=False)
    return json.dumps({**bill, "serialNumber": f"urn:uuid:{uuid.uuid5(NAMESPACE, content)}"}, indent=1) + "\n"


if __name__ == "__main__":
    sys.exit(main())
