"""Say whether two builds are the same, byte for byte: `python compare_builds.py DIR DIR`."""

import hashlib
import sys
from pathlib import Path


def files(build: Path) -> dict[str, str]:
    """Return the digest of every file that is deployed, by its path within the build."""
    return {
        str(path.relative_to(build)): hashlib.sha256(path.read_bytes()).hexdigest()
        for part in ("DependenciesLayer", "PaywatchLayer", "PollerFunction")
        for path in sorted((build / part).rglob("*"))
        if path.is_file()
    }


one, other = (files(Path(name)) for name in sys.argv[1:3])
different = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
for name in different[:20]:
    print(f"differs: {name}", file=sys.stderr)
if different or not one:
    sys.exit(f"{len(different)} of {len(one)} files differ")
everything = hashlib.sha256("".join(f"{n} {d}\n" for n, d in sorted(one.items())).encode())
print(f"two builds, {len(one)} files, the same bytes: {everything.hexdigest()[:16]}")
