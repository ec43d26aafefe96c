//! Terraform HCL as an input of trustproof
