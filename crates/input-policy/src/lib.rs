//! Raw trust policy documents as an input of trustproof
