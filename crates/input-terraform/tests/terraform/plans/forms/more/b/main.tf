variable "role" {
  type = object({
    name     = string
    services = optional(list(string), ["ec2"])
    extra    = optional(list(object({ sid = string, ids = list(string) })), [])
    account  = optional(string)
  })
}
locals {
  default_statement = {
    Effect    = "Allow"
    Action    = "sts:AssumeRole"
    Principal = { Service = [for s in var.role.services : "${s}.amazonaws.com"] }
  }
  conditions = merge(
    var.role.account != null ? { StringEquals = { "aws:SourceAccount" = var.role.account } } : {},
    { for k in ["ArnLike"] : k => { "aws:SourceArn" = "arn:aws:ec2:*:111122223333:*" } },
  )
  statements = concat(
    [merge(local.default_statement, length(local.conditions) > 0 ? { Condition = local.conditions } : {})],
    [for s in var.role.extra : { Sid = s.sid, Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = s.ids } }],
  )
}
resource "aws_iam_role" "r" {
  name               = var.role.name
  assume_role_policy = <<POLICY
{
  "Version": "2012-10-17",
  "Statement": ${jsonencode(local.statements)}
}
POLICY
}
output "name" { value = aws_iam_role.r.name }
