variable "region" { type = string }
locals {
  partition_dns = { eu-west-1 = "amazonaws.com" }
  dns           = lookup(local.partition_dns, var.region, "amazonaws.com.cn")
}
resource "aws_iam_role" "heredoc" {
  assume_role_policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        %{ for i, s in ["ec2", "ssm"] ~}
        {
          "Effect": "Allow",
          "Action": "sts:AssumeRole",
          "Principal": {"Service": "${s}.${local.dns}"}
          %{~ if var.region != "eu-west-1" }, "Condition": {"StringEquals": {"aws:SourceAccount": "${data.aws_caller_identity.me.account_id}"}}%{ endif ~}
        }%{ if i == 0 },%{ endif }
        %{~ endfor }
      ]
    }
  EOT
}
data "aws_caller_identity" "me" {}
