variable "prefix" {}
output "id" { value = "${var.prefix}-9" }
