"""The ports on AWS: one DynamoDB table, one SNS topic, one secret. Clients are passed in."""
