"""Deploys generated templates into moto and prints what it stores of each role.

Usage: record.py SEED COUNT > truth.json

Needs `moto[cloudformation,iam]` from PyPI. Each case has the template's text, the parameters that are given, and the
trust policy that the emulator's IAM returns. A template that the emulator refuses is left out and counted on standard
error. What the generator leaves out on purpose, because the emulator differs from the service there, stands at the
place where it would be made.
"""

import json
import random
import sys

import boto3
import yaml
from moto import mock_aws

ACCOUNTS = ["111122223333", "444455556666", "012345678901"]
WORDS = ["", "a", "prod", "test", "x-y", "42"]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.parameters = {}
        self.conditions = {}
        self.mappings = {}

    def chance(self, part):
        return self.random.random() < part

    def pick(self, things):
        return self.random.choice(list(things))

    def template(self):
        for index in range(self.random.randint(1, 4)):
            self.parameters[f"P{index}"] = {"Type": "String", "Default": self.pick(WORDS)}
        self.parameters["Account"] = {"Type": "String", "Default": self.pick(ACCOUNTS)}
        self.parameters["Several"] = {"Type": "CommaDelimitedList", "Default": ",".join(ACCOUNTS)}
        row = lambda: {"id": self.pick(ACCOUNTS), "word": self.pick(WORDS[1:])}
        self.mappings["Table"] = {key: row() for key in ["one", "two"]}
        for index in range(self.random.randint(1, 4)):
            condition = self.condition(2)
            # The emulator does not know a condition that only names another one.
            alias = "Condition" in condition
            self.conditions[f"C{index}"] = {"Fn::Not": [condition]} if alias else condition
        statements = [self.statement() for _ in range(self.random.randint(1, 3))]
        statements = [self.optional(s) if self.chance(0.3) else s for s in statements]
        # Something must be left.
        statements.append(self.statement())
        document = {"Version": "2012-10-17", "Statement": statements}
        if self.chance(0.15):
            document = {"Fn::If": [self.pick(self.conditions), document, {"Version": "2012-10-17", "Statement": [self.statement()]}]}
        role = {
            "Type": "AWS::IAM::Role",
            "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": document},
        }
        return {
            "Parameters": self.parameters,
            "Mappings": self.mappings,
            "Conditions": self.conditions,
            "Resources": {"R": role},
        }

    def condition(self, depth):
        known = list(self.conditions)
        kind = self.random.randint(0, 4 if depth else 0)
        if kind == 1 and known:
            return {"Condition": self.pick(known)}
        if kind == 2:
            return {"Fn::Not": [self.condition(depth - 1)]}
        if kind in (3, 4):
            name = "Fn::And" if kind == 3 else "Fn::Or"
            return {name: [self.condition(depth - 1) for _ in range(self.random.randint(2, 3))]}
        left = {"Ref": self.pick(p for p in self.parameters if p != "Several")}
        # The emulator does not evaluate functions other than `Ref` and `Fn::FindInMap` inside of conditions.
        right = self.pick(WORDS + ACCOUNTS)
        return {"Fn::Equals": [left, right] if self.chance(0.7) else [right, left]}

    def optional(self, value):
        branches = [value, {"Ref": "AWS::NoValue"}]
        self.random.shuffle(branches)
        return {"Fn::If": [self.pick(self.conditions), *branches]}

    def statement(self):
        service = self.chance(0.25)
        principal = {"Service": "ec2.amazonaws.com"} if service else {"AWS": self.principals()}
        if self.chance(0.15):
            principal = {"Fn::If": [self.pick(self.conditions), principal, {"AWS": self.principal(1)}]}
        statement = {
            "Effect": "Allow" if self.chance(0.85) else "Deny",
            "Action": self.pick(["sts:AssumeRole", ["sts:AssumeRole", "sts:TagSession"]]),
            "Principal": principal,
        }
        if self.chance(0.5):
            condition = {"StringEquals": {"sts:ExternalId": self.text(2)}}
            if self.chance(0.3):
                condition["Bool"] = {"aws:SecureTransport": self.pick(["true", True])}
            statement["Condition"] = self.optional(condition) if self.chance(0.4) else condition
        return statement

    def principals(self):
        if self.chance(0.6):
            return self.principal(2)
        if self.chance(0.2):
            return {"Ref": "Several"}
        items = [self.principal(1) for _ in range(self.random.randint(1, 3))]
        items = [self.optional(i) if self.chance(0.2) else i for i in items]
        return [*items, self.pick(ACCOUNTS)]

    def principal(self, depth):
        kind = self.random.randint(0, 6)
        if kind == 0:
            return {"Fn::Sub": "arn:${AWS::Partition}:iam::${Account}:root"}
        if kind == 1:
            return {"Fn::Join": ["", ["arn:aws:iam::", self.account(depth), ":role/x"]]}
        if kind == 2:
            return {"Fn::Sub": ["arn:aws:iam::${Id}:user/${!Name}", {"Id": self.account(depth)}]}
        if kind == 3:
            return {"Fn::Join": [":", ["arn:aws:iam:", {"Ref": "AWS::AccountId"}, "root"]]}
        if kind == 4:
            return {"Fn::If": [self.pick(self.conditions), self.account(0), self.account(depth)]}
        return self.account(depth)

    def account(self, depth):
        kind = self.random.randint(0, 5 if depth else 1)
        if kind == 0:
            return self.pick(ACCOUNTS)
        if kind == 1:
            return {"Ref": "Account"}
        if kind == 2:
            return {"Fn::FindInMap": ["Table", self.pick(["one", "two"]), "id"]}
        if kind == 3:
            return {"Fn::Select": [self.pick([0, "1", 2]), {"Ref": "Several"}]}
        if kind == 4:
            arn = f"arn:aws:iam::{self.pick(ACCOUNTS)}:root"
            return {"Fn::Select": ["4", {"Fn::Split": [":", arn]}]}
        return {"Fn::If": [self.pick(self.conditions), self.account(depth - 1), self.account(depth - 1)]}

    def text(self, depth):
        kind = self.random.randint(0, 6 if depth else 1)
        parameter = self.pick(p for p in self.parameters if p != "Several")
        if kind == 0:
            return self.pick(WORDS[1:]) + "-id"
        if kind == 1:
            return {"Ref": parameter}
        if kind == 2:
            return {"Fn::Sub": f"id-${{{parameter}}}-${{AWS::Region}}-${{AWS::AccountId}}"}
        if kind == 3:
            return {"Fn::Join": [self.pick(["", "-", "/"]), [self.text(depth - 1), "end", self.text(depth - 1)]]}
        if kind == 4:
            return {"Fn::Sub": ["${A}:${B}", {"A": self.text(depth - 1), "B": {"Ref": parameter}}]}
        if kind == 5:
            return {"Fn::FindInMap": ["Table", self.pick(["one", "two"]), "word"]}
        return {"Fn::If": [self.pick(self.conditions), self.text(depth - 1), self.text(depth - 1)]}

    def given(self):
        out = {}
        for name, declared in self.parameters.items():
            if declared["Type"] == "CommaDelimitedList":
                # The emulator splits a value that is given, but takes a default for one text.
                out[name] = ",".join(self.random.sample(ACCOUNTS, 3))
            elif self.chance(0.4):
                out[name] = self.pick(ACCOUNTS if name == "Account" else WORDS)
        return out


@mock_aws
def deploy(body, given):
    cloudformation = boto3.client("cloudformation", "us-east-1")
    parameters = [{"ParameterKey": k, "ParameterValue": v} for k, v in given.items()]
    cloudformation.create_stack(StackName="s", TemplateBody=body, Parameters=parameters)
    role = boto3.client("iam", "us-east-1").get_role(RoleName="r")
    return role["Role"]["AssumeRolePolicyDocument"]


def main():
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    cases, refused = [], 0
    index = 0
    while len(cases) < count:
        index += 1
        generator = Generator(f"{seed}/{index}")
        template = generator.template()
        given = generator.given()
        # Every third one in YAML.
        body = yaml.safe_dump(template, sort_keys=False) if index % 3 == 0 else json.dumps(template)
        try:
            stored = deploy(body, given)
        except Exception as error:
            refused += 1
            print(f"case {index}: {error!r}"[:200], file=sys.stderr)
            if refused > 2 * count:
                raise
            continue
        cases.append({"template": body, "parameters": given, "stored": stored})
    print(f"{len(cases)} deployed, {refused} refused", file=sys.stderr)
    json.dump(cases, sys.stdout, indent=0)
    sys.stdout.write("\n")


main()
