resource "aws_iam_role" "e" {
  max_session_duration = 7200
}
variable "config" {
  default = null
}
