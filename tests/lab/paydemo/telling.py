"""How the demonstration puts things into words."""

from collections.abc import Mapping
from typing import Any

from paydemo.play import Seen

_OPEN_WORDS = {"compago": ("PENDING",), "onepay": ("created", "processing")}


def change(event: Mapping[str, Any]) -> str:
    """Tell of a change as the subscriber received it."""
    data = event["data"]
    before = data["previous_status"] or "new"
    derived = " (by our clock)" if data["derived"] else ""
    order = data["external_id"] or data["payment_id"][:8]
    time = str(event["time"])[11:19]
    return (
        f"{time}  {data['provider']:<8} {order:<11} {data['amount']:>10} {data['currency']}  "
        f"{before:>10} → {data['status']}{derived}"
    )


def source(name: str, report: Mapping[str, Any]) -> str:
    """Tell of one source's poll."""
    if report["outcome"] != "ok":
        return f"{name} {report['outcome']}"
    changes = report["opened"] + report["changed"]
    return f"{name} ok, {report['seen']} rows, {changes} changes"


def tick(seen: Seen) -> str:
    """Tell of a tick in one line."""
    words = [source(name, each) for name, each in seen.report.get("sources", {}).items()]
    told = seen.fault or "; ".join(words)
    kind = "settling" if seen.settling else "tick"
    return f"{kind} {seen.number:>3}  {seen.at:%H:%M}  {told}; received {len(seen.events)}"


def open_words(provider: str) -> tuple[str, ...]:
    """Return a provider's own words for what is still to move."""
    return _OPEN_WORDS[provider]
