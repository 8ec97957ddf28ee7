"""The topic of alerts on SNS: one message, with a body of its own for each protocol."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from paywatch.aws.topics import sentence
from paywatch.domain.alert_messages import AlertMessage
from paywatch.errors import TopicUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sns.client import SNSClient


class SnsAlertsTopic:
    """A topic of alerts (ports.AlertsTopic)."""

    def __init__(self, client: SNSClient, arn: str) -> None:
        self._client = client
        self._arn = arn

    def tell(self, message: AlertMessage) -> None:
        """Publish one message; raise TopicUnavailable if it was not taken."""
        try:
            self._client.publish(
                TopicArn=self._arn,
                Subject=message.subject,
                MessageStructure="json",
                Message=json.dumps(dict(message.bodies), ensure_ascii=False),
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in message.attributes.items()
                },
            )
        except (ClientError, BotoCoreError) as error:
            raise TopicUnavailable(sentence(error)) from error
