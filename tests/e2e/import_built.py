"""Import all that was built, with nothing else on the path: `python3.13 -I -S import_built.py DIR`.

Under -I and -S there is no site-packages, as in the Lambda runtime (which brings a boto3 of its
own, behind the layers): what a layer lacks is missing here too.
"""

import importlib
import pkgutil
import sys
import time
from pathlib import Path

build = Path(sys.argv[1]).resolve()
package = build / "PaywatchLayer/python"
dependencies = build / "DependenciesLayer/python"
# The order of the Lambda runtime: the function's own folder, then the layers.
sys.path[:0] = [str(build / "PollerFunction"), str(package), str(dependencies)]

started = time.perf_counter()
handler = importlib.import_module("app").lambda_handler
seconds = time.perf_counter() - started

# The operator's command line is not deployed: what it stands on is not in the layer.
modules = [
    module.name
    for module in pkgutil.walk_packages([str(package / "paywatch")], "paywatch.")
    if not module.name.startswith("paywatch.cli")
]
for name in modules:
    importlib.import_module(name)

assert callable(handler)
elsewhere = {
    name
    for name in ("paywatch", "boto3", "botocore", "httpx", "pydantic_core", "aws_lambda_powertools")
    if build not in Path(str(importlib.import_module(name).__file__)).parents
}
assert not elsewhere, f"not from the layers: {elsewhere}"
print(f"imported app and {len(modules)} modules of paywatch; app alone took {seconds:.2f} s")
