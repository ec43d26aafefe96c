locals {
  a = { x = 1, y = { z = [1, 2, { w = "deep" }] } }
  m = [for s in ["a:1", "b:2"] : { key = split(":", s)[0], value = tonumber(element(split(":", s), 1)) }]
  idx = index(local.m[*].key, "b")
  t = templatestring(local.tt, { who = "me", i = local.idx })
  tt = "$${who}-$${i}"
  z = zipmap(["p", "q"], [for k in sort(["ecs", "ec2"]) : "${k}.amazonaws.com"])
  n = cidrhost("10.12.113.0/29", 3)
  r = regexall("[0-9]{12}", "arn:aws:iam::123123123123:role/x arn:aws:iam::321321321321:root")
  c = chunklist(["a", "b", "c"], 2)
  j = jsondecode("{\"k\": [\"v\", null, true]}")
  u = upper(substr(title("hello world"), 6, -1))
  s = slice(["a", "b", "c"], 1, 3)
  tr = trimsuffix(trimprefix(trimspace("  pre-x-suf \n"), "pre-"), "-suf")
  k = keys({ b = 1, a = 2 })
  tn = transpose({ a = ["1", "2"], b = ["2"] })
}
resource "aws_iam_role" "r" {
  assume_role_policy = jsonencode({
    Statement = [
      { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = values(local.z), AWS = local.r },
        Condition = {
          StringEquals = { "sts:ExternalId" = [local.a.y.z[2].w, local.t, local.u, local.tr, join(",", local.k), local.c[0][1], local.s[1], local.j.k[0]] }
          IpAddress = { "aws:SourceIp" = ["${local.n}/32", "${cidrsubnet("10.0.0.0/16", 8, 2)}"] }
          StringLike = { "aws:userid" = local.tn["2"] }
          Bool = { "aws:MultiFactorAuthPresent" = local.j.k[2] }
          NumericLessThan = { "aws:MultiFactorAuthAge" = 1.5e3 }
          DateGreaterThan = { "aws:CurrentTime" = timeadd("2020-01-01T00:00:00Z", "36h") }
        } }
    ]
  })
}
