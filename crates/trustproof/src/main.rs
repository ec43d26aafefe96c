//! The command line of trustproof.

fn main() {}
