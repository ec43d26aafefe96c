locals {
  rows  = csvdecode(file("${path.module}/ids.csv"))
  by_id = { for r in local.rows : r.name => r }
  env   = { for line in compact(split("\n", file("${path.module}/env"))) : split("=", line)[0] => split("=", line)[1] }
}
resource "aws_iam_role" "d" {
  for_each = local.by_id
  assume_role_policy = templatefile("${path.module}/policy", merge(each.value, { env = local.env, first = each.key == keys(local.by_id)[0] }))
}
