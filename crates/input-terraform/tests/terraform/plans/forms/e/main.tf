terraform {
  required_providers {
    aws = {
      source                = "hashicorp/aws"
      configuration_aliases = [aws.dest]
    }
  }
}
variable "settings" {
  type = object({
    roles = optional(map(object({
      external_id = optional(string)
      services    = optional(set(string), ["ec2.amazonaws.com", "ecs.amazonaws.com"])
    })), {})
    prefix = optional(string)
  })
  default  = {}
  nullable = false
}
module "inner" {
  source    = "./inner"
  providers = { aws = aws.dest }
  for_each  = var.settings.roles
  name      = coalesce(var.settings.prefix, "x")
  role      = each.value
}
output "arns" { value = { for k, m in module.inner : k => m.arn } }
resource "aws_iam_role" "chained" {
  provider = aws.dest
  assume_role_policy = jsonencode({
    Statement = [for k, id in { for k, m in module.inner : k => m.external_id } : merge({
      Effect    = "Allow"
      Action    = ["sts:AssumeRole"]
      Principal = { AWS = "arn:aws:iam::666666666666:role/${k}" }
    }, id == null ? {} : { Condition = { StringEquals = { "sts:ExternalId" = id } } })]
  })
}
