terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
variable "enabled" {
  type    = bool
  default = true
}
variable "principals" {
  type    = any
  default = {
    deploy = { arns = ["arn:aws:iam::111111111111:role/x"], mfa = true }
    read   = { arns = ["arn:aws:iam::222222222222:user/y", "arn:aws:iam::222222222222:user/z"] }
  }
}
module "a" {
  source     = "./a"
  principals = var.principals
}
module "b" {
  source = "./b"
  count  = var.enabled ? 1 : 0
  role   = { name = "b" }
}
module "c" {
  source      = "./c"
  oidc        = { "gitlab.com" = ["project_path:acme/*"], "token.actions.githubusercontent.com" = ["repo:acme/x:*", "repo:acme/y:*"] }
}
module "d" { source = "./d" }
module "e" {
  source = "./e"
  for_each = { for i, n in ["one", "two"] : n => { index = i, upper = upper(n) } if var.enabled }
  config = each.value
}
module "f" {
  source = "./f"
  trusted_arns = distinct(flatten([for k, p in var.principals : p.arns]))
  b = one(module.b[*].name)
}
