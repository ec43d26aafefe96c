variable "external_id" {
  type    = string
  default = null
}
variable "trusted" {
  type    = list(string)
  default = ["210987654321"]
}
variable "nonnull" {
  type     = string
  default  = "dflt"
  nullable = false
}
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = var.trusted
    }
    dynamic "condition" {
      for_each = var.external_id != null ? [1] : []
      content {
        test     = "StringEquals"
        variable = "sts:ExternalId"
        values   = [var.external_id]
      }
    }
  }
}
resource "aws_iam_role" "scan" {
  name               = "scan"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}
module "in" {
  source = "./inner"
  ids    = [var.nonnull, "${path.module}", "${path.root}"]
}
