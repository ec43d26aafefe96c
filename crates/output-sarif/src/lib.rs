//! SARIF 2.1.0 as an output of trustproof
