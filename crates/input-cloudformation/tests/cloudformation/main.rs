//! Templates as roles: what is read of each dialect, with which values, and at which places.

#![cfg(test)]

mod common;
mod dialects;
mod directives;
mod hostile;
mod intrinsics;
mod moto;
mod nested;
mod parameters;
mod places;
mod roles;
mod sam;
