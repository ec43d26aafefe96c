variable "names" { type = set(string) }
module "child" {
  source   = "./child"
  for_each = var.names
  name     = each.value
  extra    = each.key == "x" ? { Bool = { "aws:MultiFactorAuthPresent" = true } } : null
}
