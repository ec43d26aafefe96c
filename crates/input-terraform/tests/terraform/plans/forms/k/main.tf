data "aws_iam_policy_document" "many" {
  count = 3
  statement {
    sid     = "N${count.index}"
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Federated"
      identifiers = ["arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"]
    }
    condition {
      test     = "StringLike"
      variable = "token.actions.githubusercontent.com:sub"
      values   = [for b in ["main", "dev"] : "repo:acme/app-${count.index}:ref:refs/heads/${b}"]
    }
    condition {
      test     = "StringLike"
      variable = "token.actions.githubusercontent.com:sub"
      values   = ["repo:acme/*"]
    }
  }
}
resource "aws_iam_role" "all" {
  assume_role_policy = data.aws_iam_policy_document.all.json
}
data "aws_iam_policy_document" "all" {
  source_policy_documents = data.aws_iam_policy_document.many[*].json
}
resource "aws_iam_role" "later" {
  assume_role_policy = data.aws_iam_policy_document.later.json
}
resource "random_id" "x" { byte_length = 8 }
data "aws_iam_policy_document" "later" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["454545454545"]
    }
    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = [random_id.x.hex]
    }
  }
}
