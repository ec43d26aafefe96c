variable "name" { type = string }
variable "vendor" { type = any }
locals {
  pairs = setproduct(var.vendor.accounts, ["reader", "writer"])
  arns  = [for p in local.pairs : "arn:aws:iam::${p[0]}:role/${p[1]}"]
  grouped = { for p in local.pairs : p[1] => p[0]... }
}
resource "aws_iam_role" "this" {
  for_each = local.grouped
  name     = join("-", [var.name, each.key])
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = flatten([
      [for i, arn in local.arns : {
        Sid       = "S${i}"
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { AWS = arn }
        Condition = try({ StringEquals = { "sts:ExternalId" = var.vendor.external_id } }, {})
      } if endswith(arn, each.key)],
      length(each.value) > 1 ? [{
        Effect    = "Deny"
        Action    = "sts:AssumeRole"
        Principal = "*"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }] : [],
    ])
  })
}
