variable "policy" {}

resource "aws_iam_role" "passed" {
  name               = "passed"
  assume_role_policy = var.policy
}
