variable "bucket" { type = string }

data "aws_iam_policy_document" "this" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::210987654321:root"]
    }
    condition {
      test     = "StringEqualsIfExists"
      variable = "sts:ExternalId"
      values   = [var.bucket]
    }
  }
}

output "json" {
  value = data.aws_iam_policy_document.this.json
}
