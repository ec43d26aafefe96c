variable "team" {
  type = string
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  for_each           = toset(["x", "y"])
  name_prefix        = "${var.team}-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

# Which of the two roles is meant only the configuration says.
resource "aws_iam_role_policy" "read" {
  for_each = aws_iam_role.this
  role     = aws_iam_role.this[each.key].id
  policy   = jsonencode({ Statement = [{ Effect = "Allow", Action = "s3:Get*", Resource = "*" }] })
}

resource "aws_iam_role_policy_attachment" "named" {
  role       = aws_iam_role.this["y"].name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}
