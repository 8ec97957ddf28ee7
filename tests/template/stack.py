"""The template as CloudFormation sees it: transformed, with conditions and parameters applied."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
NOTHING = object()  # what AWS::NoValue leaves

PSEUDO_PARAMETERS = {
    "AWS::AccountId": "123456789012",
    "AWS::NoValue": NOTHING,
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::StackName": "paywatch",
}


def template() -> dict[str, Any]:
    """Read the template as it was written."""
    parsed: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    return parsed


@cache
def transformed(**parameters: str) -> dict[str, Any]:
    """Run the SAM transform."""
    written = template()
    for resource in written["Resources"].values():
        # Where `sam deploy` would have put what `sam build` made.
        for uri in {"CodeUri", "ContentUri"} & resource["Properties"].keys():
            resource["Properties"][uri] = "s3://bucket/key"
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name="us-east-1"))
    result: dict[str, Any] = translator.translate(written, parameters)
    return result


class Stack:
    """What a deployment with these parameters would have.

    Where a value is only known after the deployment, it is a word: `${Table}` for `!Ref Table`, and
    `${Table.Arn}` for `!GetAtt Table.Arn`.
    """

    def __init__(self, **parameters: str) -> None:
        self._template = transformed(**parameters)
        declared = self._template["Parameters"]
        self._values: dict[str, Any] = {
            **{name: str(each["Default"]) for name, each in declared.items()},
            **parameters,
            **PSEUDO_PARAMETERS,
        }
        self.resources: dict[str, dict[str, Any]] = {
            name: self._resolve(resource)
            for name, resource in self._template["Resources"].items()
            if "Condition" not in resource or self._holds(resource["Condition"])
        }
        self.outputs: dict[str, Any] = {
            name: self._resolve(output["Value"])
            for name, output in self._template["Outputs"].items()
        }

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the properties of every resource of a type, by logical id."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def only(self, kind: str) -> dict[str, Any]:
        """Return the properties of the only resource of a type."""
        (properties,) = self.of_type(kind).values()
        return properties

    def properties(self, name: str) -> dict[str, Any]:
        """Return a resource's properties."""
        found: dict[str, Any] = self.resources[name]["Properties"]
        return found

    def _holds(self, condition: str) -> bool:
        return bool(self._resolve(self._template["Conditions"][condition]))

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [each for each in map(self._resolve, value) if each is not NOTHING]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            if function == "Ref":
                return self._values.get(argument, f"${{{argument}}}")
            if function == "Condition" and isinstance(argument, str):
                return self._holds(argument)
            if function.startswith("Fn::"):
                return self._call(function, argument)
        resolved = {key: self._resolve(each) for key, each in value.items()}
        return {key: each for key, each in resolved.items() if each is not NOTHING}

    def _call(self, function: str, argument: Any) -> Any:
        if function == "Fn::If":
            condition, yes, no = argument
            return self._resolve(yes if self._holds(condition) else no)
        if function == "Fn::GetAtt":
            return "${" + (argument if isinstance(argument, str) else ".".join(argument)) + "}"
        if function == "Fn::Sub":
            text, own = (argument, {}) if isinstance(argument, str) else argument
            known = {k: v for k, v in self._values.items() if isinstance(v, str)}
            known |= self._resolve(own)
            return re.sub(r"\$\{([^}]+)\}", lambda found: known.get(found[1], found[0]), text)
        resolved = self._resolve(argument)
        if function == "Fn::Split":
            separator, text = resolved
            return text.split(separator)
        if function == "Fn::Select":
            number, values = resolved
            return values[int(number)]
        if function == "Fn::Equals":
            left, right = resolved
            return str(left) == str(right)
        if function == "Fn::Not":
            return not resolved[0]
        raise AssertionError(f"{function} is not understood here")
