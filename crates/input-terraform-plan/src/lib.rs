//! Terraform plan JSON as an input of trustproof
