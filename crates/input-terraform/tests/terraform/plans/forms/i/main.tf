variable "accounts" { type = map(string) }
resource "aws_iam_role" "t" {
  for_each           = fileset(path.module, "tpl/*.tftpl")
  name               = trimsuffix(basename(each.value), ".json.tftpl")
  assume_role_policy = templatefile("${path.module}/${each.value}", { accounts = var.accounts, root = path.module, extra = { ids = ["a", "b"] } })
}
