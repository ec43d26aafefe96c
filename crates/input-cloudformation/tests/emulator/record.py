"""Deploys generated templates into moto and prints what it stores of each role.

Usage: record.py SEED COUNT > truth.json

Needs `moto[cloudformation,iam,s3]` from PyPI. Each case has the template's text, the templates inside of it, the
parameters that are given, and the trust policy that the emulator's IAM returns. A template that the emulator refuses is
left out and counted on standard error. What the generator leaves out on purpose, because the emulator differs from the
service there, stands at the place where it would be made.
"""

import json
import random
import sys

import boto3
import yaml
from moto import mock_aws

BUCKET = "https://s3.amazonaws.com/templates/"

ACCOUNTS = ["111122223333", "444455556666", "012345678901"]
WORDS = ["", "a", "prod", "test", "x-y", "42"]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.parameters = {}
        self.conditions = {}
        self.mappings = {}
        self.files = {}

    def chance(self, part):
        return self.random.random() < part

    def pick(self, things):
        return self.random.choice(list(things))

    def template(self):
        for index in range(self.random.randint(1, 4)):
            self.parameters[f"P{index}"] = {"Type": "String", "Default": self.pick(WORDS)}
        self.parameters["Account"] = {"Type": "String", "Default": self.pick(ACCOUNTS)}
        self.parameters["Several"] = {"Type": "CommaDelimitedList", "Default": ",".join(ACCOUNTS)}
        self.parameters["Key"] = {"Type": "String", "Default": self.pick(["one", "two"]), "AllowedValues": ["one", "two"]}
        self.parameters["Csv"] = {"Type": "String", "Default": "/".join(ACCOUNTS)}
        row = lambda: {"id": self.pick(ACCOUNTS), "word": self.pick(WORDS[1:])}
        # The emulator's own region and account, so that pseudo parameters find their rows.
        self.mappings["Table"] = {key: row() for key in ["one", "two", "us-east-1", "123456789012"]}
        for index in range(self.random.randint(1, 4)):
            condition = self.condition(2)
            # The emulator does not know a condition that only names another one.
            alias = "Condition" in condition
            self.conditions[f"C{index}"] = {"Fn::Not": [condition]} if alias else condition
        if self.chance(0.3):
            self.child()
        statements = [self.statement() for _ in range(self.random.randint(1, 3))]
        statements = [self.optional(s) if self.chance(0.3) else s for s in statements]
        # Something must be left.
        statements.append(self.statement())
        if self.chance(0.1):
            statements = self.statement()
        document = {"Version": "2012-10-17", "Statement": statements}
        if self.chance(0.15):
            document = {"Fn::If": [self.pick(self.conditions), document, {"Version": "2012-10-17", "Statement": [self.statement()]}]}
        elif self.chance(0.25):
            document = self.written()
        role = {
            "Type": "AWS::IAM::Role",
            "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": document},
        }
        other = {"RoleName": "other", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}}
        if self.chance(0.5):
            other["Path"] = self.pick(["/", "/service/deep/"])
        resources = {"Other": {"Type": "AWS::IAM::Role", "Properties": other}}
        if self.files:
            given = {"Who": self.account(1), "Word": self.text(1)}
            properties = {"TemplateURL": "child.yaml", "Parameters": given}
            resources["Child"] = {"Type": "AWS::CloudFormation::Stack", "Properties": properties}
        resources["R"] = role
        return {
            "Parameters": self.parameters,
            "Mappings": self.mappings,
            "Conditions": self.conditions,
            "Resources": resources,
        }

    def child(self):
        """A template inside, which gives back what it is given."""
        self.files["child.yaml"] = yaml.safe_dump(
            {
                "Parameters": {
                    "Who": {"Type": "String"},
                    "Word": {"Type": "String", "Default": "none"},
                },
                "Conditions": {"Known": {"Fn::Equals": [{"Ref": "Who"}, self.pick(ACCOUNTS)]}},
                "Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {}}},
                "Outputs": {
                    "Arn": {"Value": {"Fn::Sub": "arn:aws:iam::${Who}:" + self.pick(["root", "role/x"])}},
                    "Word": {"Value": {"Fn::Join": ["-", ["w", {"Ref": "Word"}]]}},
                    "Either": {"Value": {"Fn::If": ["Known", "arn:aws:iam::999900001111:root", {"Ref": "Who"}]}},
                },
            },
            sort_keys=False,
        )

    def written(self):
        """A document that is written as text."""
        statement = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": ["arn:aws:iam::${Account}:root", self.pick(ACCOUNTS)]},
            "Condition": {"StringEquals": {"sts:ExternalId": self.pick(["${P0}-x", 'a "quoted" \\ word', "${Own}"])}},
        }
        statements = self.pick([statement, [statement], [statement, statement]])
        text = json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=self.pick([None, 2]))
        variables = {"Own": self.pick([{"Ref": "AWS::AccountId"}, self.text(1)])}
        if self.chance(0.7):
            return {"Fn::Sub": [text, variables]}
        plain = text.replace("${P0}", "p").replace("${Own}", "o").replace("${Account}", self.pick(ACCOUNTS))
        cut = self.random.randint(1, len(plain) - 1)
        return self.pick([plain, {"Fn::Join": ["", [plain[:cut], plain[cut:]]]}])

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
        kind = self.random.randint(0, 8)
        if kind == 7:
            return {"Fn::GetAtt": ["Other", "Arn"]}
        if kind == 8 and self.files:
            output = self.pick(["Arn", "Either"])
            return self.pick([{"Fn::GetAtt": ["Child", f"Outputs.{output}"]}, {"Fn::Sub": f"${{Child.Outputs.{output}}}"}])
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
        kind = self.random.randint(0, 8 if depth else 1)
        if kind == 6:
            return {"Fn::FindInMap": ["Table", {"Ref": self.pick(["Key", "AWS::Region", "AWS::AccountId"])}, "id"]}
        if kind == 7:
            return {"Fn::Select": [self.pick([0, "1", 2]), {"Fn::Split": ["/", {"Ref": "Csv"}]}]}
        if kind == 8:
            return {"Fn::Sub": [self.pick(["${Key}", "${One}"]), {"Key": {"Ref": "Account"}, "One": self.account(0)}]}
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
        kind = self.random.randint(0, 11 if depth else 1)
        parameter = self.pick(p for p in self.parameters if p != "Several")
        if kind == 7:
            return {"Fn::Join": [self.pick(["", ",", "::"]), {"Ref": "Several"}]}
        if kind == 8:
            # A region might be split as well, but which one it will be is known to nobody but the emulator.
            return {"Fn::Join": ["+", {"Fn::Split": [self.pick(["-", "a"]), {"Ref": parameter}]}]}
        # The emulator looks for names once more in what a variable of `Fn::Sub` gave.
        if kind == 9 and depth == 2:
            return {"Fn::Sub": f"${{!{parameter}}}-${{{parameter}}}-$-{{x}}-${{!AWS::Region}}"}
        if kind == 10:
            return {"Ref": "Other"}
        if kind == 11 and self.files:
            return {"Fn::GetAtt": ["Child", "Outputs.Word"]}
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
                values = {"Account": ACCOUNTS, "Key": ["one", "two"], "Csv": ["/".join(reversed(ACCOUNTS))]}
                out[name] = self.pick(values.get(name, WORDS))
        return out


@mock_aws
def deploy(body, given, files):
    if files:
        storage = boto3.client("s3", "us-east-1")
        storage.create_bucket(Bucket="templates")
    for name, text in files.items():
        storage.put_object(Bucket="templates", Key=name, Body=text.encode())
        body = body.replace(name, BUCKET + name)
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
            stored = deploy(body, given, generator.files)
        except Exception as error:
            refused += 1
            print(f"case {index}: {error!r}"[:200], file=sys.stderr)
            if refused > 2 * count:
                raise
            continue
        cases.append({"template": body, "files": generator.files, "parameters": given, "stored": stored})
    print(f"{len(cases)} deployed, {refused} refused", file=sys.stderr)
    json.dump(cases, sys.stdout, indent=0)
    sys.stdout.write("\n")


main()
