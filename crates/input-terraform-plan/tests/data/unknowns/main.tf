# The source of ../unknowns.json: policies, boundaries and attachments that are known only after apply.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

resource "aws_iam_role" "base" {
  name_prefix = "base"
  assume_role_policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "111122223333" } }]
  })
}

resource "aws_iam_policy" "own" {
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
}

resource "aws_iam_role" "late" {
  permissions_boundary = aws_iam_policy.own.arn
  managed_policy_arns  = [aws_iam_policy.own.arn]
  assume_role_policy = jsonencode({
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = aws_iam_role.base.arn } }]
  })
}

resource "aws_iam_role_policy_attachment" "own" {
  role       = aws_iam_role.base.name
  policy_arn = aws_iam_policy.own.arn
}

resource "aws_iam_role_policy_attachment" "somewhere" {
  for_each   = { x = aws_iam_role.base.name }
  role       = each.value
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
