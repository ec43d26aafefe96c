# The source of ../roles.json: roles with everything known, as far as Terraform knows it before it applies.

terraform {
  required_providers {
    aws      = { source = "hashicorp/aws" }
    alicloud = { source = "aliyun/alicloud" }
  }
}

provider "aws" {
  allowed_account_ids = ["444455556666"]
  assume_role {
    role_arn = "arn:aws:iam::777788889999:role/deploy"
  }
}

data "aws_caller_identity" "current" {}

resource "aws_iam_role" "vendor" {
  name                 = "vendor-scan"
  path                 = "/security/"
  max_session_duration = 7200
  permissions_boundary = "arn:aws:iam::111122223333:policy/boundary"
  managed_policy_arns  = ["arn:aws:iam::aws:policy/SecurityAudit"]

  assume_role_policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [{
        "Sid": "Größe",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::210987654321:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "a\tb\"c"}}
      }]
    }
  EOT

  inline_policy {
    name   = "everything"
    policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
  }
}

resource "aws_iam_role_policy_attachment" "vendor" {
  role       = aws_iam_role.vendor.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "alicloud_ram_role" "scan" {
  role_name = "scan"
  assume_role_policy_document = jsonencode({
    Version   = "1"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { RAM = ["acs:ram::1234567890123456:root"] } }]
  })
}

resource "alicloud_ram_role_policy_attachment" "scan" {
  role_name   = alicloud_ram_role.scan.role_name
  policy_name = "AdministratorAccess"
  policy_type = "System"
}

module "team" {
  source   = "./modules/team"
  for_each = toset(["a.b"])
  team     = each.key
}
