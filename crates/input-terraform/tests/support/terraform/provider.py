"""Stand-ins for the providers aws, awscc, alicloud and random, for `terraform plan` without a cloud or a network.

A test oracle: schemas and plausible values of what trust policies are made of. Policy documents are merged and written
as the real providers do it (internal/service/iam/policy_model.go of hashicorp/aws 6, alicloud's
data_source_alicloud_ram_policy_document.go). Not here: any resource that no trust policy needs.
"""
import json
import sys

from tf import runner, types as T
from tf.gen import tfplugin_pb2 as pb
from tf.iface import DataSource, Provider, Resource
from tf.schema import Attribute, Block, NestedBlock, NestMode, Schema

ACCOUNT = "111122223333"
S, B, N = T.String(), T.Bool(), T.Number()


class Nested(NestedBlock):
    """A nested block in any mode; values pass through as they are."""

    def __init__(self, name, block, mode="LIST"):
        self.mode = mode
        super().__init__(name, NestMode.Set, block)

    def to_pb(self):
        mode = getattr(pb.Schema.NestedBlock.NestingMode, self.mode)
        return pb.Schema.NestedBlock(type_name=self.type_name, block=self.block.to_pb(), nesting=mode)

    def encode(self, value):
        return value

    def decode(self, value):
        return value

    def semantically_equal(self, a, b):
        return a == b


def optional(name, kind=S):
    return Attribute(name, kind, optional=True)


def computed(name, kind=S):
    return Attribute(name, kind, computed=True)


def either(name, kind=S):
    return Attribute(name, kind, optional=True, computed=True)


def required(name, kind=S):
    return Attribute(name, kind, required=True)


def resource(name, attributes, blocks=()):
    class Planned(Resource):
        def __init__(self, provider):
            self.provider = provider

        @classmethod
        def get_name(cls):
            return name

        @classmethod
        def get_schema(cls):
            return Schema(attributes=list(attributes), block_types=list(blocks), version=0)

        def validate(self, diags, type_name, config):
            pass

        def create(self, ctx, planned):
            return planned

        def read(self, ctx, current):
            return current

        def update(self, ctx, current, planned):
            return planned

        def delete(self, ctx, current):
            return None

    return Planned


def data(name, attributes, read, blocks=()):
    class Read(DataSource):
        def __init__(self, provider):
            self.provider = provider

        @classmethod
        def get_name(cls):
            return name

        @classmethod
        def get_schema(cls):
            return Schema(attributes=list(attributes), block_types=list(blocks), version=0)

        def validate(self, diags, type_name, config):
            pass

        def read(self, ctx, config):
            return {**config, **read(config)}

    return Read


def short(values):
    """One value alone, several in reverse order."""
    values = list(values)
    return values[0] if len(values) == 1 else sorted(values, reverse=True)


def unescaped(value):
    return value.replace("&{", "${") if isinstance(value, str) else [unescaped(v) for v in value]


def principals(sets):
    """`MarshalJSON` of the principals."""
    if len(sets) == 1 and sets[0][0] == "*" and sets[0][1] in ("*", ["*"]):
        return "*"
    out = {}
    for kind, ids in sets:
        ids = sorted(ids, reverse=True) if isinstance(ids, list) else ids
        if kind not in out:
            out[kind] = ids
        else:
            before = out[kind] if isinstance(out[kind], list) else [out[kind]]
            out[kind] = before + (ids if isinstance(ids, list) else [ids])
    return out


def conditions(tests):
    """`MarshalJSON` of the conditions."""
    out = {}
    for test, variable, values in tests:
        known = out.setdefault(test, {}).setdefault(variable, [])
        known.extend(values if isinstance(values, list) else [values])
    return {t: {k: v[0] if len(v) == 1 else v for k, v in keys.items()} for t, keys in out.items()}


def own_statement(s):
    out = {}
    if s.get("sid"):
        out["Sid"] = s["sid"]
    out["Effect"] = s.get("effect") or "Allow"
    for name, element in (("actions", "Action"), ("not_actions", "NotAction")):
        if s.get(name):
            out[element] = short(s[name])
    for name, element in (("resources", "Resource"), ("not_resources", "NotResource")):
        if s.get(name):
            out[element] = unescaped(short(s[name]))
    for name, element in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        sets = [(p["type"], unescaped(short(p["identifiers"]))) for p in s.get(name) or []]
        if sets:
            out[element] = principals(sets)
    tests = [(c["test"], c["variable"], unescaped(list(c["values"]))) for c in s.get("condition") or []]
    if tests:
        out["Condition"] = conditions(tests)
    return out


def reread_statement(s):
    """What is left of another document's statement after `UnmarshalJSON` and `MarshalJSON`."""
    out = {k: s[k] for k in ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource") if s.get(k)}
    for element in ("Principal", "NotPrincipal"):
        if element in s:
            p = s[element]
            out[element] = principals([("*", ["*"])] if isinstance(p, str) else list(p.items()))
    if s.get("Condition"):
        tests = []
        for test, keys in s["Condition"].items():
            for variable, values in keys.items():
                if isinstance(values, bool):
                    tests.append((test, variable, "true" if values else "false"))
                elif isinstance(values, (str, list)):
                    tests.append((test, variable, values))
        if tests:
            out["Condition"] = conditions(tests)
    return out


class Document:
    def __init__(self):
        self.version, self.id, self.statements = "", "", []

    def merge(self, version, id, statements):
        self.version = max(self.version, version)
        self.id = id or self.id
        for new in statements:
            sids = [s.get("Sid") for s in self.statements]
            if new.get("Sid") and new["Sid"] in sids:
                self.statements[sids.index(new["Sid"])] = new
            else:
                self.statements.append(new)

    def merge_text(self, text):
        if text:
            other = json.loads(text)
            statements = [reread_statement(s) for s in other.get("Statement") or []]
            self.merge(other.get("Version", ""), other.get("Id", ""), statements)


def aws_document(config):
    document = Document()
    for text in config.get("source_policy_documents") or []:
        document.merge_text(text)
    own = [own_statement(s) for s in config.get("statement") or []]
    document.merge(config.get("version") or "2012-10-17", config.get("policy_id") or "", own)
    for text in config.get("override_policy_documents") or []:
        document.merge_text(text)
    out = {"Version": document.version}
    if document.id:
        out["Id"] = document.id
    if document.statements:
        out["Statement"] = document.statements
    return {
        "id": "1234",
        "json": json.dumps(out, indent=2),
        "minified_json": json.dumps(out, separators=(",", ":")),
        "version": config.get("version") or "2012-10-17",
    }


def ram_document(config):
    statements = []
    for s in config.get("statement") or []:
        out = {"Effect": s.get("effect") or "Allow", "Action": listed(s["action"])}
        if s.get("resource"):
            out["Resource"] = listed(s["resource"])
        if s.get("principal"):
            out["Principal"] = principals([(p["entity"], list(p["identifiers"])) for p in s["principal"]])
        if s.get("condition"):
            keys = {}
            for c in s["condition"]:
                keys.setdefault(c["operator"], {})[c["variable"]] = listed(c["values"])
            out["Condition"] = keys
        statements.append(out)
    version = config.get("version") or "1"
    text = json.dumps({"Version": version, "Statement": statements}, separators=(",", ":"))
    return {"id": "1234", "document": text, "version": version}


def listed(values):
    values = list(values)
    return values[0] if len(values) == 1 else values


PRINCIPALS = Block(attributes=[required("type"), required("identifiers", T.Set(S))])
CONDITION = Block(attributes=[required("test"), required("variable"), required("values", T.List(S))])
STATEMENT = Block(
    attributes=[
        optional("sid"),
        optional("effect"),
        optional("actions", T.Set(S)),
        optional("not_actions", T.Set(S)),
        optional("resources", T.Set(S)),
        optional("not_resources", T.Set(S)),
    ],
    block_types=[
        Nested("principals", PRINCIPALS, "SET"),
        Nested("not_principals", PRINCIPALS, "SET"),
        Nested("condition", CONDITION, "SET"),
    ],
)
RAM_STATEMENT = Block(
    attributes=[optional("effect"), required("action", T.List(S)), optional("resource", T.List(S))],
    block_types=[
        Nested("principal", Block(attributes=[required("entity"), required("identifiers", T.List(S))]), "SET"),
        Nested(
            "condition",
            Block(attributes=[required("operator"), required("variable"), required("values", T.List(S))]),
            "SET",
        ),
    ],
)

AWS_RESOURCES = [
    resource(
        "iam_role",
        [
            required("assume_role_policy"),
            computed("arn"),
            computed("unique_id"),
            computed("id"),
            either("name"),
            either("name_prefix"),
            optional("path"),
            optional("description"),
            optional("max_session_duration", N),
            optional("permissions_boundary"),
            optional("tags", T.Map(S)),
            either("managed_policy_arns", T.Set(S)),
        ],
        [Nested("inline_policy", Block(attributes=[optional("name"), optional("policy")]), "SET")],
    ),
    resource("iam_openid_connect_provider", [required("url"), required("client_id_list", T.List(S)), computed("arn"), computed("id")]),
    resource("iam_saml_provider", [required("name"), required("saml_metadata_document"), computed("arn"), computed("id")]),
    resource("iam_role_policy_attachment", [required("role"), required("policy_arn"), computed("id")]),
    resource("iam_policy_attachment", [required("name"), optional("roles", T.Set(S)), required("policy_arn"), computed("id")]),
    resource("iam_policy", [either("name"), optional("path"), required("policy"), computed("arn"), computed("id")]),
    resource("iam_role_policy", [either("name"), required("role"), required("policy"), computed("id")]),
]
ORGANIZATION = {
    "id": "o-plan000000",
    "arn": f"arn:aws:organizations::{ACCOUNT}:organization/o-plan000000",
    "master_account_id": ACCOUNT,
}
AWS_DATA = [
    data(
        "caller_identity",
        [computed("account_id"), computed("arn"), computed("id"), computed("user_id")],
        lambda c: {"account_id": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:user/x", "id": ACCOUNT, "user_id": "AIDAX"},
    ),
    data(
        "partition",
        [computed("partition"), computed("dns_suffix"), computed("id")],
        lambda c: {"partition": "aws", "dns_suffix": "amazonaws.com", "id": "aws"},
    ),
    data("region", [either("name"), computed("id")], lambda c: {"name": "eu-west-1", "id": "eu-west-1"}),
    data("organizations_organization", [computed("id"), computed("arn"), computed("master_account_id")], lambda c: ORGANIZATION),
    data(
        "service_principal",
        [required("service_name"), either("region"), computed("name"), computed("suffix"), computed("id")],
        lambda c: {
            "region": "eu-west-1",
            "name": c["service_name"] + ".amazonaws.com",
            "suffix": "amazonaws.com",
            "id": c["service_name"] + ".eu-west-1.amazonaws.com",
        },
    ),
    data(
        "iam_policy_document",
        [
            computed("id"),
            computed("json"),
            computed("minified_json"),
            optional("policy_id"),
            either("version"),
            optional("source_policy_documents", T.List(S)),
            optional("override_policy_documents", T.List(S)),
        ],
        aws_document,
        [Nested("statement", STATEMENT)],
    ),
]
ALICLOUD_RESOURCES = [
    resource(
        "ram_role",
        [
            either("name"),
            either("role_name"),
            optional("document"),
            either("assume_role_policy_document"),
            optional("max_session_duration", N),
            computed("arn"),
            computed("role_id"),
            computed("id"),
        ],
    ),
    resource("ram_policy", [either("policy_name"), optional("policy_document"), computed("id")]),
    resource(
        "ram_role_policy_attachment",
        [required("role_name"), required("policy_name"), required("policy_type"), computed("id")],
    ),
]
ALICLOUD_DATA = [
    data("account", [computed("id")], lambda c: {"id": "1234567890123456"}),
    data(
        "ram_policy_document",
        [computed("id"), computed("document"), either("version"), optional("output_file")],
        ram_document,
        [Nested("statement", RAM_STATEMENT)],
    ),
]
AWSCC_RESOURCES = [
    resource(
        "iam_role",
        [
            required("assume_role_policy_document"),
            either("role_name"),
            either("path"),
            either("max_session_duration", N),
            computed("arn"),
            computed("id"),
        ],
    )
]
RANDOM_RESOURCES = [
    resource("uuid", [computed("result"), computed("id")]),
    resource("password", [required("length", N), computed("result"), computed("id")]),
    resource("id", [required("byte_length", N), computed("hex"), computed("id")]),
]
PROVIDERS = {
    "aws": ("hashicorp/aws", AWS_RESOURCES, AWS_DATA),
    "awscc": ("hashicorp/awscc", AWSCC_RESOURCES, []),
    "alicloud": ("hashicorp/alicloud", ALICLOUD_RESOURCES, ALICLOUD_DATA),
    "random": ("hashicorp/random", RANDOM_RESOURCES, []),
}


class StandIn(Provider):
    def __init__(self, name, resources, sources):
        self.name, self.resources, self.sources = name, resources, sources

    def get_model_prefix(self):
        return self.name.split("/")[-1] + "_"

    def get_provider_schema(self, diags):
        return Schema(attributes=[optional("region"), optional("allowed_account_ids", T.Set(S))])

    def full_name(self):
        return "registry.terraform.io/" + self.name

    def validate_config(self, diags, config):
        pass

    def configure_provider(self, diags, config):
        pass

    def get_data_sources(self):
        return self.sources

    def get_resources(self):
        return self.resources


def main(which):
    runner.run_provider(StandIn(*PROVIDERS[which]), sys.argv)
