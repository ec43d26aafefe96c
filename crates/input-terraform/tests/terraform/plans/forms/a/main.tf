variable "vendors" {
  type = map(object({
    accounts    = list(string)
    external_id = optional(string)
    path        = optional(string, "/vendor/")
    session     = optional(number, 3600)
    tags        = optional(object({ team = optional(string, "none"), env = string }), { env = "dev" })
  }))
  validation {
    condition     = alltrue([for v in var.vendors : length(v.accounts) > 0])
    error_message = "accounts"
  }
}
data "aws_iam_policy_document" "vendor" {
  for_each = var.vendors
  dynamic "statement" {
    for_each = each.value.accounts
    iterator = account
    content {
      sid     = "V${account.key}"
      actions = ["sts:AssumeRole", "sts:TagSession"]
      principals {
        type        = "AWS"
        identifiers = [format("arn:aws:iam::%s:role%s%s", account.value, each.value.path, each.value.tags.team)]
      }
      dynamic "condition" {
        for_each = each.value.external_id[*]
        content {
          test     = "StringEquals"
          variable = "sts:ExternalId"
          values   = [condition.value]
        }
      }
    }
  }
}
resource "aws_iam_role" "vendor" {
  for_each             = data.aws_iam_policy_document.vendor
  name                 = "vendor-${each.key}"
  assume_role_policy   = each.value.json
  max_session_duration = var.vendors[each.key].session
}
