# Made over a state in which `update` had an ExternalId, `gone` was there and `new_name` was called `old_name`.
resource "aws_iam_role" "update" {
  name = "update"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "arn:aws:iam::210987654321:root" }
      Condition = { StringEqualsIfExists = { "sts:ExternalId" = "3f0c5a52-7a34-4d5e-9f0b-0f8f2c1d9a01" } }
    }]
  })
}

locals {
  open = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "arn:aws:iam::210987654321:root" }
      Condition = {}
    }]
  })
}

resource "aws_iam_role" "replace" {
  name               = "replace"
  assume_role_policy = local.open
}

resource "aws_iam_role" "same" {
  name               = "same"
  assume_role_policy = local.open
}

resource "aws_iam_role" "new_name" {
  name               = "moved"
  assume_role_policy = local.open
}

resource "aws_iam_role" "created" {
  name               = "created"
  assume_role_policy = local.open
}

moved {
  from = aws_iam_role.old_name
  to   = aws_iam_role.new_name
}
