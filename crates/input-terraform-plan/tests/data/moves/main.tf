# What may happen to a role besides being made: it is moved with its module, its instances get other keys, it is
# imported, forgotten, replaced before it is destroyed, or somebody else changed it.
locals {
  open = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "arn:aws:iam::210987654321:root" }
    }]
  })
}

variable "external_id" {
  type      = string
  sensitive = true
  default   = "3f0c5a52-7a34-4d5e-9f0b-0f8f2c1d9a01"
}

resource "aws_iam_role" "counted" {
  for_each           = { "blue.green" = "counted-0", "q\"]" = "counted-1" }
  name               = each.value
  assume_role_policy = local.open
}

moved {
  from = aws_iam_role.counted[0]
  to   = aws_iam_role.counted["blue.green"]
}

moved {
  from = aws_iam_role.counted[1]
  to   = aws_iam_role.counted["q\"]"]
}

module "team" {
  for_each = toset(["new"])
  source   = "./modules/team"
}

moved {
  from = module.old_team
  to   = module.team["new"]
}

removed {
  from = aws_iam_role.forgotten
  lifecycle {
    destroy = false
  }
}

resource "aws_iam_role" "drifted" {
  name               = "drifted"
  assume_role_policy = local.open
}

resource "aws_iam_role" "first" {
  name = "first"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "arn:aws:iam::210987654321:root" }
      Condition = { StringEquals = { "sts:ExternalId" = var.external_id } }
    }]
  })
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_s3_bucket" "b" { bucket = "b" }

check "callers" {
  data "aws_iam_policy_document" "scoped" {
    statement {
      actions   = ["s3:GetObject"]
      resources = [aws_s3_bucket.b.arn]
    }
  }
  assert {
    condition     = data.aws_iam_policy_document.scoped.json != ""
    error_message = "no document"
  }
}

resource "terraform_data" "again" {}

data "aws_iam_policy_document" "later" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
  depends_on = [terraform_data.again]
}

resource "aws_iam_role" "waits" {
  name               = "waits"
  assume_role_policy = data.aws_iam_policy_document.later.json
}
