# A template whose parameters the plan knows, but for one.
resource "aws_s3_bucket" "b" { bucket = "b" }

resource "aws_cloudformation_stack" "s" {
  name          = "s"
  parameters    = { Vendor = "210987654321", Later = aws_s3_bucket.b.arn }
  template_body = <<EOT
Parameters:
  Vendor: {Type: String}
  Later: {Type: String, Default: "arn:aws:iam::111122223333:root"}
Resources:
  Scan:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: sts:AssumeRole
            Principal: {AWS: !Ref Vendor}
  Later:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: sts:AssumeRole
            Principal: {AWS: !Ref Later}
EOT
}
