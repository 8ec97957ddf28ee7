"""What each kind of alert means, and what to do: the same words in a mail, a chat and a queue."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from paywatch.domain.alerts import CHANGES_TOPIC, SUBSCRIBERS, Kind

# Who an alert is about, where that is no source.
NAMES = {CHANGES_TOPIC: "The topic of changes", SUBSCRIBERS: "The subscribers"}

# What is said of an alert that is over.
TITLES: Mapping[Kind, str] = {
    Kind.CREDENTIALS_REJECTED: "the API key is taken again",
    Kind.PROVIDER_UNREACHABLE: "it can be reached again",
    Kind.CONTRACT_DRIFT: "everything that is read is understood again",
    Kind.MASS_DISAPPEARANCE: "its lists are plausible again",
    Kind.PROVIDER_FROZEN: "payments move again",
    Kind.PAYMENT_OVERDUE: "no payment is overdue any more",
    Kind.PAYMENT_UNEXPLAINED: "no payment is left unexplained but those that were given up",
    Kind.MISSED_BY_POLL: "no change was missed since",
    Kind.DELIVERY_BACKLOG: "changes reach everyone again",
}

MEANINGS: Mapping[Kind, str] = {
    Kind.CREDENTIALS_REJECTED: (
        "The provider refuses our API key, also after it was read anew from the secret. Nothing is "
        "read there until the key is right; what moves meanwhile is told when it is."
    ),
    Kind.PROVIDER_UNREACHABLE: (
        "The provider does not answer, or answers with its own fault. Nothing is lost: what moves "
        "meanwhile is read when it is back. paywatch tries again by itself."
    ),
    Kind.CONTRACT_DRIFT: (
        "The provider answers something that its documents do not describe, or what is stored of a "
        "payment cannot be read. What is understood is still told; what is not is left out and "
        "counted."
    ),
    Kind.MASS_DISAPPEARANCE: (
        "An improbable share of the open payments left the provider's lists at once, or a list "
        "turned empty. paywatch believes none of it: it tells only what it reads directly."
    ),
    Kind.PROVIDER_FROZEN: (
        "The provider answers, but nothing has moved there for longer than its own history makes "
        "plausible at this hour: its data may be frozen."
    ),
    Kind.PAYMENT_OVERDUE: (
        "Payments stay open for much longer than they usually do. The payer may have paid, with "
        "the provider or the bank not having noticed."
    ),
    Kind.PAYMENT_UNEXPLAINED: (
        "Open payments are in none of the provider's lists, and no answer explains them. They stay "
        "open here, and are asked for again."
    ),
    Kind.MISSED_BY_POLL: (
        "The complete reading found changes that the polls had missed. They were told late, with "
        "detected_by reconcile."
    ),
    Kind.DELIVERY_BACKLOG: (
        "Changes are recorded and do not reach those who wait for them. Nothing is lost: what SNS "
        "has not taken is sent when it takes it again."
    ),
}

NEXT_STEPS: Mapping[Kind, str] = {
    Kind.CREDENTIALS_REJECTED: (
        "Put the right key into the secret: the stack's output SetKeysCommand. It is read again "
        "with every try, within five minutes."
    ),
    Kind.PROVIDER_UNREACHABLE: (
        "Ask the provider. To try at once: paywatch invoke events/poll.json --aws"
    ),
    Kind.CONTRACT_DRIFT: (
        "Read detail in the log (the stack's output TailLogsCommand), and ask the provider what "
        "changed; stored payments that cannot be read are named there."
    ),
    Kind.MASS_DISAPPEARANCE: (
        "Compare with the provider's own dashboard. The brake lets go by itself when the lists are "
        "plausible again."
    ),
    Kind.PROVIDER_FROZEN: "Compare with the provider's own dashboard, and ask the provider.",
    Kind.PAYMENT_OVERDUE: "Look these payments up at the provider; then: paywatch ack {alert}",
    Kind.PAYMENT_UNEXPLAINED: (
        "Look these payments up at the provider. If they are gone for good: "
        "paywatch ack {alert} --close"
    ),
    Kind.MISSED_BY_POLL: (
        "Nothing has to be repaired. If it happens again, raise the pace of requests, or poll more "
        "often."
    ),
    Kind.DELIVERY_BACKLOG: (
        "Look at the topic's policy and key, and at the subscriptions and their queues' policies: "
        "aws sns list-subscriptions-by-topic --topic-arn <ChangesTopicArn>"
    ),
}

# What is to be done at a drill, whatever its kind.
DRILL_STEP = "Nothing: this is a drill."
# Beyond it a number is not written out: it would be all zeros.
LARGEST_EXPONENT = 60


def one_line(text: str, limit: int) -> str:
    """Return the text as one line of at most so many characters, with nothing invisible in it."""
    shown = text if len(text) <= limit else text[: limit - 3] + "..."
    return "".join("?" if _is_unwritable(c) else c for c in shown)


def for_chat(text: str) -> str:
    """Return the text so that a chat shows it, and takes nothing in it for a link or a mention."""
    for character, shown in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("```", "'''")):
        text = text.replace(character, shown)
    return text


def grouped(amount: str) -> str:
    """Write decimal text with commas; what is no plausible number is left as it is."""
    try:
        number = Decimal(amount)
    except InvalidOperation:
        return amount
    return f"{number:,f}" if abs(number.adjusted()) <= LARGEST_EXPONENT else amount


def _is_unwritable(character: str) -> bool:
    category = unicodedata.category(character)
    return category.startswith("C") or category in ("Zl", "Zp")
