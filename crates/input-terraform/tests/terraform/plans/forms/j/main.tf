variable "maybe" {
  type = object({ id = optional(string), on = optional(bool, false) })
  default = null
}
variable "list" {
  type    = list(string)
  default = null
}
locals {
  id   = try(var.maybe.id, "fallback")
  list = coalescelist(var.list != null ? var.list : [], ["d"])
  obj  = can(var.maybe.id) ? "yes" : "no"
  null_map = { for k, v in { a = null, b = "x" } : k => v if v != null }
}
resource "aws_iam_role" "r" {
  count = var.maybe == null ? 1 : 0
  assume_role_policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "343434343434" },
      Condition = { StringEquals = { "sts:ExternalId" = concat([local.id == null ? "null" : local.id, local.obj], local.list, values(local.null_map)) } } }]
  })
}
