variable "ext" { default = "secret-1" }
resource "aws_s3_bucket" "b" { bucket = "x" }
resource "aws_iam_openid_connect_provider" "gh" {
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::210987654321:root", aws_s3_bucket.b.arn]
    }
    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = [var.ext, aws_s3_bucket.b.id]
    }
  }
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.gh.arn]
    }
  }
}
resource "aws_iam_role" "deferred" {
  name               = "deferred"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}
resource "aws_iam_role" "opaque" {
  for_each           = { "a.b" = 1, "q\"é" = 2 }
  name               = "opaque-${each.value}"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = aws_s3_bucket.b.arn } }] })
}
module "passed" {
  source = "./passed"
  policy = data.aws_iam_policy_document.trust.json
}
