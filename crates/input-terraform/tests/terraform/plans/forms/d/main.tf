variable "trust" {
  type = list(object({
    type       = string
    ids        = list(string)
    conditions = optional(map(list(string)), {})
  }))
}
data "aws_iam_policy_document" "base" {
  statement {
    sid     = "Base"
    actions = ["sts:AssumeRole"]
    dynamic "principals" {
      for_each = { for t in var.trust : t.type => t.ids... }
      content {
        type        = principals.key
        identifiers = flatten(principals.value)
      }
    }
    dynamic "condition" {
      for_each = merge([for t in var.trust : t.conditions]...)
      content {
        test     = "StringEquals"
        variable = condition.key
        values   = condition.value
      }
    }
  }
}
data "aws_iam_policy_document" "override" {
  override_policy_documents = [data.aws_iam_policy_document.base.json]
  statement {
    sid     = "Base"
    actions = ["sts:TagSession"]
    principals {
      type        = "AWS"
      identifiers = ["999999999999"]
    }
  }
  statement {
    effect  = "Deny"
    actions = ["sts:AssumeRole"]
    not_principals {
      type        = "AWS"
      identifiers = ["888888888888"]
    }
  }
}
data "aws_iam_policy_document" "source" {
  source_policy_documents   = [data.aws_iam_policy_document.override.json, ""]
  override_policy_documents = [jsonencode({ Statement = [{ Sid = "Base", Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "777777777777" } }] })]
  version                   = "2012-10-17"
}
resource "aws_iam_role" "o" { assume_role_policy = data.aws_iam_policy_document.override.json }
resource "aws_iam_role" "s" { assume_role_policy = data.aws_iam_policy_document.source.json }
