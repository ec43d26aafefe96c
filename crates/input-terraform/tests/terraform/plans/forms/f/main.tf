resource "terraform_data" "id" { input = "from-data" }
moved {
  from = aws_iam_role.old
  to   = aws_iam_role.new
}
check "x" {
  assert {
    condition     = terraform_data.id.input != ""
    error_message = "x"
  }
}
resource "aws_iam_role" "new" {
  assume_role_policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "121212121212" },
      Condition = { StringEquals = { "sts:ExternalId" = terraform_data.id.input } } }]
  })
  lifecycle {
    ignore_changes = [tags]
    precondition {
      condition     = terraform_data.id.input != ""
      error_message = "x"
    }
  }
}
resource "aws_iam_role" "later" {
  assume_role_policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "121212121212" },
      Condition = { StringEquals = { "sts:ExternalId" = aws_iam_role.new.unique_id } } }]
  })
}
