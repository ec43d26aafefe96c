variable "oidc" { type = map(list(string)) }
data "aws_caller_identity" "c" {}
data "aws_partition" "c" {}
data "aws_iam_policy_document" "c" {
  dynamic "statement" {
    for_each = var.oidc
    iterator = provider
    content {
      sid     = title(replace(provider.key, "/[^a-zA-Z]/", ""))
      effect  = "Allow"
      actions = ["sts:AssumeRoleWithWebIdentity"]
      principals {
        type        = "Federated"
        identifiers = ["arn:${data.aws_partition.c.partition}:iam::${data.aws_caller_identity.c.account_id}:oidc-provider/${provider.key}"]
      }
      condition {
        test     = "StringLike"
        variable = "${provider.key}:sub"
        values   = [for s in provider.value : trimspace(s)]
      }
      dynamic "condition" {
        for_each = { for a in [provider.key == "gitlab.com" ? "https://gitlab.com" : "sts.amazonaws.com"] : "aud" => a }
        iterator = c
        content {
          test     = "StringEquals"
          variable = format("%s:%s", provider.key, c.key)
          values   = [c.value]
        }
      }
    }
  }
}
resource "aws_iam_role" "c" {
  name_prefix        = "c-"
  assume_role_policy = data.aws_iam_policy_document.c.json
}
