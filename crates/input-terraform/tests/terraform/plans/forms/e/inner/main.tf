variable "name" {}
variable "role" {}
resource "aws_iam_role" "r" {
  name_prefix        = var.name
  assume_role_policy = data.aws_iam_policy_document.t.json
}
data "aws_iam_policy_document" "t" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = var.role.services
    }
  }
}
output "arn" { value = aws_iam_role.r.arn }
output "external_id" { value = one(var.role.external_id[*]) }
