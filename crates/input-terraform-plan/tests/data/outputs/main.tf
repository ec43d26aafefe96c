# Documents that are read only on apply, and the ways by which they reach a role: by key, by index, out of a module,
# into a module, joined to another document.
resource "aws_s3_bucket" "b" { bucket = "b" }

resource "aws_iam_openid_connect_provider" "gh" {
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_policy_document" "each" {
  for_each = { "a.b" = "repo:acme/*:*", "q\"é" = "repo:acme/infra:ref:refs/heads/main" }
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.gh.arn]
    }
    condition {
      test     = "StringLike"
      variable = "token.actions.githubusercontent.com:sub"
      values   = [each.value]
    }
  }
}

resource "aws_iam_role" "each" {
  for_each           = data.aws_iam_policy_document.each
  name               = "each-${length(each.key)}"
  assume_role_policy = each.value.json
}

resource "aws_iam_role" "keyed" {
  for_each           = toset(["a.b", "q\"é"])
  name               = "keyed-${length(each.key)}"
  assume_role_policy = data.aws_iam_policy_document.each[each.key].json
}

resource "aws_iam_role" "one" {
  name               = "one"
  assume_role_policy = data.aws_iam_policy_document.each["a.b"].json
}

data "aws_iam_policy_document" "counted" {
  count = 2
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = [count.index == 0 ? "*" : "arn:aws:iam::210987654321:root"]
    }
    condition {
      test     = "StringNotEquals"
      variable = "aws:SourceIdentity"
      values   = [aws_s3_bucket.b.id]
    }
  }
}

resource "aws_iam_role" "counted" {
  count              = 2
  name               = "counted-${count.index}"
  assume_role_policy = data.aws_iam_policy_document.counted[count.index].json
}

module "trust" {
  source = "./modules/trust"
  bucket = aws_s3_bucket.b.arn
}

resource "aws_iam_role" "from_module" {
  name               = "from-module"
  assume_role_policy = module.trust.json
}

module "trusts" {
  for_each = toset(["x.y"])
  source   = "./modules/trust"
  bucket   = aws_s3_bucket.b.arn
}

module "role" {
  source = "./modules/role"
  policy = module.trusts["x.y"].json
}

data "aws_iam_policy_document" "joined" {
  source_policy_documents = [data.aws_iam_policy_document.each["a.b"].json]
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::210987654321:root"]
    }
  }
}

resource "aws_iam_role" "joined" {
  name               = "joined"
  assume_role_policy = data.aws_iam_policy_document.joined.json
}

locals {
  trust = data.aws_iam_policy_document.each["a.b"].json
}

resource "aws_iam_role" "by_local" {
  name               = "by-local"
  assume_role_policy = local.trust
}
