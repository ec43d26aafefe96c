variable "name" {}
variable "extra" {
  type    = any
  default = null
}
locals {
  condition = var.extra == null ? {} : { Condition = var.extra }
}
resource "aws_iam_role" "r" {
  count = var.name == "x" ? 2 : 1
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [merge({ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = [format("%012d", count.index + 1)] } }, local.condition)]
  })
}
