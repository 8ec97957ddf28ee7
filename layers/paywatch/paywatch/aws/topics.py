"""The topic of changes on SNS: batches within its limits, each message's answer read alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from paywatch.domain.events import Message
from paywatch.domain.limits import batches, refusal_of
from paywatch.errors import TopicUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sns.client import SNSClient

# What SNS answers to a request as a whole although one entry in it may be at fault.
_REQUEST_FAULTS = frozenset(
    {
        "BatchEntryIdsNotDistinct",
        "BatchRequestTooLong",
        "InvalidBatchEntryId",
        "InvalidParameter",
        "InvalidParameterValue",
        "ParameterValueInvalid",
        "TooManyEntriesInBatchRequest",
        "ValidationError",
        "ValidationException",
    }
)


class SnsTopic:
    """A topic (ports.Topic)."""

    def __init__(self, client: SNSClient, arn: str) -> None:
        self._client = client
        self._arn = arn

    def publish(self, messages: Sequence[Message]) -> Mapping[str, str | None]:
        """Publish; return for each message id None, or why it was refused.

        What SNS is known to refuse is refused here and not sent. Raise TopicUnavailable if the
        topic refuses everything from the start; if it does so after the first answers, those are
        returned, and the messages without one are refused as "topic unavailable: …".
        """
        refused = {message.id: refusal_of(message) for message in messages}
        sendable = [message for message in messages if refused[message.id] is None]
        answers: dict[str, str | None] = {}
        try:
            for batch in batches(sendable):
                self._send(batch, answers)
        except TopicUnavailable as fault:
            if not answers:
                raise
            for message in sendable:
                answers.setdefault(message.id, f"topic unavailable: {fault}")
        return refused | answers

    def _send(self, batch: Sequence[Message], answers: dict[str, str | None]) -> None:
        """Send one request, or message by message where SNS finds fault with the whole of it."""
        entries: list[Any] = [
            {"Id": str(number), **_content(message)} for number, message in enumerate(batch)
        ]
        try:
            reply = self._client.publish_batch(
                TopicArn=self._arn, PublishBatchRequestEntries=entries
            )
        except (ClientError, BotoCoreError) as error:
            if not _is_request_fault(error):
                raise TopicUnavailable(sentence(error)) from error
            for message in batch:
                self._send_alone(message, answers)
            return
        told: dict[str, str | None] = {entry["Id"]: None for entry in reply.get("Successful", [])}
        for failure in reply.get("Failed", []):
            told[failure["Id"]] = f"{failure['Code']}: {failure.get('Message', 'no reason given')}"
        for number, message in enumerate(batch):
            answers[message.id] = told.get(str(number), "no reply")

    def _send_alone(self, message: Message, answers: dict[str, str | None]) -> None:
        try:
            self._client.publish(TopicArn=self._arn, **_content(message))
        except (ClientError, BotoCoreError) as error:
            if not _is_request_fault(error):
                raise TopicUnavailable(sentence(error)) from error
            answers[message.id] = sentence(error)
        else:
            answers[message.id] = None


def _content(message: Message) -> Any:
    return {
        "Message": message.body,
        "Subject": message.subject,
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": value}
            for name, value in message.attributes.items()
        },
    }


def _is_request_fault(error: ClientError | BotoCoreError) -> bool:
    """Whether something in the request is at fault, not the topic, its key or the line to it."""
    if not isinstance(error, ClientError):
        return False
    code = error.response["Error"].get("Code", "").removesuffix("Exception")
    # The same code also says that the topic's own ARN makes no sense.
    about_topic = "TopicArn" in error.response["Error"].get("Message", "")
    return code in _REQUEST_FAULTS and not about_topic


def sentence(error: ClientError | BotoCoreError) -> str:
    """Say in one line what AWS answered, or why it did not."""
    if isinstance(error, ClientError):
        told = error.response["Error"]
        return f"{told.get('Code', 'unknown')}: {told.get('Message', 'no reason given')}"
    return f"{type(error).__name__}: {error}"
