variable "boundary" { default = null }
variable "trust" { type = string }

resource "aws_iam_role" "this" {
  name                 = "scan-${var.boundary == null ? "free" : "capped"}"
  permissions_boundary = var.boundary
  assume_role_policy   = var.trust
}

data "aws_iam_policy_document" "all" {
  statement {
    actions   = ["iam:*"]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "this" {
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.all.json
}
