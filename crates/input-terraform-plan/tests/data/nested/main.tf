# Modules in modules, count, for_each, and keys that no address likes.
variable "external_ids" {
  default = {
    "eu.west"   = "3f0c5a52-7a34-4d5e-9f0b-0f8f2c1d9a01"
    "q\"uote"   = "7c1d3e9b-52c8-4f4a-8a42-b1f6d5e0c702"
    "ünïcode é" = null
  }
}

data "aws_caller_identity" "me" {}

module "vendor" {
  source      = "./modules/vendor"
  for_each    = var.external_ids
  account     = "210987654321"
  external_id = each.value
  label       = "scan-${index(keys(var.external_ids), each.key)}"
}

module "ci" {
  source = "./modules/ci"
  count  = 2
  owner  = count.index == 0 ? "acme" : "*"
}

resource "aws_iam_role" "own" {
  count = 2
  name  = "own-${count.index}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" }
    }]
  })
}

resource "aws_iam_role" "heredoc" {
  name               = "heredoc"
  assume_role_policy = <<EOT
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": { "AWS": ["arn:aws:iam::210987654321:root", "*"] },
      "Action": "sts:AssumeRole",
      "Condition": { "StringEqualsIfExists": { "sts:ExternalId": "é-${data.aws_caller_identity.me.account_id}" } }
    }
  ]
}
EOT
}
