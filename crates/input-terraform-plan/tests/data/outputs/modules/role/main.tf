variable "policy" { type = string }

resource "aws_iam_role" "this" {
  name               = "role"
  assume_role_policy = var.policy
}
