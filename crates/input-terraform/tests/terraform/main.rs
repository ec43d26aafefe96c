//! Terraform modules from text to roles.

#[cfg(test)]
mod documents;
#[cfg(test)]
mod evaluate;
#[cfg(test)]
mod inputs;
#[cfg(test)]
mod modules;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod spans;
#[cfg(test)]
mod support;
#[cfg(test)]
mod traps;
