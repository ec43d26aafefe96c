variable "owner" {}

locals {
  branches = toset(["main", "release.x"])
}

module "role" {
  source   = "./modules/role"
  for_each = local.branches
  subject  = "repo:${var.owner}/app:ref:refs/heads/${each.key}"
  name     = replace("ci-${var.owner}-${each.key}", "*", "any")
}
