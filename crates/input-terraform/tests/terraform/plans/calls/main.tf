variable "ext" { default = null }
variable "on" { default = false }
module "v" {
  source      = "./mod"
  external_id = "7Qd2-x"
}
module "open" {
  source = "./mod"
}
module "e" {
  source      = "./mod"
  for_each    = { eu = "x", us = null }
  external_id = each.value
}
module "n" {
  source      = "./mod"
  count       = 2
  external_id = "id-${count.index}"
}
module "off" {
  source = "./mod"
  count  = var.on ? 1 : 0
}
module "ids" {
  source = "./ids"
  prefix = "p"
}
module "fed" {
  source      = "./mod"
  external_id = module.ids.id
  trusted     = [for k, m in module.e : "arn:aws:iam::210987654321:role/${k}"]
}
module "opt" {
  source      = "./mod"
  external_id = var.ext
}
module "nn" {
  source   = "./mod"
  nonnull  = null
}
