"""Transforms SAM templates with the translator that AWS publishes and prints the roles that it makes.

Usage: sam.py SEED COUNT > sam.json      generated templates
       sam.py FILE... > cases.json       templates of files; those that the translator refuses are left out

Needs `aws-sam-translator` from PyPI. Each case has the template's text and the trust policy of every role by its
logical id.
"""

import json
import os
import random
import sys
from unittest.mock import MagicMock

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
os.environ.setdefault("AWS_ACCESS_KEY_ID", "x")
os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "x")

import samtranslator.yaml_helper as yaml_helper
import yaml
from samtranslator.parser.parser import Parser
from samtranslator.translator.transform import transform


# Properties that name files, which are uploaded before anything is transformed.
FILES = ["CodeUri", "ContentUri", "DefinitionUri", "SchemaUri"]


def uploaded(template):
    parts = [r for r in (template.get("Resources") or {}).values() if isinstance(r, dict)]
    parts = [r.get("Properties") for r in parts] + list((template.get("Globals") or {}).values())
    for properties in parts:
        for name in FILES:
            if isinstance(properties, dict) and isinstance(properties.get(name), str):
                properties[name] = "s3://bucket/key"
    return template


def roles(text):
    template = uploaded(yaml_helper.yaml_parse(text))
    loader = MagicMock()
    loader.load.return_value = {}
    made = transform(template, {}, loader)
    found = made["Resources"].items()
    return {
        name: role["Properties"].get("AssumeRolePolicyDocument")
        for name, role in found
        if role.get("Type") == "AWS::IAM::Role"
    }


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def chance(self, part):
        return self.random.random() < part

    def pick(self, things):
        return self.random.choice(things)

    def policy(self, service):
        statement = {
            "Effect": "Allow",
            "Action": self.pick(["sts:AssumeRole", ["sts:AssumeRole"]]),
            "Principal": {"Service": self.pick([service, [service, "edgelambda.amazonaws.com"]])},
        }
        if self.chance(0.3):
            statement["Principal"] = {"AWS": "arn:aws:iam::111122223333:root"}
        return {"Version": "2012-10-17", "Statement": self.pick([[statement], [statement, statement]])}

    def template(self):
        resources = {}
        for index in range(self.random.randint(1, 4)):
            kind = self.pick([self.function, self.function, self.machine, self.graph, self.provider])
            resource = kind(f"R{index}")
            if self.chance(0.2):
                resource["Condition"] = self.pick(["On", "Other"])
            resources[f"R{index}"] = resource
        template = {
            "Transform": "AWS::Serverless-2016-10-31",
            "Parameters": {"Stage": {"Type": "String", "Default": "a"}},
            "Conditions": {
                "On": {"Fn::Equals": [{"Ref": "Stage"}, "a"]},
                "Other": {"Fn::Equals": [{"Ref": "Stage"}, "b"]},
            },
            "Resources": resources,
        }
        if self.chance(0.4):
            function = {"Timeout": 3}
            if self.chance(0.5):
                function["AssumeRolePolicyDocument"] = self.policy("lambda.amazonaws.com")
            if self.chance(0.3):
                function["AutoPublishAlias"] = "live"
                function["DeploymentPreference"] = self.deployment()
            template["Globals"] = {"Function": function}
        return template

    def role(self):
        arn = "arn:aws:iam::111122223333:role/own"
        choice = self.random.random()
        if choice < 0.5:
            return arn
        absent = {"Ref": "AWS::NoValue"}
        return {"Fn::If": ["On", *self.pick([(arn, absent), (absent, arn), (arn, arn)])]}

    def deployment(self):
        preference = {"Type": "AllAtOnce"}
        if self.chance(0.4):
            preference["Enabled"] = self.pick([True, False, "false"])
        if self.chance(0.3):
            preference["Role"] = "arn:aws:iam::111122223333:role/deploy"
        return preference

    def function(self, name):
        properties = {"Handler": "a.b", "Runtime": "python3.12", "CodeUri": "s3://b/k"}
        if self.chance(0.3):
            properties["Role"] = self.role()
        if self.chance(0.3):
            properties["AssumeRolePolicyDocument"] = self.policy("lambda.amazonaws.com")
        if self.chance(0.3):
            properties["AutoPublishAlias"] = "live"
            properties["DeploymentPreference"] = self.deployment()
        if self.chance(0.5):
            properties["Events"] = {f"E{i}": self.event(True) for i in range(self.random.randint(1, 3))}
        return {"Type": "AWS::Serverless::Function", "Properties": properties}

    def event(self, function):
        kind = self.pick(["Schedule", "ScheduleV2", "EventBridgeRule", "CloudWatchEvent", "Api"])
        properties = {
            "Schedule": {"Schedule": "rate(1 day)"},
            "ScheduleV2": {"ScheduleExpression": "rate(1 day)"},
            "EventBridgeRule": {"Pattern": {"source": ["x"]}},
            "CloudWatchEvent": {"Pattern": {"source": ["x"]}},
            "Api": {"Path": f"/{self.random.randint(0, 10**9)}", "Method": "get"},
        }[kind]
        if kind == "ScheduleV2" or kind == "Schedule" and not function:
            if self.chance(0.3):
                properties["RoleArn"] = "arn:aws:iam::111122223333:role/own"
        return {"Type": kind, "Properties": properties}

    def machine(self, name):
        properties = {"DefinitionUri": "s3://b/k"}
        if self.chance(0.3):
            properties["Role"] = self.pick(
                ["arn:aws:iam::111122223333:role/own", {"Fn::If": ["On", "arn:aws:iam::111122223333:role/own", {"Ref": "AWS::NoValue"}]}]
            )
        if self.chance(0.6):
            properties["Events"] = {f"E{i}": self.event(False) for i in range(self.random.randint(1, 3))}
        return {"Type": "AWS::Serverless::StateMachine", "Properties": properties}

    def graph(self, name):
        properties = {"Name": name, "SchemaInline": "type Query { a: String }", "Auth": {"Type": "AWS_IAM"}}
        if self.chance(0.5):
            properties["Logging"] = self.pick(
                [True, False, {"FieldLogLevel": "ALL"}, {"CloudWatchLogsRoleArn": "arn:aws:iam::111122223333:role/own"}]
            )
        if self.chance(0.6):
            own = {"ServiceRoleArn": "arn:aws:iam::111122223333:role/own"} if self.chance(0.4) else {}
            table = {"TableName": "t", "TableArn": "arn:aws:dynamodb:us-east-1:111122223333:table/t", **own}
            code = {"FunctionArn": "arn:aws:lambda:us-east-1:111122223333:function:f", **own}
            properties["DataSources"] = {"DynamoDb": {"Posts": table}, "Lambda": {"Code": code}}
        return {"Type": "AWS::Serverless::GraphQLApi", "Properties": properties}

    def provider(self, name):
        properties = {"VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}
        if self.chance(0.4):
            properties["OperatorRole"] = "arn:aws:iam::111122223333:role/own"
        return {"Type": "AWS::Serverless::CapacityProvider", "Properties": properties}


def generated(seed, count):
    for index in range(count):
        template = Generator(f"{seed}/{index}").template()
        yield yaml.safe_dump(template, sort_keys=False) if index % 3 == 0 else json.dumps(template)


def main():
    if sys.argv[1].isdigit():
        texts = generated(int(sys.argv[1]), int(sys.argv[2]))
    else:
        texts = (open(path, encoding="utf-8").read() for path in sys.argv[1:])
    cases, refused = [], 0
    for text in texts:
        try:
            cases.append({"template": text, "roles": roles(text)})
        except Exception as error:
            refused += 1
            print(repr(error)[:300], getattr(error, "causes", ""), file=sys.stderr)
    print(f"{len(cases)} transformed, {refused} refused", file=sys.stderr)
    json.dump(cases, sys.stdout, indent=0)
    sys.stdout.write("\n")


main()
