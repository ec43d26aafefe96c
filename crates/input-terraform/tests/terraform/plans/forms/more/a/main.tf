variable "principals" { type = any }
data "aws_iam_policy_document" "p" {
  for_each = var.principals
  statement {
    actions = ["sts:AssumeRole"]
    dynamic "principals" {
      for_each = [each.value]
      content {
        type        = "AWS"
        identifiers = principals.value.arns
      }
    }
    dynamic "condition" {
      for_each = lookup(each.value, "mfa", false) ? ["1"] : []
      content {
        test     = "Bool"
        variable = "aws:MultiFactorAuthPresent"
        values   = ["true"]
      }
    }
    dynamic "condition" {
      for_each = try(each.value.ips, null) == null ? [] : [each.value.ips]
      content {
        test     = "IpAddress"
        variable = "aws:SourceIp"
        values   = condition.value
      }
    }
  }
}
resource "aws_iam_role" "p" {
  for_each           = { for k, v in var.principals : k => v if length(v.arns) > 0 }
  name               = each.key
  assume_role_policy = data.aws_iam_policy_document.p[each.key].json
}
