# Everything that gives a role permissions or caps them, by each of the ways that a provider has for it.
terraform {
  required_providers {
    aws      = { source = "hashicorp/aws" }
    awscc    = { source = "hashicorp/awscc" }
    alicloud = { source = "aliyun/alicloud" }
  }
}

provider "aws" {
  alias               = "other"
  allowed_account_ids = ["444455556666"]
}

locals {
  trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "arn:aws:iam::210987654321:root" }
    }]
  })
  everything = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }]
  })
  reading = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:Get*", "s3:List*"], Resource = "*" }]
  })
}

resource "aws_iam_role" "inline" {
  name                 = "inline"
  path                 = "/team/"
  max_session_duration = 43200
  permissions_boundary = "arn:aws:iam::111122223333:policy/boundary"
  assume_role_policy   = local.trust
  managed_policy_arns  = ["arn:aws:iam::aws:policy/SecurityAudit", "arn:aws:iam::aws:policy/AdministratorAccess"]

  inline_policy {
    name   = "all"
    policy = local.everything
  }
  inline_policy {
    name   = "read"
    policy = local.reading
  }
}

# With an empty block the role shall have no inline policies at all.
resource "aws_iam_role" "none" {
  name               = "none"
  assume_role_policy = local.trust
  inline_policy {}
}

resource "aws_iam_role" "apart" {
  for_each             = { "a.b" = 3600, "q\"é" = 7200 }
  name                 = "apart-${each.value}"
  max_session_duration = each.value
  assume_role_policy   = local.trust
}

resource "aws_iam_role_policy" "apart" {
  for_each = aws_iam_role.apart
  name     = "inline"
  role     = each.value.name
  policy   = each.key == "a.b" ? local.everything : local.reading
}

resource "aws_iam_policy" "own" {
  name   = "own"
  policy = local.everything
}

resource "aws_iam_role_policy_attachment" "own" {
  role       = aws_iam_role.apart["q\"é"].name
  policy_arn = aws_iam_policy.own.arn
}

resource "aws_iam_policy_attachment" "both" {
  name       = "both"
  roles      = [aws_iam_role.none.name, "apart-3600"]
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}

resource "aws_iam_role" "exclusive" {
  provider           = aws.other
  name               = "exclusive"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy_attachments_exclusive" "exclusive" {
  role_name   = aws_iam_role.exclusive.name
  policy_arns = ["arn:aws:iam::aws:policy/PowerUserAccess", "arn:aws:iam::aws:policy/IAMFullAccess"]
}

module "attach" {
  source = "./modules/attach"
  role   = aws_iam_role.generated.name
}

resource "aws_iam_role" "generated" {
  name_prefix        = "generated-"
  assume_role_policy = local.trust
}

module "scan" {
  source   = "./modules/scan"
  count    = 2
  boundary = count.index == 0 ? null : "arn:aws:iam::111122223333:policy/boundary"
  trust    = local.trust
}

resource "awscc_iam_role" "cloud" {
  role_name                   = "cloud"
  max_session_duration        = 3600
  permissions_boundary        = "arn:aws:iam::111122223333:policy/boundary"
  assume_role_policy_document = local.trust
  managed_policy_arns         = ["arn:aws:iam::aws:policy/SecurityAudit"]
  policies = [{
    policy_name     = "all"
    policy_document = local.everything
  }]
}

resource "awscc_iam_role_policy" "cloud" {
  role_name       = awscc_iam_role.cloud.role_name
  policy_name     = "read"
  policy_document = local.reading
}

resource "alicloud_ram_role" "ali" {
  role_name            = "ali"
  max_session_duration = 3600
  assume_role_policy_document = jsonencode({
    Version   = "1"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { RAM = ["acs:ram::5555666677778888:root"] } }]
  })
}

resource "alicloud_ram_policy" "ali" {
  policy_name     = "ali-all"
  policy_document = jsonencode({ Version = "1", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
}

resource "alicloud_ram_role_policy_attachment" "ali" {
  role_name   = alicloud_ram_role.ali.role_name
  policy_name = alicloud_ram_policy.ali.policy_name
  policy_type = "Custom"
}
