terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" { region = "eu-west-1" }
provider "aws" {
  alias  = "other"
  region = "us-east-1"
}
data "aws_caller_identity" "root" {}
locals {
  raw     = yamldecode(file("${path.module}/trust.yaml"))
  vendors = { for name, v in local.raw.vendors : name => merge({ external_id = null, accounts = [] }, v) }
}
module "a" {
  source  = "./a"
  vendors = local.vendors
}
module "b" {
  source   = "./b"
  for_each = { for k, v in local.vendors : k => v if v.external_id != null }
  name     = each.key
  vendor   = each.value
}
module "c" {
  source = "./c"
  count  = length(local.raw.regions)
  region = local.raw.regions[count.index]
}
module "d" {
  source = "./d"
  trust = [
    { type = "AWS", ids = ["111111111111", "222222222222"] },
    { type = "Service", ids = ["ec2.amazonaws.com"], conditions = { "aws:SourceAccount" = ["333333333333"] } },
  ]
}
module "e" {
  source    = "./e"
  providers = { aws.dest = aws.other, aws = aws }
  settings  = { roles = { one = {}, two = { external_id = "two-id", services = ["lambda.amazonaws.com"] } } }
}
module "f" { source = "./f" }
module "g" {
  source = "./g"
  names  = toset(["x", "y"])
}
module "h" { source = "./h" }
module "i" {
  source   = "./i"
  accounts = { prod = "444444444444", dev = "555555555555" }
}
module "j" { source = "./j" }
module "k" { source = "./k" }
module "more" { source = "./more" }
