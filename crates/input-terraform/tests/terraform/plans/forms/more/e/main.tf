variable "config" {
  type = object({ index = number, upper = string })
}
resource "aws_iam_role" "e" {
  count = var.config.index + 1
  assume_role_policy = jsonencode(jsondecode(<<-JSON
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["sts:AssumeRole"], "Principal": {"AWS": ${jsonencode([for n in range(1, count.index + 2) : format("%012d", n * 7)])}}, "Condition": {"StringEquals": {"sts:ExternalId": "${var.config.upper}-${count.index}"}}}]}
  JSON
  ))
}
